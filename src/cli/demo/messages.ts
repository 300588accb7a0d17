import { type Clock, SYSTEM_CLOCK } from "../../engine/mod.ts";
import type { ScreenMessage } from "./screen.ts";
import { timeOfDay } from "./words.ts";

/** How long a warning is shown, ms, however much is logged after it. */
const WARNING_MS = 60_000;
const KEPT_WARNINGS = 10;
const SHOWN_WARNINGS = 2;
const SHOWN = 3;

interface Message {
  /** When it was logged: the time of day, and by the monotonic clock. */
  readonly nowMs: number;
  readonly monotonicMs: number;
  readonly line: string;
  readonly order: number;
}

/** Messages that were logged while the live view has the screen. */
export class Messages {
  readonly #clock: Clock;
  #order = 0;
  /** The last few messages that are not warnings. */
  #news: Message[] = [];
  #warnings: Message[] = [];

  constructor(clock: Clock = SYSTEM_CLOCK) {
    this.#clock = clock;
  }

  /** @param line as `createLogger()` writes it: warnings and errors begin with "warning:" or "error:" */
  add(line: string): void {
    // deno-lint-ignore no-control-regex
    const printable = line.replace(/[\x00-\x1f\x7f-\x9f]/g, "·");
    const times = { nowMs: this.#clock.now(), monotonicMs: this.#clock.monotonicMs() };
    const message = { ...times, line: printable, order: this.#order++ };
    const others = this.#warnings.filter((warning) => warning.line !== message.line);
    if (isWarning(line)) this.#warnings = [...others, message].slice(-KEPT_WARNINGS);
    else this.#news = [...this.#news, message].slice(-SHOWN);
  }

  /** The three newest messages; warnings of the last minute come before all others. */
  newest(timeZone?: string): ScreenMessage[] {
    const fromMs = this.#clock.monotonicMs() - WARNING_MS;
    const warnings = this.#warnings.filter(({ monotonicMs }) => monotonicMs > fromMs).slice(-SHOWN_WARNINGS);
    const news = this.#news.slice(-(SHOWN - warnings.length));
    return [...warnings, ...news].sort((a, b) => a.order - b.order).map(({ nowMs, line }) => ({
      text: `${timeOfDay(nowMs, { timeZone })} ${line}`,
      isWarning: isWarning(line),
    }));
  }

  /** The last ten warnings, each once, to be printed when the live view has ended. */
  get warnings(): readonly string[] {
    return this.#warnings.map(({ line }) => line);
  }
}

function isWarning(line: string): boolean {
  return /^(?:warning|error):/.test(line);
}
