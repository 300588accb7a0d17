import { GlobalWindow, NO_TIMESTAMP, RecordError } from "../../engine/mod.ts";
import type { OutgoingRecord } from "../broker.ts";

/**
 * The timestamp that a record of this event time gets in a topic: whole ms, rounded down. A record without event time gets the
 * time at which it is written, and so does the result of a window without end: the end of time as a timestamp would advance the
 * event time of every reader to its end.
 *
 * @throws {RecordError} if it lies before 1970: no topic keeps such a time (Flink's KafkaSink silently writes the time of writing instead)
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
 * The check of a timestamp that both adapters make.
 * @throws {RangeError} if the record's timestamp is not a whole number >= 0
 */
export function checkRecordTime(record: OutgoingRecord): void {
  const { timestampMs } = record;
  if (timestampMs >= 0 && Number.isSafeInteger(timestampMs)) return;
  throw new RangeError(
    `Cannot write a record to topic "${record.topic}" as timestampMs must be a whole number >= 0: current value is ${timestampMs}`,
  );
}
