import { formatTime } from "../engine/mod.ts";
import { SKYONE, SUNSET } from "../models.ts";
import { formatCount, writeError } from "../utils.ts";

/** Shows how many bookings are sent: a line that is kept up to date on a terminal, else a new line every few seconds. */
export class Progress {
  readonly #options: Required<ProgressOptions>;
  #startMs = 0;
  #sent = 0;
  #shownMs = 0;
  /** Where the rate is counted from. */
  #mark = { ms: 0, sent: 0 };
  #rate = 0;
  #isLineOpen = false;

  constructor(options: ProgressOptions) {
    const isTerminal = Deno.stderr.isTerminal();
    this.#options = {
      isTerminal,
      write: writeError,
      columns: terminalColumns,
      now: () => performance.now(),
      ...options,
    };
  }

  /** The clock starts. @returns {@link Progress.update} */
  start(): (sent: number, timestampMs: number) => void {
    this.#startMs = this.#shownMs = this.#options.now();
    this.#mark = { ms: this.#startMs, sent: 0 };
    return (sent, timestampMs) => this.update(sent, timestampMs);
  }

  update(sent: number, timestampMs: number): void {
    this.#sent = sent;
    const { isTerminal, now, write, columns } = this.#options;
    const nowMs = now();
    if (nowMs - this.#shownMs < (isTerminal ? 100 : 5000)) return;
    this.#shownMs = nowMs;
    const markedMs = nowMs - this.#mark.ms;
    if (markedMs >= 1000 || this.#rate === 0) this.#rate = (sent - this.#mark.sent) / markedMs * 1000;
    if (markedMs >= 1000) this.#mark = { ms: nowMs, sent };

    const line = this.#describe(timestampMs);
    if (!isTerminal) return this.writeLine(line);
    write(`\r\x1b[2K${line.slice(0, columns() - 1)}`);
    this.#isLineOpen = true;
  }

  /** Writes a line of its own, without tearing the one that is kept up to date. */
  writeLine(line: string): void {
    this.#options.write(`${this.#isLineOpen ? "\r\x1b[2K" : ""}${line}\n`);
    this.#isLineOpen = false;
  }

  summary(): string {
    const count = formatCount(this.#sent);
    const ms = Math.max(this.#options.now() - this.#startMs, 1);
    return `Sent ${count} records to ${SKYONE.name} and ${count} to ${SUNSET.name} in ${(ms / 1000).toFixed(1)} s, ` +
      `${formatRate(this.#sent / ms * 1000)} a second each`;
  }

  #describe(timestampMs: number): string {
    const { count, showTime } = this.#options;
    const sent = formatCount(this.#sent);
    return [
      ...(count === Infinity ? [] : [bar(this.#sent / count)]),
      `${SKYONE.name} ${sent}`,
      `${SUNSET.name} ${sent}`,
      `${formatRate(this.#rate)} a second each`,
      ...(showTime ? [`event time ${formatTime(timestampMs)}`] : []),
    ].join("   ");
  }
}

/** What {@link Progress} shows and where. */
export interface ProgressOptions {
  /** Records of each source to come; Infinity if there is no end. */
  readonly count: number;
  /** Default: whether standard error is one. */
  readonly isTerminal?: boolean;
  /** Whether event time is worth showing. */
  readonly showTime: boolean;
  readonly write?: (text: string) => void;
  /** Width of the terminal. */
  readonly columns?: () => number;
  /** ms of a clock that is never set */
  readonly now?: () => number;
}

function bar(share: number): string {
  const done = Math.floor(share * 20);
  return `${"█".repeat(done)}${"░".repeat(20 - done)} ${Math.floor(share * 100)} %`;
}

function formatRate(rate: number): string {
  return rate < 10 ? rate.toFixed(1) : formatCount(Math.round(rate));
}

function terminalColumns(): number {
  try {
    return Deno.consoleSize().columns;
  } catch {
    return 80;
  }
}
