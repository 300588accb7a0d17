import type { Clock } from "../clock.ts";

interface Sleeper {
  /** When it is due, by the monotonic clock, as all times of this class. */
  readonly dueMs: number;
  wake(): void;
}

interface Ticker {
  readonly everyMs: number;
  dueMs: number;
  readonly tick: () => void;
}

/**
 * A clock that stands still until a test moves it: sleeps end when it is moved far enough.
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
  /** The sleeps that were requested, in order, ms. */
  readonly sleeps: number[] = [];
  /** If it is set, it is called instead of each sleep, which ends at once, independently of the clock. */
  onSleep: ((ms: number) => void) | undefined;
  readonly #sleepers = new Set<Sleeper>();
  readonly #tickers = new Set<Ticker>();
  #nowMs: number;
  /** How far the monotonic clock is ahead of the time of day. */
  #aheadMs = 0;

  /**
   * A clock that stands still.
   * @param nowMs its first time, ms since the Unix epoch
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

  /** The time of day, ms since the Unix epoch. Setting it forward lets that time pass; setting it back only sets the time of day. */
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

  /** Sets the time of day, forward or back, as a person or a time server does: no time passes, so no sleep ends. */
  setTimeOfDay(nowMs: number): void {
    this.#aheadMs += this.#nowMs - nowMs;
    this.#nowMs = nowMs;
  }

  /** When the next sleep ends, ms since the Unix epoch; +∞ if nobody sleeps. */
  get nextDueMs(): number {
    return Math.min(...[...this.#sleepers].map(({ dueMs }) => dueMs)) - this.#aheadMs;
  }

  /** Moves the clock at once. `JobHarness.advanceClock()` lets that time pass for a job instead. */
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

  /** Calls back when the clock is moved, once for each move that is far enough. */
  every(ms: number, callback: () => void): Disposable {
    const ticker: Ticker = { everyMs: ms, dueMs: this.monotonicMs() + ms, tick: callback };
    this.#tickers.add(ticker);
    return { [Symbol.dispose]: () => void this.#tickers.delete(ticker) };
  }
}
