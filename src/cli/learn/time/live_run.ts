import type { StreamExecutionEnvironment } from "../../../engine/mod.ts";
import { ManualClock, TestSource } from "../../../engine/testing/mod.ts";
import { plainPicture } from "./picture.ts";
import type { TimeRun } from "./time_run.ts";
import { WatchedHarness } from "./watched_harness.ts";

/** When the clock of a {@link LiveRun} starts: noon. */
export const NOON: number = Date.parse("2026-03-01T12:00:00Z");

/** As wide as what an exercise shows below its words on a screen of 80 columns. */
const COLUMNS = 74;

/** A record that comes to the job, with seconds after noon. */
export interface LiveRecord<T> {
  readonly value: T;
  /** Its event time. */
  readonly second: number;
  /** When it comes; left out: when it happens. */
  readonly comesAt?: number;
  readonly partition?: number;
}

/** A job to which records come one by one while the clock goes on, as in production; for the checks of exercises. */
export class LiveRun<T> implements AsyncDisposable {
  readonly harness: WatchedHarness;
  readonly #source: TestSource<T>;

  private constructor(harness: WatchedHarness, source: TestSource<T>) {
    this.harness = harness;
    this.#source = source;
  }

  /**
   * Starts a job.
   * @param describe describes it on the environment, with the source of its records
   */
  static async start<T>(
    describe: (env: StreamExecutionEnvironment, source: TestSource<T>) => void,
    { name = "bookings", partitions = 1, label }: {
      readonly name?: string;
      readonly partitions?: number;
      readonly label?: (value: T) => string;
    } = {},
  ): Promise<LiveRun<T>> {
    const source = new TestSource<T>(name, { partitions });
    const options = { clock: new ManualClock(NOON) };
    const watch = label === undefined ? {} : { label: (value: unknown) => label(value as T) };
    const harness = new WatchedHarness((env) => describe(env, source), options, watch);
    return new LiveRun(await harness.start(), source);
  }

  get run(): TimeRun {
    return this.harness.timeRun;
  }

  /** Lets records come, in order. */
  async comes(...records: readonly LiveRecord<T>[]): Promise<void> {
    for (const { value, second, comesAt = second, partition = 0 } of records) {
      await this.until(comesAt);
      await this.#source.push(value, NOON + second * 1_000, { partition });
    }
  }

  /** Lets time pass up to a second after noon, if it has not passed. */
  async until(second: number): Promise<void> {
    const leftMs = NOON + second * 1_000 - this.harness.clock.nowMs;
    if (leftMs > 0) await this.harness.advanceClock(leftMs);
  }

  /** Seconds after noon at which the clock stood when a window or timer fired for the first time; undefined: it has not. */
  get firedAt(): number | undefined {
    const frame = this.run.frames.find(({ fired }) => fired.length > 0);
    return frame && (frame.clockMs - NOON) / 1_000;
  }

  /** The picture of event time so far. */
  picture(title: string): string[] {
    return plainPicture(this.run, { columns: COLUMNS, title });
  }

  /** The same, without which partition holds the watermark: the learner is to find it. */
  riddle(title: string): string[] {
    return plainPicture(this.run, { columns: COLUMNS, title, isRiddle: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.harness[Symbol.asyncDispose]();
  }
}
