import { type Json, Time, WatermarkStrategy } from "../../../engine/mod.ts";
import { TumblingEventTimeWindows } from "../../../engine/mod.ts";
import { ManualClock, TestSink, TestSource } from "../../../engine/testing/mod.ts";
import type { TimeRun } from "./time_run.ts";
import { WatchedHarness } from "./watched_harness.ts";

/** What comes to the job: a record, or a while in which nothing comes. */
export type Arrival = ArrivedRecord | { readonly waitMs: number };

/** A record that comes. */
export interface ArrivedRecord {
  /** By what records are counted. */
  readonly key: string;
  /** Event time, ms since the Unix epoch. */
  readonly timeMs: number;
  /** Counted from 0. */
  readonly partition: number;
}

/** What `learn time` lets one choose for the job. */
export interface JobSettings {
  readonly windowMs: number;
  readonly outOfOrdernessMs: number;
  readonly allowedLatenessMs: number;
  readonly idleMs: number;
  readonly maxAheadMs: number;
  readonly partitions: number;
  /**
   * - "live": each record comes when its time is, or later, behind the one before it
   * - "catch-up": all are there when the job starts, and it takes them in its own order
   */
  readonly arrive: "live" | "catch-up";
  /** Whether the input ends behind the last record; else the job waits for more. */
  readonly bounded: boolean;
}

/** The settings that hold where nothing else is said. */
export const DEFAULT_SETTINGS: JobSettings = {
  windowMs: Time.seconds(10),
  outOfOrdernessMs: 0,
  allowedLatenessMs: 0,
  idleMs: Time.minutes(1),
  maxAheadMs: Time.hours(1),
  partitions: 1,
  arrive: "live",
  bounded: false,
};

/**
 * Runs a job that counts records by key and window, as lesson 18 does, and returns what event time did in it.
 * @throws {RangeError} if a record is in a partition that there is not
 */
export async function runEventTimeJob(arrivals: readonly Arrival[], settings: JobSettings): Promise<TimeRun> {
  const { windowMs, outOfOrdernessMs, allowedLatenessMs, idleMs, maxAheadMs, arrive } = settings;
  const records = new TestSource<ArrivedRecord>("records", { partitions: settings.partitions });
  const counts = new TestSink<number>("counts");
  const clock = new ManualClock(firstClockMs(arrivals, maxAheadMs));
  const strategy = WatermarkStrategy.forBoundedOutOfOrderness<ArrivedRecord>(outOfOrdernessMs);
  await using harness = new WatchedHarness(
    (env) => {
      const windows = env.fromSource(records, strategy, "records").keyBy(({ key }) => key)
        .window(TumblingEventTimeWindows.of(windowMs));
      (allowedLatenessMs > 0 ? windows.allowedLateness(allowedLatenessMs) : windows).aggregate({
        createAccumulator: () => 0,
        add: (_record, count) => count + 1,
        getResult: (count) => count,
        merge: (a, b) => a + b,
      }).name("counts").sinkTo(counts);
    },
    { clock, idleMs, maxAheadMs },
    { settings, label: (value) => (value as { readonly key: Json }).key as string },
  );
  if (arrive === "catch-up") {
    clock.nowMs = Math.max(clock.nowMs, lastTimeMs(arrivals, maxAheadMs));
    // Nobody reads yet, so they lie there when the job starts.
    for (const each of arrivals) {
      if (!("waitMs" in each)) void records.push(each, each.timeMs, { partition: each.partition });
    }
    await harness.start();
    await harness.advanceClock(waitedMs(arrivals));
  } else {
    await harness.start();
    for (const each of arrivals) {
      if ("waitMs" in each) {
        await harness.advanceClock(each.waitMs);
        continue;
      }
      const untilMs = each.timeMs - clock.nowMs;
      // A record of tomorrow does not come tomorrow: somebody's clock is wrong.
      if (untilMs > 0 && untilMs <= maxAheadMs) await harness.advanceClock(untilMs);
      await records.push(each, each.timeMs, { partition: each.partition });
    }
  }
  if (settings.bounded) await harness.finish();
  return harness.timeRun;
}

/** The time of the first record whose time is near that of most others. */
function firstClockMs(arrivals: readonly Arrival[], maxAheadMs: number): number {
  const times = timesOf(arrivals);
  if (times.length === 0) return 0;
  const medianMs = times.toSorted((a, b) => a - b)[Math.floor((times.length - 1) / 2)]!;
  return Math.min(times[0]!, medianMs + maxAheadMs);
}

/** When all records but those of a wrong clock have come. */
function lastTimeMs(arrivals: readonly Arrival[], maxAheadMs: number): number {
  const sorted = timesOf(arrivals).toSorted((a, b) => a - b);
  let lastMs = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  for (const timeMs of sorted) if (timeMs > lastMs && timeMs - lastMs <= maxAheadMs) lastMs = timeMs;
  return lastMs;
}

function timesOf(arrivals: readonly Arrival[]): number[] {
  return arrivals.flatMap((each) => "waitMs" in each ? [] : [each.timeMs]);
}

function waitedMs(arrivals: readonly Arrival[]): number {
  return arrivals.reduce((sum, each) => sum + ("waitMs" in each ? each.waitMs : 0), 0);
}
