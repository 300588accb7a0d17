/** A proxy that understands Kafka's protocol: see {@link WireProxy}. */
export { WireClient } from "./client.ts";
export { type Batch, DeadTail } from "./dead_tail.ts";
export { type Message } from "./codec.ts";
export type { WireFilter } from "./filter.ts";
export { type Path, WireNode } from "./node.ts";
export { type WireOptions, WireProxy } from "./proxy.ts";
export { asRedpanda, REDPANDA_VERSIONS, redpandaHiccups } from "./redpanda.ts";
export { WireRequest } from "./request.ts";
export { ActiveRule, type ChosenPartitions, type WireAction, type WireRule } from "./rules.ts";
export type { VersionTable } from "./versions.ts";
