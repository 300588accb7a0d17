import { ManualClock } from "../../../src/engine/testing/manual_clock.ts";

/** Durations grow with each look at the clock, so that a slice of work is over whenever a job asks. */
export class HastyClock extends ManualClock {
  #looks = 0;

  override monotonicMs(): number {
    return super.monotonicMs() + 300 * this.#looks++;
  }
}
