import type { Clock } from "../../src/engine/clock.ts";

/**
 * A clock that stands still until the test moves it. Nothing waits for it: where a job would sleep, `onSleep` is called
 * instead, which is the test's turn to do what the job sleeps for.
 */
export class ManualClock implements Clock {
  nowMs: number;
  /** What the job asked for, in order, ms. */
  readonly sleeps: number[] = [];
  onSleep: (ms: number) => void = (ms) => {
    throw new Error(`The job sleeps for ${ms} ms, and the test has nothing to wake it with`);
  };

  constructor(nowMs = 0) {
    this.nowMs = nowMs;
  }

  now(): number {
    return this.nowMs;
  }

  advance(ms: number): void {
    this.nowMs += ms;
  }

  sleep(ms: number): Promise<void> {
    this.sleeps.push(ms);
    return Promise.resolve(this.onSleep(ms));
  }
}
