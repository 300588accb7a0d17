import { GlobalWindow, NO_TIMESTAMP, RecordError } from "../../engine/mod.ts";
import type { OutgoingRecord } from "../broker.ts";

/**
 * The timestamp that a record of this event time gets in a topic: whole ms, rounded down. One without event time gets the time
 * at which it is written; a result of a window without end counts as such, as Long.MAX would take the event time of every reader
 * to its end.
 *
 * @throws {RecordError} if it lies before 1970: no topic keeps such a time (Flink's KafkaSink writes the time of writing in its place, without a word)
 */
export function recordTime(topic: string, timestampMs: number): number {
  if (timestampMs === NO_TIMESTAMP || timestampMs >= GlobalWindow.MAX_TIMESTAMP) return Date.now();
  const wholeMs = Math.floor(timestampMs);
  if (wholeMs >= 0) return wholeMs;
  const isDate = wholeMs >= -8.64e15;
  throw new RecordError(
    `Cannot write to topic "${topic}" at ${isDate ? new Date(wholeMs).toISOString() : `${timestampMs} ms`}: ` +
      "a topic takes times from 1970 on; give the record another timestamp",
  );
}

/**
 * For adapters: what both refuse alike.
 * @throws {RangeError} if the record has no timestamp that a topic keeps
 */
export function checkRecordTime(record: OutgoingRecord): void {
  const { timestampMs } = record;
  if (timestampMs >= 0 && Number.isSafeInteger(timestampMs)) return;
  throw new RangeError(
    `Cannot write a record to topic "${record.topic}" as timestampMs must be a whole number >= 0: current value is ${timestampMs}`,
  );
}
