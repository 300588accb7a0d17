/** Bodies of frames: texts, headers, and what a result says beside its rows. */
import type { ByteWriter } from "./byte_writer.ts";
import { COUNTERS, type Counters, FrameType, HEADER_BYTES, ProtocolError } from "./frame.ts";
import { RowReader, RowWriter } from "./rows.ts";

const decoder = new TextDecoder();

/** Writes a list of texts. */
export function writeTexts(to: ByteWriter, texts: readonly (string | null)[]): void {
  to.int(texts.length);
  for (const text of texts) to.lengthAndText(text);
}

/** The list of texts that a body is. */
export function readTexts(body: Uint8Array): (string | null)[] {
  const reader = new Reader(body);
  return Array.from({ length: reader.int() }, () => {
    const bytes = reader.lengthAndBytes();
    return bytes === null ? null : decoder.decode(bytes);
  });
}

/** Names and values of headers, in their order. */
export type Headers = readonly (readonly [name: string, value: Uint8Array | null])[];

/** Writes headers; undefined is the same as none. */
export function writeHeaders(to: ByteWriter, headers: Headers | undefined): void {
  to.int(headers?.length ?? 0);
  if (headers === undefined) return;
  for (const [name, value] of headers) to.lengthAndText(name).lengthAndBytes(value);
}

/** The headers that begin somewhere in a body; undefined without any. */
export function readHeaders(body: Uint8Array, at: number): Headers | undefined {
  const reader = new Reader(body, at);
  const count = reader.int();
  if (count === 0) return undefined;
  return Array.from({ length: count }, () => [decoder.decode(reader.lengthAndBytes()!), reader.lengthAndBytes()]);
}

/** What a `RESULT` says beside its rows. */
export interface ResultHead {
  /** Event time behind the stage, ms; undefined until it has begun. */
  readonly watermarkMs: number | undefined;
  /** When the next timer of processing time is due, ms; +∞ without one. */
  readonly nextTimerMs: number;
  readonly counters: Counters;
}

const ROWS_AT = 8 * (2 + COUNTERS.length);

/** Begins a `RESULT` whose head is not known yet; `finishResult()` writes it. */
export function beginResult(to: ByteWriter): RowWriter {
  to.begin(FrameType.RESULT);
  for (let i = 0; i < ROWS_AT / 8; i++) to.double(0);
  return new RowWriter(to);
}

/** The whole `RESULT`. */
export function finishResult(to: ByteWriter, head: ResultHead): Uint8Array<ArrayBuffer> {
  const frame = to.frame();
  const view = new DataView(frame.buffer, frame.byteOffset + HEADER_BYTES);
  view.setFloat64(0, head.watermarkMs ?? Number.NaN, true);
  view.setFloat64(8, head.nextTimerMs, true);
  COUNTERS.forEach((name, i) => view.setFloat64(16 + 8 * i, head.counters[name], true));
  return frame;
}

/** A `RESULT` taken apart. */
export function readResult(body: Uint8Array): ResultHead & { readonly rows: RowReader } {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const watermarkMs = view.getFloat64(0, true);
  const counters = Object.fromEntries(COUNTERS.map((name, i) => [name, view.getFloat64(16 + 8 * i, true)]));
  return {
    watermarkMs: Number.isNaN(watermarkMs) ? undefined : watermarkMs,
    nextTimerMs: view.getFloat64(8, true),
    counters: counters as Counters,
    rows: new RowReader(body, ROWS_AT),
  };
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#at = at;
  }

  int(): number {
    const value = this.#view.getInt32(this.#at, true);
    this.#at += 4;
    return value;
  }

  lengthAndBytes(): Uint8Array | null {
    const length = this.int();
    if (length < 0) return null;
    if (this.#at + length > this.#bytes.length) throw new ProtocolError("Cannot read a frame: it ends too early");
    return this.#bytes.subarray(this.#at, this.#at += length);
  }
}
