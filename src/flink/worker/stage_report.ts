/** What a worker reports of its stage with each answer. */
import { MIN_WATERMARK } from "../../engine/record.ts";
import type { RunningJob } from "../../engine/runtime/running_job.ts";
import type { Task } from "../../engine/runtime/task.ts";
import { PERIODIC_EMIT_MS } from "../../engine/time/watermark_strategy.ts";
import type { ResultHead } from "../protocol/bodies.ts";

/** What cannot be seen of the running job. */
export interface ReportOptions {
  /** Rows since the stage was opened. */
  readonly emitted: number;
  /** Whether the worker makes event time and no partition holds that back. */
  readonly idle: boolean;
}

/** Of a stage that runs. */
export function headOf(job: RunningJob, { emitted, idle }: ReportOptions): ResultHead {
  const { sources, tasks, attempt } = job;
  const all = [...sources, ...tasks].map(({ output }) => output.counts);
  const sum = (of: (counts: Task["counts"]) => number) => all.reduce((total, counts) => total + of(counts), 0);
  const watermarkMs = watermarkBehind(job);
  return {
    watermarkMs: watermarkMs === MIN_WATERMARK ? undefined : watermarkMs,
    nextTimerMs: nextTimerMs(job),
    counters: {
      in: attempt.recordsIn,
      out: emitted,
      filtered: sum(({ filtered }) => filtered),
      late: sum(({ late }) => late),
      dead: sum(({ dead }) => dead),
      pending: sum(({ pending }) => pending),
      firesAtMs: Math.min(...tasks.map(({ timers }) => timers.nextTimeMs)),
      idle: idle ? 1 : 0,
      full: job.isFull ? 1 : 0,
    },
  };
}

function nextTimerMs({ tasks, attempt }: RunningJob): number {
  const periodic = tasks.some(({ operator }) => operator.onPeriodicEmit !== undefined);
  return Math.min(
    periodic ? attempt.clock.now() + PERIODIC_EMIT_MS : Number.POSITIVE_INFINITY,
    ...tasks.map(({ processingTimers }) => processingTimers.nextTimeMs),
  );
}

/** Event time behind a stage: that of the way out which is furthest behind. */
function watermarkBehind({ sources, tasks }: RunningJob): number {
  const ends = tasks.filter(({ node }) => node.kind === "sink");
  const all = ends.length > 0
    ? ends.map((task) => task.currentWatermark())
    : sources.map(({ output }) => output.watermarkMs);
  return Math.min(...all);
}

/** Of a stage that is not started. */
export const NOTHING_YET: ResultHead = {
  watermarkMs: undefined,
  nextTimerMs: Number.POSITIVE_INFINITY,
  counters: {
    in: 0,
    out: 0,
    filtered: 0,
    late: 0,
    dead: 0,
    pending: 0,
    firesAtMs: Number.POSITIVE_INFINITY,
    idle: 0,
    full: 0,
  },
};

/** Whether two heads report the same of what changes while no record comes. */
export function isSame(a: ResultHead, b: ResultHead): boolean {
  return a.watermarkMs === b.watermarkMs && a.counters.pending === b.counters.pending &&
    a.counters.full === b.counters.full;
}
