/** The letters in a job's dead-letter topic, and what has become of them. */
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
export interface Letter {
  /** Its offset in the dead-letter topic. */
  readonly id: number;
  /** When the job gave it up, ISO 8601. */
  readonly time: string;
  /** Name of the operator, or of the source if the record could not be decoded. */
  readonly operator: string;
  /** "RecordError", "LateRecord", "TypeError", … */
  readonly errorClass: string;
  readonly message: string;
  /** Which attempt of the job met it. */
  readonly attempt: string;
  /** Where the record came from; undefined if no record of a topic was at work. */
  readonly origin: LetterOrigin | undefined;
  /** `window [2026-…, 2026-…) of key "a"`, if a function threw at no record but in a window that fired, or a timer. */
  readonly firing: string | undefined;
  /** Of a late record the event time from which on it is late, ms; −∞ if it always is. */
  readonly lateFromMs: number | undefined;
  /** The first bytes of its value; null if it has none. */
  readonly begin: Uint8Array | null;
  /** Of its value. */
  readonly bytes: number;
  /** How many bytes the value had that the letter holds only the begin of; undefined if it holds all. */
  readonly cutFrom: number | undefined;
  /** How its record came to its topic, if it had been a letter before. */
  readonly replayed: Replayed | undefined;
}

/** A place in a topic, and the record's timestamp there. */
export interface LetterOrigin {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** ms since the Unix epoch */
  readonly timestampMs: number;
}

/** What the header `dead-letter.replayed` of a record says: which letter it was last, and how often it has been replayed. */
export interface Replayed {
  readonly id: number;
  readonly job: string;
  readonly count: number;
}

/** What became of letters. */
export type Resolution = "replayed" | "dropped";

/** All letters of a job in the order of their ids, and what became of those that are no longer open. */
export interface Letters {
  readonly letters: readonly Letter[];
  readonly resolved: ReadonlyMap<number, Resolution>;
}

/** So much of a value is kept for lists. */
const BEGIN_BYTES = 200;
const FETCH_WAIT_MS = 250;
const PREFIX = "dead-letter.";
/** The first of the headers that a job writes into a letter, behind those of the record. */
const FIRST_WORD = `${PREFIX}job`;
const REPLAYED = `${PREFIX}replayed`;

const encoder = new TextEncoder();

/**
 * Reads the whole dead-letter topic; of values only the begin is kept.
 * @throws {BrokerError} if there is no such topic and no such job
 */
export async function readLetters(broker: Broker, job: string, signal: AbortSignal): Promise<Letters> {
  const letters: Letter[] = [];
  const resolved = new Map<number, Resolution>();
  for await (const record of recordsOf(broker, job, 0, signal)) {
    const marker = markerOf(record);
    if (marker !== undefined) { for (const id of marker.ids) resolved.set(id, marker.resolution); }
    const letter = letterOf(record);
    if (letter !== undefined) letters.push(letter);
  }
  return { letters, resolved };
}

/** The records of letters, whole, in the order of their ids. */
export async function* letterRecords(
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

/** What a record says as a letter; undefined if it is none. */
export function letterOf({ offset, headers, value }: BrokerRecord): Letter | undefined {
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

/** The record as it was, on its way to where it came from, with a header that says which letter it was. */
export function originalRecord(job: string, record: BrokerRecord, origin: LetterOrigin): OutgoingRecord {
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

/** The record that says of letters that they are open no longer. */
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

/** Headers that the record had before it became a letter, in their order. */
export function ownHeaders(headers: RecordHeaders | undefined): RecordHeaders {
  return partsOf(headers).own;
}

/**
 * Takes a letter's headers apart: those of its record, what a replay has put behind them, and the words of the job that gave
 * it up. Letters can be records that died in another job, so only the last job's words count as such.
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
  // A letter may hold a marker that another job has taken for a record.
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
    // Anybody may write headers; one that is not ours says nothing.
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
