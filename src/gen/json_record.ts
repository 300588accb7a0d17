import type { OutgoingRecord } from "../connectors/mod.ts";
import type { Topic } from "../models.ts";
import { encodeJson } from "../utils.ts";

/** A record as a job's sink writes it: compact JSON, under its topic's key. @param timestampMs event time, ms since the Unix epoch */
export function jsonRecord<T, K>(topic: Topic<T, K>, value: T, timestampMs: number): OutgoingRecord {
  return { topic: topic.name, key: encodeJson(topic.key(value)), value: encodeJson(value), timestampMs };
}
