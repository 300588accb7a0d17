/** Runs a job of `random_plans.ts` to its end. */
import { assertEquals } from "@std/assert";
import type { Json } from "../../../src/engine/source.ts";
import type { CrashPoint } from "../../../src/engine/testing/crash.ts";
import { JobHarness, type JobHarnessOptions } from "../../../src/engine/testing/job_harness.ts";
import type { MemoryJobStore } from "../../../src/engine/testing/memory_job_store.ts";
import { TestSink } from "../../../src/engine/testing/test_sink.ts";
import { TestSource } from "../../../src/engine/testing/test_source.ts";
import { describeJob } from "./random_jobs.ts";
import type { Item, JobPlan, Piece } from "./random_plans.ts";

/** A run of a job, alive again after each death. */
export class Run {
  readonly harness: JobHarness;
  readonly recordsIn: number;
  crashes = 0;
  readonly #sources: readonly TestSource<Item>[];
  readonly sinks = new Map<string, TestSink<Item>>();
  readonly #pieces: readonly Piece[] | undefined;
  readonly #crashPoints: CrashPoint[];

  /**
   * @param pieces left out: all is at hand from the beginning
   * @param crashPoints where it dies, one after the other
   * @param others of its harness
   */
  constructor(
    plan: JobPlan,
    pieces?: readonly Piece[],
    crashPoints: readonly CrashPoint[] = [],
    others: JobHarnessOptions = {},
  ) {
    this.#pieces = pieces;
    this.#crashPoints = [...crashPoints];
    this.recordsIn = plan.sources.flatMap(({ partitions }) => partitions).flat().length;
    this.#sources = plan.sources.map(({ partitions }, index) => {
      const source = new TestSource<Item>(`s${index}`, { partitions: partitions.length });
      // What is there is known from the start, and comes piece by piece.
      if (pieces !== undefined) source.withhold();
      for (const [partition, records] of partitions.entries()) void source.pushAll(records, { partition });
      return source;
    });
    this.harness = new JobHarness(
      (env) => describeJob(env, plan, this.#sources, (name) => this.#sink(name)),
      { bounded: true, jobName: "random", ...others },
    );
  }

  async toTheEnd(): Promise<this> {
    const { harness } = this;
    this.#planCrash();
    await this.#alive(harness.start());
    for (const { of, records, commit } of this.#pieces ?? []) {
      const sources = this.#sources.filter((_, index) => of === "all" || index === of.source % this.#sources.length);
      for (const source of sources) {
        const options = of === "all" ? {} : { partition: of.partition % source.partitionCount };
        await this.#alive(source.deliver(records, options));
      }
      if (commit && harness.status === "running") await this.#alive(harness.commit());
    }
    for (const source of this.#sources) await this.#alive(source.deliver());
    assertEquals(harness.status, "finished");
    return this;
  }

  /** What a reader of committed data sees, and what a next run would find. */
  lasting(): unknown {
    const { store } = this.harness;
    const { finishedAtMs: _, ...job } = store.job;
    return {
      records: Object.fromEntries([...this.sinks].map(([name, sink]) => [name, sink.committedRecords])),
      letters: store.letters.map(({ origin, message }) => [origin?.topic, origin?.partition, origin?.offset, message]),
      splits: store.entriesOf("split"),
      ...keptIn(store),
      job,
    };
  }

  async #alive(work: Promise<unknown>): Promise<void> {
    await work;
    while (this.harness.status === "crashed") {
      this.crashes++;
      this.#planCrash();
      await this.harness.restart();
    }
  }

  #planCrash(): void {
    const point = this.#crashPoints.shift();
    if (point !== undefined) this.harness.crashAt(point);
  }

  #sink(name: string): TestSink<Item> {
    let sink = this.sinks.get(name);
    if (sink === undefined) this.sinks.set(name, sink = new TestSink<Item>(name));
    return sink;
  }
}

/** State and timers of a commit. */
export function keptIn(
  store: MemoryJobStore,
): { readonly state: Record<string, unknown>; readonly timers: readonly string[] } {
  const timers = Object.entries(store.entriesOf("timer")).sort(([, a], [, b]) => Number(a) - Number(b));
  return { state: stateOf(store), timers: timers.map(([timer]) => timer) };
}

/**
 * Values, and what lists and maps hold in order, by operator, state, namespace and key. The numbers that stand for that order
 * are left out: a run that dies may leave gaps between them.
 */
function stateOf(store: MemoryJobStore): Record<string, unknown> {
  const versions = store.job.versions as Record<string, Record<string, string | number>>;
  const values: Record<string, unknown> = {};
  const collections: Record<string, [place: number, content: unknown][]> = {};
  for (const [entry, value] of Object.entries(store.entriesOf("state"))) {
    const [uid, name, namespace, key, part] = JSON.parse(entry) as [string, string, string, Json, Json?];
    const place = JSON.stringify([uid, name, namespace, key]);
    const shape = String(versions[uid]![name]);
    if (shape.startsWith("window")) {
      const [timeMs, number, content] = value as [number, number, unknown];
      (collections[JSON.stringify([uid, name])] ??= []).push([number, [timeMs, namespace, key, content]]);
    } else if (shape.startsWith("session")) {
      const [timeMs, number, ...content] = value as [number, number, number, unknown];
      (collections[JSON.stringify([uid, name])] ??= []).push([number, [timeMs, namespace, key, content]]);
    } else if (part === undefined) values[place] = value;
    else if (shape.startsWith("list")) (collections[place] ??= []).push([Number(part), value]);
    else {
      const [number, content] = value as [number, unknown];
      (collections[place] ??= []).push([number, [part, content]]);
    }
  }
  for (const contents of Object.values(collections)) contents.sort(([a], [b]) => a - b);
  const ordered = Object.entries(collections).map(([place, contents]) => [place, contents.map(([, value]) => value)]);
  return { ...values, ...Object.fromEntries(ordered) };
}
