import type { Clock } from "../clock.ts";

/**
 * The clock of a job, which shows whether the job is running: a job reads the time in each of its rounds, and sleeps when there
 * is nothing to do.
 */
export class WatchedClock implements Clock {
  readonly #clock: Clock;
  readonly #maxSilentTurns: number;
  #beats = 0;
  #sleeping = 0;

  /** @param maxSilentTurns how many turns of the event loop a job may neither run nor sleep before it counts as stuck */
  constructor(clock: Clock, maxSilentTurns = 1_000_000) {
    this.#clock = clock;
    this.#maxSilentTurns = maxSilentTurns;
  }

  now(): number {
    this.#beats++;
    return this.#clock.now();
  }

  monotonicMs(): number {
    this.#beats++;
    return this.#clock.monotonicMs();
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.#beats++;
    this.#sleeping++;
    await this.#clock.sleep(ms, signal);
    this.#sleeping--;
    this.#beats++;
  }

  /** Calls back regularly; that counts neither as running nor as sleeping. */
  every(ms: number, callback: () => void): Disposable {
    return this.#clock.every?.(ms, callback) ?? { [Symbol.dispose]() {} };
  }

  /**
   * Resolves when the job sleeps and nothing has happened for a whole turn of the event loop, so that no promise of the job is
   * left that could settle by itself.
   * @param isOver whether the job has ended
   * @throws {Error} if the job is stuck
   */
  async rest(isOver: () => boolean): Promise<void> {
    let silentTurns = 0;
    while (!isOver()) {
      const before = this.#beats;
      await nextTurn();
      if (this.#beats !== before) silentTurns = 0;
      else if (this.#sleeping > 0) return;
      else if (++silentTurns > this.#maxSilentTurns) {
        throw new Error(
          "The job neither works nor sleeps: it waits for a source, a sink or the store, whose promise never settles",
        );
      }
    }
  }
}

/** Resolves after the next turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
