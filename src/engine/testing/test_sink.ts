import type { JobStore } from "../job_store.ts";
import type { Sink, SinkContext, SinkWriter } from "../sink.ts";
import { MemoryJobSession, MemoryJobStore, writerOf, type Written } from "./memory_job_store.ts";

/**
 * A sink for tests, whose records become durable with the job's commits.
 *
 * `records` and `values` hold all that was written so far, committed or not: what was not committed when the job crashed is
 * removed from them, and is written again. `committedRecords` and `committedValues` hold what is durable.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { JobHarness, TestSource, watermarksByHand } from "@stream-apps/deno/testing";
 *
 * const words = new TestSource<string>("words");
 * const loud = new TestSink<string>("loud");
 * await using harness = await new JobHarness((env) => {
 *   env.fromSource(words, watermarksByHand(), "words").map((word) => word.toUpperCase()).sinkTo(loud);
 * }).start();
 *
 * await words.push("hello", 1);
 * await harness.commit();
 * await words.push("world", 2);
 * assertEquals(loud.values, ["HELLO", "WORLD"]);
 * assertEquals(loud.committedRecords, [["HELLO", 1]]);
 * ```
 */
export class TestSink<T> implements Sink<T> {
  /** Identifies the sink in its job. */
  readonly name: string;
  readonly description: string;
  #session: MemoryJobSession | undefined;
  #taken = 0;

  /** A sink of that name, unique in its job. */
  constructor(name: string) {
    this.name = name;
    this.description = `test sink "${name}"`;
  }

  exactlyOnceWith(store: JobStore | undefined): boolean {
    return store instanceof MemoryJobStore;
  }

  /** @internal */
  open({ session }: SinkContext): Promise<SinkWriter<T>> {
    const writer = writerOf<T>(session, this.name);
    this.#session = session as MemoryJobSession;
    return Promise.resolve(writer);
  }

  /** All records so far in order, committed or not. */
  get records(): [value: T, timestampMs: number][] {
    return [...this.committedRecords, ...this.#mine(this.#opened.pendingOutput)];
  }

  /** Values of {@link TestSink.records}. */
  get values(): T[] {
    return this.records.map(([value]) => value);
  }

  /** The committed records. */
  get committedRecords(): [value: T, timestampMs: number][] {
    return this.#mine(this.#opened.store.output);
  }

  /** Values of {@link TestSink.committedRecords}. */
  get committedValues(): T[] {
    return this.committedRecords.map(([value]) => value);
  }

  /** Those of {@link TestSink.records} that no call has returned before. What is written again after a crash is not returned again. */
  take(): [value: T, timestampMs: number][] {
    const { records } = this;
    const taken = this.#taken;
    this.#taken = Math.max(taken, records.length);
    return records.slice(taken);
  }

  get #opened(): MemoryJobSession {
    if (this.#session !== undefined) return this.#session;
    throw new TypeError(`Cannot read test sink "${this.name}": no job that writes to it was started; call start()`);
  }

  #mine(output: readonly Written[]): [T, number][] {
    return output.filter(({ sink }) => sink === this.name).map(({ value, timestampMs }) => [value as T, timestampMs]);
  }
}
