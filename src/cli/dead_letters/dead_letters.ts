/** The dead letters in a job's dead-letter topic, and which of them were replayed or dropped. */
import {
  type Broker,
  type BrokerRecord,
  deadLetterTopic,
  type OutgoingRecord,
  type RecordHeaders,
} from "../../connectors/broker.ts";
import { BrokerError } from "../../connectors/broker_errors.ts";
import { formatTime } from "../../engine/mod.ts";
import { decodeUtf8 } from "../../utils.ts";
import { jobHint } from "../state/jobs.ts";

/** A record that its job could not process. */
export interface DeadLetterInfo {
  /** Its offset in the dead-letter topic. */
  readonly id: number;
  /** When it became a dead letter, ISO 8601. */
  readonly time: string;
  /** Name of the operator, or of the source if the record could not be decoded. */
  readonly operator: string;
  /** "RecordError", "LateRecord", "TypeError", … */
  readonly errorClass: string;
  readonly message: string;
  /** The attempt of the job that failed on it. */
  readonly attempt: string;
  /** Where the record came from; undefined if it came from no topic. */
  readonly origin: DeadLetterOrigin | undefined;
  /** `window [2026-…, 2026-…) of key "a"`, if a function threw not at a record but in a window that fired, or a timer. */
  readonly firing: string | undefined;
  /** Of a late record: the event time at which it becomes late, ms; −∞ if it always is. */
  readonly lateFromMs: number | undefined;
  /** The first bytes of its value; null if it has none. */
  readonly begin: Uint8Array | null;
  /** Size of its value. */
  readonly bytes: number;
  /** Size of the whole value, if the dead letter holds only the beginning of it; undefined if it holds all. */
  readonly cutFrom: number | undefined;
  /** The replay that brought its record to the topic, if it had been a dead letter before. */
  readonly replayed: Replayed | undefined;
}

/** A place in a topic, and the record's timestamp there. */
export interface DeadLetterOrigin {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** ms since the Unix epoch */
  readonly timestampMs: number;
}

/** The header `dead-letter.replayed` of a record: which dead letter it was last, and how often it has been replayed. */
export interface Replayed {
  readonly id: number;
  readonly job: string;
  readonly count: number;
}

/** What was done with a dead letter that is no longer open. */
export type Resolution = "replayed" | "dropped";

/** All dead letters of a job in the order of their ids, and what was done with those that are no longer open. */
export interface DeadLetterList {
  readonly letters: readonly DeadLetterInfo[];
  readonly resolved: ReadonlyMap<number, Resolution>;
}

/** How much of a value is kept for lists, bytes. */
const BEGIN_BYTES = 200;
const FETCH_WAIT_MS = 250;
const PREFIX = "dead-letter.";
/** The first of the headers that a job adds to a dead letter, behind those of the record. */
const FIRST_WORD = `${PREFIX}job`;
const REPLAYED = `${PREFIX}replayed`;

const encoder = new TextEncoder();

/**
 * Reads the whole dead-letter topic; only the beginning of each value is kept.
 * @throws {BrokerError} if neither the topic nor the job exists
 */
export async function readDeadLetters(broker: Broker, job: string, signal: AbortSignal): Promise<DeadLetterList> {
  const letters: DeadLetterInfo[] = [];
  const resolved = new Map<number, Resolution>();
  for await (const record of recordsOf(broker, job, 0, signal)) {
    const marker = markerOf(record);
    if (marker !== undefined) { for (const id of marker.ids) resolved.set(id, marker.resolution); }
    const letter = deadLetterOf(record);
    if (letter !== undefined) letters.push(letter);
  }
  return { letters, resolved };
}

/** The whole records of dead letters, in the order of their ids. */
export async function* deadLetterRecords(
  broker: Broker,
  job: string,
  ids: readonly number[],
  signal: AbortSignal,
): AsyncGenerator<BrokerRecord> {
  if (ids.length === 0) return;
  const wanted = new Set(ids);
  const last = Math.max(...ids);
  for await (const record of recordsOf(broker, job, Math.min(...ids), signal)) {
    if (wanted.has(record.offset)) yield record;
    if (record.offset >= last) return;
  }
}

/** The dead letter that a record holds; undefined if it holds a marker or something else. */
export function deadLetterOf({ offset, headers, value }: BrokerRecord): DeadLetterInfo | undefined {
  const { words, replayed } = partsOf(headers);
  const word = (name: string) => headerText(words, name) ?? "";
  if (headerText(words, "error-class") === undefined) return undefined;
  const topic = headerText(words, "topic");
  return {
    id: offset,
    time: word("time"),
    operator: word("operator"),
    errorClass: word("error-class"),
    message: word("error-message"),
    attempt: word("attempt"),
    origin: topic === undefined ? undefined : {
      topic,
      partition: Number(word("partition")),
      offset: Number(word("offset")),
      timestampMs: Number(word("timestamp")),
    },
    firing: firingWords(words),
    lateFromMs: headerText(words, "late-from") === undefined ? undefined : Number(word("late-from")),
    begin: value === null ? null : value.slice(0, BEGIN_BYTES),
    bytes: value?.length ?? 0,
    cutFrom: headerText(words, "cut-from") === undefined ? undefined : Number(word("cut-from")),
    replayed,
  };
}

