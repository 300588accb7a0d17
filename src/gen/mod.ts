/** What lesson 5 needs beside its bookings: random draws, a pace, empty topics, a line of progress, a command line. */
export { Chance } from "./chance.ts";
export { jsonRecord } from "./json_record.ts";
export { genOptions } from "./options.ts";
export { Pace, type PaceOptions } from "./pace.ts";
export { Progress, type ProgressOptions } from "./progress.ts";
export { prepareTopics, recreateTopics, type RecreateTopicsOptions, requireTopics } from "./topics.ts";
