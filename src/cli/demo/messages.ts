import type { ScreenMessage } from "./screen.ts";
import { timeOfDay } from "./words.ts";

/** A warning stays in sight so long, ms, however much is said after it. */
const WARNING_MS = 60_000;
const KEPT_WARNINGS = 10;
const SHOWN_WARNINGS = 2;
const SHOWN = 3;

interface Message {
  readonly ms: number;
  readonly line: string;
  readonly order: number;
}

/** What was said while the screen was taken by the live view. */
export class Messages {
  readonly #now: () => number;
  #order = 0;
  /** Plain news, the last few. */
  #news: Message[] = [];
  #warnings: Message[] = [];

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** @param line as `createLogger()` writes it: what is more than news begins with "warning:" or "error:" */
  add(line: string): void {
    // deno-lint-ignore no-control-regex
    const message = { ms: this.#now(), line: line.replace(/[\x00-\x1f\x7f-\x9f]/g, "·"), order: this.#order++ };
    const others = this.#warnings.filter((warning) => warning.line !== message.line);
    if (isWarning(line)) this.#warnings = [...others, message].slice(-KEPT_WARNINGS);
    else this.#news = [...this.#news, message].slice(-SHOWN);
  }

  /** The three newest, but warnings of the last minute before all news. */
  newest(timeZone?: string): ScreenMessage[] {
    const fromMs = this.#now() - WARNING_MS;
    const warnings = this.#warnings.filter(({ ms }) => ms > fromMs).slice(-SHOWN_WARNINGS);
    const news = this.#news.slice(-(SHOWN - warnings.length));
    return [...warnings, ...news].sort((a, b) => a.order - b.order).map(({ ms, line }) => ({
      text: `${timeOfDay(ms, { timeZone })} ${line}`,
      isWarning: isWarning(line),
    }));
  }

  /** The last ten, each once, for the time after the live view. */
  get warnings(): readonly string[] {
    return this.#warnings.map(({ line }) => line);
  }
}

function isWarning(line: string): boolean {
  return /^(?:warning|error):/.test(line);
}