function firingWords(words: RecordHeaders): string | undefined {
  const [key, window, timer] = ["key", "window", "timer"].map((name) => headerText(words, name));
  if (window !== undefined) return `window ${window} of key ${key}`;
  return timer === undefined ? undefined : `timer at ${formatTime(Number(timer))} of key ${key}`;
}

/** The original record, for the partition that it came from, with a header that says which dead letter it was. */
export function originalRecord(job: string, record: BrokerRecord, origin: DeadLetterOrigin): OutgoingRecord {
  const { own, replayed: before } = partsOf(record.headers);
  const replayed = { id: record.offset, job, count: (before?.count ?? 0) + 1 } satisfies Replayed;
  return {
    topic: origin.topic,
    partition: origin.partition,
    key: record.key,
    value: record.value,
    timestampMs: origin.timestampMs,
    headers: [...own, [REPLAYED, encoder.encode(JSON.stringify(replayed))]],
  };
}

/** The record that marks dead letters as no longer open. */
export function markerRecord(
  job: string,
  ids: readonly number[],
  resolution: Resolution,
  nowMs: number,
): OutgoingRecord {
  const words = { job, resolved: resolution, ids: ids.join(","), time: new Date(nowMs).toISOString() };
  return {
    topic: deadLetterTopic(job),
    partition: 0,
    key: null,
    value: null,
    timestampMs: nowMs,
    headers: Object.entries(words).map(([name, text]) => [PREFIX + name, encoder.encode(text)]),
  };
}

/** Headers that the record had before it became a dead letter, in their order. */
export function ownHeaders(headers: RecordHeaders | undefined): RecordHeaders {
  return partsOf(headers).own;
}

/**
 * Splits a dead letter's headers: those of its record, the one that a replay has added, and those of the job that failed on it.
 * A dead letter may be a record that was a dead letter of another job before, so only the last job's headers count as such.
 */
function partsOf(
  headers: RecordHeaders = [],
): { readonly own: RecordHeaders; readonly replayed: Replayed | undefined; readonly words: RecordHeaders } {
  const at = headers.findLastIndex(([name]) => name === FIRST_WORD);
  const before = at < 0 ? headers : headers.slice(0, at);
  const words = at < 0 ? [] : headers.slice(at);
  const last = before.at(-1);
  const replayed = last?.[0] === REPLAYED ? parseReplayed(last[1]) : undefined;
  return { own: replayed === undefined ? before : before.slice(0, -1), replayed, words };
}

function markerOf({ headers }: BrokerRecord): { ids: number[]; resolution: Resolution } | undefined {
  const { words } = partsOf(headers);
  const resolution = headerText(words, "resolved");
  // A dead letter may hold a marker that another job has read as a record.
  if (headerText(words, "error-class") !== undefined) return undefined;
  if (resolution !== "replayed" && resolution !== "dropped") return undefined;
  return { ids: (headerText(words, "ids") ?? "").split(",").map(Number), resolution };
}

function parseReplayed(bytes: Uint8Array | null): Replayed | undefined {
  const text = bytes === null ? undefined : decodeUtf8(bytes);
  if (text === undefined) return undefined;
  try {
    const { id, job, count } = JSON.parse(text) as Replayed;
    return { id: Number(id), job: String(job), count: Number(count) };
  } catch {
    // Any program may write such a header; one that we cannot read is ignored.
    return undefined;
  }
}

function headerText(words: RecordHeaders, name: string): string | undefined {
  const word = words.find((header) => header[0] === PREFIX + name);
  if (word === undefined) return undefined;
  const [, bytes] = word;
  return bytes === null ? "" : decodeUtf8(bytes) ?? "";
}

async function* recordsOf(
  broker: Broker,
  job: string,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<BrokerRecord> {
  const topic = deadLetterTopic(job);
  if (!(await broker.listTopics()).includes(topic)) {
    if ((await broker.readCommit(job)).size > 0) return;
    throw new BrokerError(
      `Job "${job}" has neither dead letters nor a commit in the ${broker.description}: ${await jobHint(broker, job)}`,
    );
  }
  const [description] = await broker.describeTopics([topic]);
  const { startOffsets, endOffsets } = description!;
  if (endOffsets.length !== 1) {
    throw new BrokerError(`Cannot read "${topic}": it has ${endOffsets.length} partitions, dead letters lie in one`);
  }
  const fetcher = await broker.fetcher();
  try {
    let offset = Math.max(from, startOffsets[0]!);
    while (offset < endOffsets[0]!) {
      signal.throwIfAborted();
      for (const { records, nextOffset } of await fetcher.fetch([{ topic, partition: 0, offset }], FETCH_WAIT_MS)) {
        yield* records;
        offset = nextOffset;
      }
    }
  } finally {
    await fetcher.close();
  }
}
