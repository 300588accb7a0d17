import { assertEquals } from "@std/assert";
import { readResult, readTexts, writeTexts } from "../../../src/flink/protocol/bodies.ts";
import { ByteWriter } from "../../../src/flink/protocol/byte_writer.ts";
import { FrameType, HEADER_BYTES, type OpenRequest, readHeader } from "../../../src/flink/protocol/frame.ts";
import { RowWriter } from "../../../src/flink/protocol/rows.ts";
import type { StageWorker } from "../../../src/flink/worker/stage_worker.ts";
import { type Row, rowAt } from "./row.ts";

/** What a worker answers. */
export interface Answer {
  readonly rows: readonly (Row & { readonly outlet: number })[];
  /** Event time behind the stage. */
  readonly watermarkMs: number | undefined;
  readonly idle: boolean;
}

/** A subtask of a stage: its worker, spoken to as the runner does, and what has not been handed to it. */
export class Subtask {
  /** Of its stage. */
  readonly stage: number;
  /** Counted from 0. */
  readonly number: number;
  readonly worker: StageWorker;
  /** What the runner knows of event time, by where it comes from. */
  readonly inputMs = new Map<string, number>();
  /** Of these, what is not waited for. */
  readonly idle = new Set<string>();
  readonly waiting: Row[] = [];
  /** Whether what came of a request is being taken. */
  busy = false;
  /** How far the worker knows event time to have come. */
  watermarkMs = Number.NEGATIVE_INFINITY;
  /** When the worker wants to hear of the clock. */
  nextTimerMs = Number.POSITIVE_INFINITY;
  /** Records at work in asynchronous operators. */
  pending = 0;

  constructor(stage: number, number: number, worker: StageWorker) {
    this.stage = stage;
    this.number = number;
    this.worker = worker;
  }

  /** Event time of all that it is fed by; undefined while that is not known. @param inputs how many there are; left out: those that are known */
  combinedMs(inputs = this.inputMs.size): number | undefined {
    const { inputMs, idle } = this;
    if (inputMs.size === 0 || inputMs.size < inputs) return undefined;
    const active = [...inputMs].filter(([from]) => !idle.has(from)).map(([, ms]) => ms);
    return active.length > 0 ? Math.min(...active) : Math.max(...inputMs.values());
  }

  async open(request: OpenRequest): Promise<void> {
    await this.#ask(FrameType.OPEN, (to) => void to.text(JSON.stringify(request)));
  }

  async restore(texts: readonly string[]): Promise<void> {
    await this.#ask(FrameType.RESTORE, (to) => writeTexts(to, texts));
  }

  async start(): Promise<Answer> {
    return await this.#ask(FrameType.START);
  }

  /** Hands over what waits. @param rows how many at most */
  async batch(rows: number): Promise<Answer> {
    const batch = this.waiting.splice(0, rows);
    return await this.#ask(FrameType.BATCH, (to) => {
      const writer = new RowWriter(to);
      for (const { timestampMs, key, value, rest } of batch) {
        writer.begin(0, timestampMs, key, value).bytes(rest);
        writer.end();
      }
    });
  }

  async watermark(ms: number): Promise<Answer> {
    return await this.#ask(FrameType.WATERMARK, (to) => void to.double(ms));
  }

  async processingTime(nowMs: number): Promise<Answer> {
    return await this.#ask(FrameType.PROCESSING_TIME, (to) => void to.double(nowMs));
  }

  /** What asynchronous operators have got meanwhile. */
  async pushed(): Promise<Answer | undefined> {
    const frame = await this.worker.push();
    return frame && this.#answer(bodyOf(frame, FrameType.PUSH));
  }

  /** @returns what has changed, as the body of `CHANGES` */
  async commit(): Promise<(string | null)[]> {
    return readTexts(await this.#send(FrameType.COMMIT, (to) => void to.double(1), FrameType.CHANGES));
  }

  async #ask(type: number, write: (to: ByteWriter) => void = () => {}): Promise<Answer> {
    return this.#answer(await this.#send(type, write, FrameType.RESULT));
  }

  async #send(type: number, write: (to: ByteWriter) => void, expected: number): Promise<Uint8Array<ArrayBuffer>> {
    const to = new ByteWriter().begin(type);
    write(to);
    const frame = await this.worker.answer({ type, body: to.frame().slice(HEADER_BYTES) });
    return bodyOf(frame, expected);
  }

  #answer(body: Uint8Array<ArrayBuffer>): Answer {
    const { watermarkMs, nextTimerMs, rows: reader, counters } = readResult(body);
    this.nextTimerMs = nextTimerMs;
    this.pending = counters.pending;
    const rows: Answer["rows"][number][] = [];
    while (reader.next()) rows.push({ outlet: reader.outlet, ...rowAt(reader) });
    return { rows, watermarkMs, idle: counters.idle === 1 };
  }
}

/** @throws {Error} with its words, if it is a failure */
function bodyOf(frame: Uint8Array<ArrayBuffer>, expected: number): Uint8Array<ArrayBuffer> {
  const { type: found } = readHeader(frame);
  const body = frame.slice(HEADER_BYTES);
  if (found === FrameType.FATAL || found === FrameType.FAILURE) throw new Error(new TextDecoder().decode(body));
  assertEquals(found, expected);
  return body;
}
