import { type DeadLetter, GlobalWindow, type RecordOrigin } from "../../engine/mod.ts";
import { lossInJson } from "../../engine/internal.ts";
import type { OutgoingRecord, RecordHeaders } from "../broker.ts";
import { KnownTexts } from "./known_texts.ts";

const encoder = new TextEncoder();
const DIGITS_BYTES = 1 << 12;

/** Makes the records of a job's dead letters. There may be very many at once: late records after a pause. */
export class DeadLetterWriter {
  readonly #topic: string;
  readonly #job: string;
  readonly #texts = new KnownTexts();
  readonly #digits = new Digits();
  #last: { readonly letter: DeadLetter; readonly time: string; readonly headers: RecordHeaders } | undefined;
  #lastMs = Number.NaN;
  #lastTime = "";

  /** @param topic where the dead letters go */
  constructor(topic: string, job: string) {
    this.#topic = topic;
    this.#job = job;
  }

  /**
   * The record as it was, its own headers included, and behind them headers of ours that say where it came from and what was
   * wrong. Ours begin with `dead-letter.job`, so another job's dead letter that becomes one of this job keeps its headers.
   */
  record(letter: DeadLetter): OutgoingRecord {
    const { origin } = letter;
    const nowMs = Date.now();
    const ours = this.#headersOf(letter, this.#time(nowMs));
    // Faster than to spread them.
    const headers = origin?.headers === undefined ? ours.slice() : origin.headers.concat(ours);
    if (origin !== undefined) {
      headers.push(["dead-letter.offset", this.#digits.encode(origin.offset)]);
      headers.push(["dead-letter.timestamp", this.#digits.encode(origin.timestampMs)]);
    }
    const value = origin === undefined ? encoder.encode(valueText(letter.value)) : origin.value;
    const timestampMs = timeOf(letter.timestampMs, origin) ?? nowMs;
    return { topic: this.#topic, partition: 0, key: origin?.key ?? null, value, timestampMs, headers };
  }

  /** The headers that a letter has in common with others: the very ones of the letter before, if it says the same. */
  #headersOf(letter: DeadLetter, time: string): RecordHeaders {
    const last = this.#last;
    if (last !== undefined && last.time === time && isAlike(last.letter, letter)) return last.headers;
    const { origin, firing, lateFromMs } = letter;
    const headers: [string, Uint8Array][] = [];
    const put = (name: string, text: string) => void headers.push([name, this.#texts.encode(text)]);
    put("dead-letter.job", this.#job);
    put("dead-letter.operator", letter.operator);
    put("dead-letter.error-class", letter.errorClass);
    put("dead-letter.error-message", letter.message);
    put("dead-letter.attempt", String(letter.attempt));
    put("dead-letter.time", time);
    if (lateFromMs !== undefined) put("dead-letter.late-from", String(lateFromMs));
    if (firing !== undefined) {
      put("dead-letter.key", JSON.stringify(firing.key));
      if (firing.window !== undefined) put("dead-letter.window", firing.window);
      if (firing.timerMs !== undefined) put("dead-letter.timer", String(firing.timerMs));
    }
    if (origin !== undefined) {
      put("dead-letter.topic", origin.topic);
      put("dead-letter.partition", String(origin.partition));
    }
    this.#last = { letter, time, headers };
    return headers;
  }

  #time(nowMs: number): string {
    if (nowMs !== this.#lastMs) {
      this.#lastMs = nowMs;
      this.#lastTime = new Date(nowMs).toISOString();
    }
    return this.#lastTime;
  }
}

/** Whether all but the record itself is the same of two letters. */
function isAlike(a: DeadLetter, b: DeadLetter): boolean {
  return a.message === b.message && a.operator === b.operator && a.errorClass === b.errorClass &&
    a.attempt === b.attempt && a.lateFromMs === b.lateFromMs && a.firing === b.firing &&
    a.origin?.topic === b.origin?.topic && a.origin?.partition === b.origin?.partition;
}

/** A topic keeps whole ms since 1970. Event time may be any number, and a window without end has `MAX_SAFE_INTEGER`. */
function timeOf(timestampMs: number, origin: RecordOrigin | undefined): number | undefined {
  return [timestampMs, origin?.timestampMs].find((ms) =>
    Number.isSafeInteger(ms) && ms! >= 0 && ms! < GlobalWindow.MAX_TIMESTAMP
  );
}

/**
 * Texts of numbers in ASCII, many in one array: an array for each, or `TextEncoder`, would take a quarter of the time of a dead
 * letter.
 */
class Digits {
  #bytes = new Uint8Array(DIGITS_BYTES);
  #end = 0;

  /** @returns a view */
  encode(number: number): Uint8Array {
    const text = String(number);
    if (this.#end + text.length > DIGITS_BYTES) {
      this.#bytes = new Uint8Array(DIGITS_BYTES);
      this.#end = 0;
    }
    const from = this.#end;
    for (let i = 0; i < text.length; i++) this.#bytes[this.#end++] = text.charCodeAt(i);
    return this.#bytes.subarray(from, this.#end);
  }
}

/** How much is kept of a value that its dead letter cannot hold, bytes. */
const KEPT_BYTES = 1 << 16;

/**
 * As much of a dead letter as any topic accepts: a commit with a record that is refused would fail at every start. The beginning
 * of the value shows which record it is; the headers say where that lies.
 */
export function shortened(letter: OutgoingRecord): OutgoingRecord {
  const { value, key, headers = [] } = letter;
  const cut = encoder.encode(String(value?.length ?? 0));
  const ours: RecordHeaders = headers.slice(headers.findLastIndex(([name]) => name === "dead-letter.job"))
    .map(([name, bytes]) => [name, bytes?.subarray(0, KEPT_BYTES) ?? null]);
  return {
    ...letter,
    key: key !== null && key.length > KEPT_BYTES ? null : key,
    value: value?.subarray(0, KEPT_BYTES) ?? null,
    headers: [...ours, ["dead-letter.cut-from", cut]],
  };
}

/** JSON, or what `Deno.inspect()` shows of a value that JSON cannot hold: its dead letter must be written all the same. */
function valueText(value: unknown): string {
  if (value === undefined) return "";
  return lossInJson(value, "output") === undefined ? JSON.stringify(value) : Deno.inspect(value);
}
