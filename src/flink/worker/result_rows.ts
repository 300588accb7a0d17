/** What comes out of a stage while a frame is at work: rows that can be taken back with the record that they came from. */
import type { OutgoingRecord } from "../../connectors/mod.ts";
import { EncodedRecord } from "../../connectors/records/encoded_record.ts";
import { type TopicPlace, writeExchangeRest } from "../exchange.ts";
import { beginResult, finishResult, type ResultHead, writeHeaders } from "../protocol/bodies.ts";
import { ByteWriter } from "../protocol/byte_writer.ts";
import { FrameType, setType } from "../protocol/frame.ts";
import type { RowWriter } from "../protocol/rows.ts";

/** Collects the rows of one `RESULT` after the other. */
export class ResultRows {
  readonly #to = new ByteWriter();
  #rows: RowWriter = beginResult(this.#to);
  /** Where each row began, and by which outlet it leaves; -1 once it is taken back. */
  #begins: number[] = [];
  #outlets: number[] = [];
  /** Written last: what a record that is taken back had reported before stays reported. */
  #letters: OutgoingRecord[] = [];
  #emitted = 0;

  /** Rows since the stage was opened, without dead letters. */
  get emitted(): number {
    return this.#emitted;
  }

  /** Adds a value for an input of another stage. */
  exchange(outlet: number, row: ExchangedValue): void {
    this.#note(outlet);
    const to = this.#rows.begin(outlet, row.timestampMs, row.key, row.value);
    writeExchangeRest(to, row.input, row.place);
    this.#rows.end();
  }

  /** Adds a record for a topic. */
  record(outlet: number, record: OutgoingRecord): void {
    this.#note(outlet);
    const to = record instanceof EncodedRecord
      ? this.#rows.beginJoined(outlet, record)
      : this.#rows.begin(outlet, record.timestampMs, record.key, record.value);
    to.int(record.partition ?? -1);
    writeHeaders(to, record.headers);
    this.#rows.end();
  }

  deadLetter(letter: OutgoingRecord): void {
    this.#letters.push(letter);
  }

  /** Takes back the row that was added last by an outlet. */
  takeBack(outlet: number): void {
    const at = this.#outlets.lastIndexOf(outlet);
    this.#outlets[at] = -1;
    this.#emitted--;
    // All rows of a record are taken back, in whatever order: together they are the last ones.
    while (this.#outlets.at(-1) === -1) {
      this.#outlets.pop();
      this.#rows.takeBack({ length: this.#begins.pop()!, count: this.#outlets.length });
    }
  }

  /** Whether nothing has come out since the last frame. */
  get isEmpty(): boolean {
    return this.#begins.length === 0 && this.#letters.length === 0;
  }

  /** The frame with all of it; the next one is begun. @param deadLetters the outlet of dead letters */
  finish(
    head: ResultHead,
    deadLetters: number,
    type: typeof FrameType.RESULT | typeof FrameType.PUSH = FrameType.RESULT,
  ): Uint8Array<ArrayBuffer> {
    for (const letter of this.#letters) {
      this.record(deadLetters, letter);
      this.#emitted--;
    }
    this.#letters = [];
    this.#begins.length = 0;
    this.#outlets.length = 0;
    // A copy, as the next frame is begun in the same memory.
    const frame = finishResult(this.#to, head).slice();
    setType(frame, type);
    this.#rows = beginResult(this.#to);
    return frame;
  }

  /** A row is about to be added. */
  #note(outlet: number): void {
    this.#begins.push(this.#rows.at);
    this.#outlets.push(outlet);
    this.#emitted++;
  }
}

/** A value on its way to another stage. */
export interface ExchangedValue {
  /** Which input of the operator it is for. */
  readonly input: number;
  readonly timestampMs: number;
  /** JSON; null without one. */
  readonly key: string | null;
  /** JSON */
  readonly value: string;
  readonly place: TopicPlace | undefined;
}
