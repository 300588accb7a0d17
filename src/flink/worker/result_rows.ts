/** What comes out of a stage while a frame is at work: rows that can be taken back with the record that they came from. */
import type { OutgoingRecord } from "../../connectors/mod.ts";
import { type TopicPlace, writeExchangeRest } from "../exchange.ts";
import { beginResult, finishResult, type ResultHead, writeHeaders } from "../protocol/bodies.ts";
import { ByteWriter } from "../protocol/byte_writer.ts";
import type { RowMark, RowWriter } from "../protocol/rows.ts";

/** Collects the rows of one `RESULT` after the other. */
export class ResultRows {
  readonly #to = new ByteWriter();
  #rows: RowWriter = beginResult(this.#to);
  /** Where each row began, and by which outlet it leaves; -1 once it is taken back. */
  #marks: RowMark[] = [];
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
    const to = this.#begin(outlet, row.timestampMs, row.key, row.value);
    writeExchangeRest(to, row.input, row.place);
    this.#rows.end();
  }

  /** Adds a record for a topic. */
  record(outlet: number, { key, value, timestampMs, partition, headers }: OutgoingRecord): void {
    const to = this.#begin(outlet, timestampMs, key, value);
    to.int(partition ?? -1);
    writeHeaders(to, headers);
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
      this.#rows.takeBack(this.#marks.pop()!);
    }
  }

  /** The frame with all of it; the next one is begun. @param deadLetters the outlet of dead letters */
  finish(head: ResultHead, deadLetters: number): Uint8Array<ArrayBuffer> {
    for (const letter of this.#letters) {
      this.record(deadLetters, letter);
      this.#emitted--;
    }
    this.#letters = [];
    this.#marks = [];
    this.#outlets = [];
    // A copy, as the next frame is begun in the same memory.
    const frame = finishResult(this.#to, head).slice();
    this.#rows = beginResult(this.#to);
    return frame;
  }

  #begin(
    outlet: number,
    timestampMs: number,
    key: OutgoingRecord["key"] | string,
    value: OutgoingRecord["value"] | string,
  ) {
    this.#marks.push(this.#rows.mark());
    this.#outlets.push(outlet);
    this.#emitted++;
    return this.#rows.begin(outlet, timestampMs, key, value);
  }
}

/** A value on its way to another stage. */
export interface ExchangedValue {
  /** Which input of the operator it is for. */
  readonly input: number;
  readonly timestampMs: number;
  /** JSON */
  readonly key: string;
  /** JSON */
  readonly value: string;
  readonly place: TopicPlace | undefined;
}
