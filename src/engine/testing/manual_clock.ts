import type { Clock } from "../clock.ts";

interface Sleeper {
  /** Of the monotonic clock, as all that follows here. */
  readonly dueMs: number;
  wake(): void;
}

interface Ticker {
  readonly everyMs: number;
  dueMs: number;
  readonly tick: () => void;
}

/**
 * A clock that stands still until a test moves it: who sleeps by it wakes when it is moved far enough.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const clock = new ManualClock(1_000);
 * const slept = clock.sleep(500).then(() => clock.now());
 * clock.advance(500);
 * assertEquals(await slept, 1_500);
 * ```
 * @see Flink: ManualClock, TestProcessingTimeService
 */
export class ManualClock implements Clock {
  /** What was asked for, in order, ms. */
  readonly sleeps: number[] = [];
  /** If it is set nobody waits: it is called in place of each sleep, which then is over, whatever the clock says. */
  onSleep: ((ms: number) => void) | undefined;
  readonly #sleepers = new Set<Sleeper>();
  readonly #tickers = new Set<Ticker>();
  #nowMs: number;
  /** What the monotonic clock is ahead of the time of day. */
  #aheadMs = 0;

  /**
   * A clock that stands.
   * @param nowMs where it stands first, ms since the Unix epoch
   */
  constructor(nowMs = 0) {
    this.#nowMs = nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs + this.#aheadMs;
  }

  /** ms since the Unix epoch; setting it forward lets that time pass, back only sets the time of day. */
  get nowMs(): number {
    return this.#nowMs;
  }

  set nowMs(nowMs: number) {
    if (nowMs < this.#nowMs) {
      this.setTimeOfDay(nowMs);
      return;
    }
    this.#nowMs = nowMs;
    const monotonicMs = this.monotonicMs();
    for (const sleeper of this.#sleepers) if (sleeper.dueMs <= monotonicMs) sleeper.wake();
    for (const ticker of this.#tickers) {
      if (ticker.dueMs > monotonicMs) continue;
      ticker.dueMs = monotonicMs + ticker.everyMs;
      ticker.tick();
    }
  }

  /** Sets the time of day, forward or back, as somebody or a time server does: no time passes by it, so nobody wakes. */
  setTimeOfDay(nowMs: number): void {
    this.#aheadMs += this.#nowMs - nowMs;
    this.#nowMs = nowMs;
  }

  /** When the first of those who sleep wakes, ms since the Unix epoch; +∞ if nobody sleeps. */
  get nextDueMs(): number {
    return Math.min(...[...this.#sleepers].map(({ dueMs }) => dueMs)) - this.#aheadMs;
  }

  /** Moves the clock at once. `JobHarness.advanceClock()` lets a job live through that time instead. */
  advance(ms: number): void {
    this.nowMs = this.#nowMs + ms;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.sleeps.push(ms);
    if (this.onSleep !== undefined) return Promise.resolve(this.onSleep(ms));
    if (signal?.aborted || ms <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const sleeper: Sleeper = { dueMs: this.monotonicMs() + ms, wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", wake);
    });
  }

  /** Calls back while the clock is moved, once for each move that is far enough. */
  every(ms: number, callback: () => void): Disposable {
    const ticker: Ticker = { everyMs: ms, dueMs: this.monotonicMs() + ms, tick: callback };
    this.#tickers.add(ticker);
    return { [Symbol.dispose]: () => void this.#tickers.delete(ticker) };
  }
}
