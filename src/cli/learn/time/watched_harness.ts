import type { Json, TraceStep } from "../../../engine/mod.ts";
import { type DescribeJob, JobHarness, type JobHarnessOptions } from "../../../engine/testing/mod.ts";
import type { Frame, FramePartition, FrameRecord, PutWindow, TimeRun, TimeSettings, WindowOfKey } from "./time_run.ts";

/** What a {@link WatchedHarness} is to look at. */
export interface WatchOptions {
  /** Name of the operator whose event time counts; left out: the first one with windows, else the first with a key. */
  readonly operator?: string;
  /** What a record is called in the picture; left out: its key, a text in it. */
  readonly label?: (value: Json) => string;
  /** What to say about the job's settings. */
  readonly settings?: TimeSettings;
}

type StepOf<K extends TraceStep["kind"]> = Extract<TraceStep, { readonly kind: K }>;

/**
 * A `JobHarness` that keeps what event time does: a {@link Frame} for each record that the job takes, and for whatever else moves
 * event time. The job itself is the same.
 *
 * @example What a test's job did
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { WatermarkStrategy } from "../../../engine/mod.ts";
 * import { TestSink, TestSource } from "../../../engine/testing/mod.ts";
 *
 * const words = new TestSource<string>("words");
 * const seen = new TestSink<string>("seen");
 * await using harness = await new WatchedHarness((env) => {
 *   env.fromSource(words, WatermarkStrategy.forMonotonousTimestamps(), "words").sinkTo(seen);
 * }).start();
 * await words.push("a", 1_000);
 * await words.push("b", 500);
 * assertEquals(harness.timeRun.frames.map(({ kind, watermarkMs }) => [kind, watermarkMs]), [
 *   ["start", -Infinity],
 *   ["record", 999],
 *   ["record", 999],
 * ]);
 * ```
 */
export class WatchedHarness extends JobHarness {
  readonly #watch: WatchOptions;
  readonly #frames: Frame[] = [];
  /** How many of the harness's steps are in frames. */
  #stepsSeen = 0;
  /** Whether the job has crashed since the last frame. */
  #crashed = false;
  #byClock = false;

  /**
   * A job that is not started yet.
   * @param describe as for a `JobHarness`
   */
  constructor(describe: DescribeJob, options: JobHarnessOptions = {}, watch: WatchOptions = {}) {
    super(describe, options);
    this.#watch = watch;
    this.follow(() => true);
  }

  /** All frames so far. */
  get timeRun(): TimeRun {
    return { frames: [...this.#frames], settings: this.#watch.settings ?? {} };
  }

  override async settle(): Promise<void> {
    try {
      await super.settle();
    } finally {
      this.#look();
    }
  }

  override beforeTake(): void {
    this.#look(); // the record before it has gone all its way
    super.beforeTake();
  }

  override async advanceClock(ms: number): Promise<void> {
    this.#byClock = true;
    try {
      await super.advanceClock(ms);
    } finally {
      this.#byClock = false;
    }
  }

  /** Keeps a frame if something has happened since the last one. */
  #look(): void {
    const { view } = this;
    if (view === undefined) return;
    const steps = this.steps.slice(this.#stepsSeen);
    this.#stepsSeen = this.steps.length;
    const partitions = view.sources.flatMap(({ splits }) =>
      splits.map(({ split, watermarkMs, idle, isAhead }): FramePartition => ({
        id: split.id,
        watermarkMs,
        idle,
        ahead: isAhead,
      }))
    );
    const operator = this.#operator();
    const ended = this.status === "finished";
    const mine = steps.filter((step) => operator === undefined || step.operator === operator.node.name);
    const watermarkMs = ended
      ? Number.POSITIVE_INFINITY
      : operator?.currentWatermark() ?? Math.min(...view.sources.map((source) => source.outputWatermarkMs));
    const last = this.#frames.at(-1);
    const read = steps.find(isKind("read"));
    const dead = steps.find(isKind("dead"));
    const late = steps.find(isKind("late"));
    const fired = mine.filter(isKind("fired")).map((step) => ({
      ...windowOf(step, step.dueMs),
      contents: step.contents,
    }));
    const moved = last === undefined || last.watermarkMs !== watermarkMs || fired.length > 0 ||
      JSON.stringify(last.partitions) !== JSON.stringify(partitions);
    if (this.status === "crashed") this.#crashed = true;
    // What a crash did is seen when the job runs again.
    if (read === undefined && (this.status === "crashed" || !moved && !this.#crashed)) return;
    const clockMs = this.clock.nowMs;
    this.#frames.push({
      kind: this.#kindOf(last, read !== undefined),
      clockMs,
      record: read && this.#recordOf(read, steps, partitions),
      partitions,
      watermarkMs,
      put: mine.filter(isKind("window")).map((step): PutWindow => ({
        ...windowOf(step, step.lastMs),
        contents: step.contents,
      })),
      fired,
      late: late && { message: late.message, to: late.to },
      dead: dead?.message,
    });
  }

  #kindOf(last: Frame | undefined, isRecord: boolean): Frame["kind"] {
    if (last === undefined) return "start";
    if (isRecord) return "record";
    if (this.status === "finished") return "end";
    if (!this.#crashed) return this.#byClock ? "clock" : "hand";
    this.#crashed = false;
    return "crash";
  }

  /** The operator whose event time counts. */
  #operator() {
    const { operator } = this.#watch;
    const { tasks } = this.view!;
    if (operator !== undefined) return tasks.find(({ node }) => node.name === operator);
    const operators = tasks.filter(({ node }) => node.kind === "operator");
    const does = (what: RegExp) => operators.find(({ node }) => node.kind === "operator" && what.test(node.operation));
    return does(/window/i) ?? does(/process|join/i) ?? operators[0];
  }

  #recordOf(
    read: StepOf<"read">,
    steps: readonly TraceStep[],
    partitions: readonly FramePartition[],
  ): FrameRecord {
    const decoded = steps.find(isKind("decoded"));
    const id = `${read.topic}-${read.partition}`;
    const timeMs = decoded === undefined ? read.timestampMs : decoded.timestampMs;
    return {
      label: decoded === undefined ? "?" : (this.#watch.label ?? labelOf)(decoded.value),
      timeMs: timeMs ?? undefined,
      partition: partitions.findIndex((partition) => partition.id === id),
    };
  }
}

function isKind<K extends TraceStep["kind"]>(kind: K): (step: TraceStep) => step is StepOf<K> {
  return (step): step is StepOf<K> => step.kind === kind;
}

function windowOf(
  { key, window }: { readonly key: Json; readonly window?: string | undefined },
  lastMs: number,
): WindowOfKey {
  // "[2026-10-19T12:00:00.000Z, 2026-10-19T12:01:00.000Z)"
  const startMs = Date.parse(/^\[([^,]+),/.exec(window ?? "")?.[1] ?? "");
  return {
    key: typeof key === "string" ? key : JSON.stringify(key),
    startMs: Number.isNaN(startMs) ? undefined : startMs,
    lastMs,
  };
}

/** A short name for a value: itself, or the first text in it that is no time. */
export function labelOf(value: Json): string {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return JSON.stringify(value);
  const texts = Object.values(value).filter((each): each is string =>
    typeof each === "string" && !/^\d{4}-\d\d-\d\d/.test(each)
  );
  return texts[0] ?? JSON.stringify(value);
}
