/** State of an older version in the workers of a Flink cluster: each converts its part before the first checkpoint. */
import { assertEquals, assertRejects } from "@std/assert";
import { z } from "zod";
import type { Topic } from "../../src/connectors/mod.ts";
import {
  type Collector,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type KeyedRuntimeContext,
  type ValueState,
  ValueStateDescriptor,
  WatermarkStrategy,
} from "../../src/engine/mod.ts";
import { type DefineJob, StageRig } from "./stage_rig.ts";

const WORDS: Topic<string, string> = { name: "words", schema: z.string(), key: (word) => word };
const OUT: Topic<unknown, string> = { name: "out", schema: z.any(), key: () => "" };

/** What a version keeps, and whether it asks for it in `open()`. */
interface Version {
  readonly number: 1 | 2;
  readonly inOpen: boolean;
}

/** Counts words. */
class Count extends KeyedProcessFunction<string, string, number> {
  readonly #version: Version;
  #context!: KeyedRuntimeContext;
  #count!: ValueState<number | { readonly n: number }>;

  constructor(version: Version) {
    super();
    this.#version = version;
  }

  override open(context: KeyedRuntimeContext): void {
    this.#context = context;
    if (this.#version.inOpen) this.#ask();
  }

  override processElement(_word: string, _context: KeyedProcessContext<string>, out: Collector<number>): void {
    if (!this.#version.inOpen) this.#ask();
    const isFirst = this.#version.number === 1;
    const kept = this.#count.value();
    if (kept !== undefined && (typeof kept === "number") !== isFirst) {
      throw new TypeError(`of another version: ${kept}`);
    }
    const n = 1 + (typeof kept === "object" ? kept.n : kept ?? 0);
    this.#count.update(isFirst ? n : { n });
    out.collect(n);
  }

  #ask(): void {
    this.#count = this.#context.getState(
      this.#version.number === 1 ? new ValueStateDescriptor<number | { n: number }>("count") : BOXED,
    );
  }
}

const BOXED = new ValueStateDescriptor<number | { readonly n: number }>("count", {
  version: 2,
  migrate: (old) => {
    if (typeof old !== "number") throw new TypeError("it was migrated already");
    return { n: old };
  },
});

/** The rig of a job whose later workers are of a later version, and what it has counted for each word. */
class Counting {
  version: Version = { number: 1, inOpen: true };
  rig!: StageRig;

  async open(): Promise<this> {
    const define: DefineJob = (env, broker) => {
      env.fromSource(broker.source(WORDS), WatermarkStrategy.noWatermarks(), "words")
        .keyBy((word) => word).process(new Count(this.version)).name("count")
        .sinkTo(broker.sink(OUT)).name("out");
    };
    this.rig = await StageRig.open(define, {}, { parallelism: 2, batch: 2 });
    return this;
  }

  /** Feeds each of some words once. @returns the counts that come out */
  async count(): Promise<string[]> {
    const before = this.rig.results.length;
    await this.rig.feed(["a", "b", "c", "d", "e", "f"].map((word) => {
      const bytes = new TextEncoder().encode(JSON.stringify(word));
      return { topic: WORDS.name, partition: 0, key: bytes, value: bytes, timestampMs: 1 };
    }));
    return this.rig.results.slice(before).map(({ value }) => value!);
  }
}

Deno.test("workers migrate their part of a state, whatever their number, and none does it again", async () => {
  const job = await new Counting().open();
  assertEquals(await job.count(), ["1", "1", "1", "1", "1", "1"]);

  job.version = { number: 2, inOpen: true };
  for (const [round, parallelism] of [3, 1, 4].entries()) {
    await job.rig.restart({ parallelism, batch: 2 });
    assertEquals(await job.count(), Array(6).fill(String(round + 2)));
  }
});

Deno.test("a worker refuses to migrate a state amid the records: others may have stored the older version", async () => {
  const job = await new Counting().open();
  await job.count();

  job.version = { number: 2, inOpen: false };
  await job.rig.restart({ parallelism: 3, batch: 2 });
  await assertRejects(
    () => job.count(),
    Error,
    'Cannot migrate state "count" of "count" amid the records: on a Flink cluster a state with migrate() has to be asked for',
  );
});
