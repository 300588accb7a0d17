import { type DeadLetter, GlobalWindow, type RecordOrigin } from "../../engine/mod.ts";
import { lossInJson } from "../../engine/internal.ts";
import type { OutgoingRecord, RecordHeaders } from "../broker.ts";
import { KnownTexts } from "./known_texts.ts";

const encoder = new TextEncoder();

/** Makes the records of a job's dead letters. A job may have very many at once: late ones, after a pause. */
export class LetterWriter {
  readonly #topic: string;
  readonly #job: string;
  readonly #texts = new KnownTexts();
  #lastMs = Number.NaN;
  #lastTime = "";

  /** @param topic where the letters go */
  constructor(topic: string, job: string) {
    this.#topic = topic;
    this.#job = job;
  }

  /**
   * The record as it was, its own headers included, and in headers of ours behind them where it came from and what was wrong.
   * Ours begin with `dead-letter.job`: so a letter of another job that became a letter itself keeps what it said.
   */
  record(letter: DeadLetter): OutgoingRecord {
    const { origin, firing, lateFromMs } = letter;
    const nowMs = Date.now();
    const headers: [string, Uint8Array | null][] = origin?.headers === undefined
      ? []
      : origin.headers.map(([name, value]) => [name, value]);
    const texts = this.#texts;
    const put = (name: string, text: string) => void headers.push([name, texts.encode(text)]);
    put("dead-letter.job", this.#job);
    put("dead-letter.operator", letter.operator);
    put("dead-letter.error-class", letter.errorClass);
    put("dead-letter.error-message", letter.message);
    put("dead-letter.attempt", String(letter.attempt));
    put("dead-letter.time", this.#time(nowMs));
    if (lateFromMs !== undefined) put("dead-letter.late-from", String(lateFromMs));
    if (firing !== undefined) {
      put("dead-letter.key", JSON.stringify(firing.key));
      if (firing.window !== undefined) put("dead-letter.window", firing.window);
      if (firing.timerMs !== undefined) put("dead-letter.timer", String(firing.timerMs));
    }
    if (origin !== undefined) {
      put("dead-letter.topic", origin.topic);
      put("dead-letter.partition", String(origin.partition));
      headers.push(["dead-letter.offset", digits(origin.offset)]);
      headers.push(["dead-letter.timestamp", digits(origin.timestampMs)]);
    }
    const value = origin === undefined ? encoder.encode(letterText(letter.value)) : origin.value;
    const timestampMs = timeOf(letter.timestampMs, origin) ?? nowMs;
    return { topic: this.#topic, partition: 0, key: origin?.key ?? null, value, timestampMs, headers };
  }

  #time(nowMs: number): string {
    if (nowMs !== this.#lastMs) {
      this.#lastMs = nowMs;
      this.#lastTime = new Date(nowMs).toISOString();
    }
    return this.#lastTime;
  }
}

/** A topic takes whole ms since 1970; event time may be anything, and that of a window without end is the end of time. */
function timeOf(timestampMs: number, origin: RecordOrigin | undefined): number | undefined {
  return [timestampMs, origin?.timestampMs].find((ms) =>
    Number.isSafeInteger(ms) && ms! >= 0 && ms! < GlobalWindow.MAX_TIMESTAMP
  );
}

/** A number's text in ASCII, for a fifth of what `encode()` takes. */
function digits(number: number): Uint8Array {
  const text = String(number);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** So much is kept of a value that its letter cannot hold, bytes. */
const KEPT_BYTES = 1 << 16;

/**
 * What any topic takes of a letter: a commit that it refuses would end the job at every start. The begin of the value says of which
 * record it is; where that lies is in the headers.
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

/** JSON where it has words for the value; the letter of a value that it has none for must be written all the same. */
function letterText(value: unknown): string {
  if (value === undefined) return "";
  return lossInJson(value, "output") === undefined ? JSON.stringify(value) : Deno.inspect(value);
}
