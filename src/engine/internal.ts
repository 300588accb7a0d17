/**
 * What this project's connectors and command-line tools use of the engine beside its public names: the text of a commit's entries,
 * checks of values and functions. It is not part of the package.
 */
export { checkPlainFunction } from "./api/checks.ts";
export * from "./commit_format.ts";
export { isExpected, isRetriable, meaningOf } from "./error_codes.ts";
export { type Step, stepsOf } from "./fault_points.ts";
export { FOLLOW_FORMAT, parseFollowReport, parseFollowRequest } from "./follow_request.ts";
export { topicsOf } from "./graph.ts";
export { isPlainJson, lossInJson } from "./json_value.ts";
export { keyMatcher } from "./reporting/key_matcher.ts";
export { bytesText } from "./reporting/trace_value.ts";
export { whyNothingComesOut } from "./reporting/why_nothing_comes_out.ts";
export { explained } from "./runtime/job_result.ts";
export { type DescribedJob, type JobLauncher, setJobLauncher } from "./runtime/launcher.ts";
export { END_OF_TIME, parseJobStatus, STATUS_FORMAT } from "./job_status.ts";
export { type FlagText, JOB_OPTIONS, type JobOption } from "./runtime/job_settings.ts";
export { type KeyId, keyIdOf } from "./state/key.ts";
export { isNumbered, type NumberedRecords, type NumberedSource } from "./numbered_source.ts";
export { formatCount } from "./words.ts";
export { windowStart } from "./windows/tumbling_event_time_windows.ts";
