import { formatCount } from "../../engine/internal.ts";
import { formatTime } from "../../engine/mod.ts";
import type { Compression, OutgoingRecord, RecordCheck } from "../broker.ts";
import { mostAlone, sizeAlone } from "./batch_writer.ts";
import type { Client } from "./client.ts";
import { loadCodec } from "./compression.ts";
import { Code } from "./error_codes.ts";
import { patiently } from "./patience.ts";
import { LONGEST_MS } from "./topic_settings.ts";

const MAX_BYTES = "max.message.bytes";
const MAX_AFTER = "message.timestamp.after.max.ms";
const MAX_BEFORE = "message.timestamp.before.max.ms";
/** The one setting that Kafka before 3.6 has instead of the two. */
const MAX_DIFFERENCE = "message.timestamp.difference.max.ms";
const CLEANUP = "cleanup.policy";

/** Limits of a topic for its records; Infinity where it sets no limit. */
interface Limits {
  /** Largest batch, bytes. */
  readonly maxBytes: number;
  /** How far a timestamp may lie from the broker's clock, ms. */
  readonly maxAfterMs: number;
  readonly maxBeforeMs: number;
  /** Whether it is compacted: such a topic refuses records without a key. */
  readonly needsKey: boolean;
}

/**
 * A check of records by the topic's settings. They are read once, so a sink uses new settings when it is opened again. A broker
 * whose clock differs from ours may still refuse a timestamp that is close to a limit.
 */
export async function recordCheck(client: Client, topic: string, compression?: Compression): Promise<RecordCheck> {
  const limits = await readLimits(client, topic);
  await loadCodec(compression ?? "none");
  let nowMs = Date.now();
  return (record) => {
    if (limits.needsKey && record.key === null) return WITHOUT_KEY;
    if (mostAlone(record) > limits.maxBytes) {
      const bytes = sizeAlone(record, compression);
      if (bytes > limits.maxBytes) return tooLarge(bytes, limits.maxBytes);
    }
    const { timestampMs } = record;
    if (timestampMs > nowMs + limits.maxAfterMs || limits.maxBeforeMs < Infinity) nowMs = Date.now();
    if (timestampMs > nowMs + limits.maxAfterMs) {
      return wrongTime(timestampMs, "in the future", MAX_AFTER, limits.maxAfterMs);
    }
    if (timestampMs < nowMs - limits.maxBeforeMs) {
      return wrongTime(timestampMs, "in the past", MAX_BEFORE, limits.maxBeforeMs);
    }
    return undefined;
  };
}

async function readLimits(client: Client, topic: string): Promise<Limits> {
  const configNames = [MAX_BYTES, MAX_AFTER, MAX_BEFORE, MAX_DIFFERENCE, CLEANUP];
  const { resources } = await patiently({ doing: `read the settings of the topic "${topic}"` }, async () => {
    const connection = await client.any();
    return await connection.send("DescribeConfigs", { resources: [{ type: 2, name: topic, configNames }] });
  });
  // A user with the right to write to a topic may lack the right to read its settings.
  const entries = resources[0]?.errorCode === Code.NONE ? resources[0].configEntries : [];
  const setting = (name: string) => entries.find(({ configName }) => configName === name)?.configValue ?? "";
  const limit = (name: string) => setting(name) === "" ? Infinity : Number(setting(name));
  const difference = limit(MAX_DIFFERENCE);
  return {
    maxBytes: limit(MAX_BYTES),
    maxAfterMs: Math.min(limit(MAX_AFTER), difference),
    maxBeforeMs: beyondAll(Math.min(limit(MAX_BEFORE), difference)),
    needsKey: setting(CLEANUP).includes("compact"),
  };
}

/** A limit in ms, or Infinity for one that stands for no limit, in Kafka Long.MAX_VALUE: no record has a time before 1970. */
function beyondAll(ms: number): number {
  return ms >= LONGEST_MS ? Infinity : ms;
}

const WITHOUT_KEY = `it has no key, and the topic is compacted: its ${CLEANUP} keeps the newest record of each key`;

function tooLarge(bytes: number, maxBytes: number): string {
  return `it takes ${formatCount(bytes)} bytes, and its ${MAX_BYTES} is ${formatCount(maxBytes)}`;
}

function wrongTime(timestampMs: number, where: string, setting: string, limitMs: number): string {
  return `its time ${formatTime(timestampMs)} lies further ${where} than the ${
    formatCount(limitMs)
  } ms of its ${setting}`;
}

/** The end of a message for a record that a broker has refused without saying why. */
export function refusedRecord(records: readonly OutgoingRecord[]): string {
  return records.some(({ key }) => key === null)
    ? "it refuses a record, and some of these have no key, which a compacted topic wants of each"
    : "it refuses a record";
}

/** The end of a message for timestamps that a broker has refused though the check let them pass. */
export function refusedTimes(records: readonly OutgoingRecord[]): string {
  const times = records.map(({ timestampMs }) => timestampMs);
  return `it refuses timestamps from ${formatTime(Math.min(...times))} to ${formatTime(Math.max(...times))}; ` +
    `set its ${MAX_AFTER} or ${MAX_BEFORE} higher`;
}
