/**
 * The protocol between the runner, which is Java in Flink's TaskManagers, and a worker, which is the job in Deno: frames over the
 * worker's standard input and output. The Java part is `runner/src/main/java/streamapps/Frame.java`; both codecs are tested by the
 * same golden frames, `runner/src/test/resources/frames.txt`.
 *
 * A worker's process may serve several stages of a job, one subtask of each. Every frame names the stage that it is for, or from; by
 * `OPEN` the process learns of one.
 *
 * The runner asks and the worker answers, each request by one frame and in order. For a stage, the runner may send a
 * second `BATCH` while the first is at work; before any other request it waits for all answers.
 *
 * | request | body | answer |
 * |---|---|---|
 * | `OPEN` | JSON: {@link OpenRequest} | `RESULT` |
 * | `RESTORE` | texts: names and values of entries, in turn; may come several times or not at all | `RESULT` |
 * | `START` | – | `RESULT`: what is known before the first record |
 * | `BATCH` | rows: records, in their order; their outlet is 0 | `RESULT` |
 * | `WATERMARK` | f64: event time, ms; +∞ at the end of input | `RESULT` |
 * | `PROCESSING_TIME` | f64: the clock, ms | `RESULT` |
 * | `COMMIT` | f64: number of the checkpoint | `CHANGES` |
 * | `CLOSE` | – | none: the stage has ended. The process ends with its input |
 *
 * | answer | body |
 * |---|---|
 * | `RESULT` | f64 event time behind the stage, ms, NaN until it has begun; f64 when its next timer of processing time is due, ms, +∞ without one; an f64 for each of {@link COUNTERS}; rows: what came out |
 * | `CHANGES` | texts: the stage's `job` entry; how many records are at work in asynchronous operators, then names and values of their entries in turn; then for each changed entry its key as JSON, null if it belongs to no key and is the same in all subtasks, its name and its value, null if it is removed |
 * | `PUSH` | as `RESULT`, but no answer: what asynchronous operators have got meanwhile. It may come between any two answers |
 * | `FAILURE` | text: the error in the job's words, with its stack; another attempt may succeed |
 * | `FATAL` | the same, of an error that another attempt would meet again: the job ends |
 *
 * Numbers are little endian. A frame is
 *
 *     "SA" | u8 type | u8 version | u32 stage | u32 length of the body | body
 *
 * Texts are `i32 count`, then for each `i32 length of its UTF-8, -1 for null | UTF-8`. Rows are `i32 count`, then for each
 *
 *     i32 length of what follows | u16 outlet | u16 0 | f64 timestamp, -∞ without one | element
 *
 * An element, as it also flows from stage to stage, is
 *
 *     i32 length of the key, -1 for null | i32 length of the value, -1 for null | key | value | the rest
 *
 * and its rest, by where it comes from or goes to:
 *
 * - from a topic: `i32 partition | f64 offset | headers`. Where workers make event time of a topic, rows that are no records say in
 *   place of the offset what is new of a partition: {@link PARTITION_ADDED} or {@link PARTITION_ENDED}
 * - from a collection, a sequence or a generator: `f64 number`
 * - to a topic: `i32 partition, -1 if the key decides | headers`
 * - from stage to stage: what `exchange.ts` writes and reads; key and value are JSON
 *
 * Headers are `i32 count`, then for each `i32 length | name | i32 length, -1 for null | value`.
 */

/** Of the protocol; the runner refuses a worker of another one. */
export const PROTOCOL_VERSION = 3;

/** Length of what stands before a body. */
export const HEADER_BYTES = 12;

/** The subtask reads a partition from now on. */
export const PARTITION_ADDED = -1;
/** A partition has come to the end of a bounded run. */
export const PARTITION_ENDED = -2;

/** Types of frames: requests below 128, answers from there on. */
export const FrameType = {
  OPEN: 1,
  RESTORE: 2,
  START: 3,
  BATCH: 4,
  WATERMARK: 5,
  PROCESSING_TIME: 6,
  COMMIT: 7,
  CLOSE: 8,
  RESULT: 129,
  CHANGES: 130,
  FAILURE: 131,
  FATAL: 132,
  PUSH: 133,
} as const;

/**
 * What a worker reports of all operators of its stage, in the order of `RESULT`: totals since it was opened; as `firesAtMs` when
 * the first window or timer of event time is due, +∞ without one; as `idle` 1 if it makes event time and no partition holds that
 * back, else 0; as `full` 1 if it can take no more records for now, else 0.
 */
export const COUNTERS = ["in", "out", "filtered", "late", "dead", "pending", "firesAtMs", "idle", "full"] as const;

/** What a stage's subtask reports. */
export type Counters = Readonly<Record<typeof COUNTERS[number], number>>;

/** The body of `OPEN`. */
export interface OpenRequest {
  /** The stage's place in the plan. */
  readonly stage: number;
  /** Counted from 0. */
  readonly subtask: number;
  /** How many subtasks the stage has. */
  readonly parallelism: number;
  /** Of the plan that was submitted: the worker must come to the same. */
  readonly planHash: string;
}

/** A frame without its header. */
export interface Frame {
  readonly type: number;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** What is not a frame, or not one that is expected here. */
export class ProtocolError extends Error {
  override name = "ProtocolError";
}

/** Makes a frame one of another type. */
export function setType(frame: Uint8Array, type: number): void {
  frame[2] = type;
}

/** Makes a frame one for a stage, or from it. */
export function setStage(frame: Uint8Array, stage: number): void {
  new DataView(frame.buffer, frame.byteOffset, HEADER_BYTES).setUint32(4, stage, true);
}

/** What stands before a body. */
export interface FrameHeader {
  readonly type: number;
  /** The place in the plan of the stage that the frame is for, or from. */
  readonly stage: number;
  /** Of the body. */
  readonly length: number;
}

/** @throws {ProtocolError} if it is no header of this version */
export function readHeader(header: Uint8Array): FrameHeader {
  const [s, a, type, version] = header;
  if (s !== 0x53 || a !== 0x41) throw new ProtocolError(`Cannot read a frame: it begins with ${s}, ${a}`);
  if (version !== PROTOCOL_VERSION) {
    throw new ProtocolError(`Cannot read a frame of version ${version}: this is version ${PROTOCOL_VERSION}`);
  }
  const view = new DataView(header.buffer, header.byteOffset, HEADER_BYTES);
  return { type: type!, stage: view.getUint32(4, true), length: view.getUint32(8, true) };
}
