/**
 * Versions of a job, one after the other on the same commits: random records, crashes and changes of version must come to what the
 * newest version comes to that was there from the beginning.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { JobError } from "../../../src/engine/errors.ts";
import type { Collector, KeyedRuntimeContext } from "../../../src/engine/functions/functions.ts";
import { type KeyedProcessContext, KeyedProcessFunction } from "../../../src/engine/functions/process_functions.ts";
import {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  type StateDescriptorOptions,
  ValueStateDescriptor,
} from "../../../src/engine/state/state.ts";
import { JobHarness } from "../../../src/engine/testing/job_harness.ts";
import { TestSink } from "../../../src/engine/testing/test_sink.ts";
import { TestSource } from "../../../src/engine/testing/test_source.ts";

interface Item {
  readonly key: string;
  readonly n: number;
  /** The function throws when it has read and changed all states. */
  readonly poison: boolean;
}

/** How a version keeps a number. */
type Form = number | { readonly n: number } | readonly [n: number, version: 3];

const VERSIONS = [1, 2, 3] as const;

function form(n: number, version: number): Form {
  return version === 1 ? n : version === 2 ? { n } : [n, 3];
}

/** @throws {TypeError} if it is not in the form of that version: then it was migrated twice, or not at all */
function numberIn(kept: unknown, version: number): number {
  const n = typeof kept === "number" && version === 1
    ? kept
    : Array.isArray(kept) && version === 3
    ? kept[0]
    : version === 2 && (kept as { n?: unknown }).n;
  if (typeof n !== "number") throw new TypeError(`${JSON.stringify(kept)} is not of version ${version}`);
  return n;
}

/** Keeps numbers in states of all kinds, as its version does, and emits what they come to. */
class Keeper extends KeyedProcessFunction<string, Item, string> {
  readonly #version: number;
  readonly #options: StateDescriptorOptions<Form>;
  #states!: ReturnType<Keeper["statesOf"]>;
  #context!: KeyedRuntimeContext;

  constructor(version: number) {
    super();
    this.#version = version;
    this.#options = {
      version,
      migrate: (old, { version: from }) => form(numberIn(old, from), version),
    };
  }

  override open(context: KeyedRuntimeContext): void {
    this.#context = context;
    this.#states = this.statesOf(context);
  }

  statesOf(context: KeyedRuntimeContext) {
    const options = this.#options;
    const sum = (a: Form, b: Form) => this.#form(this.#number(a) + this.#number(b));
    return {
      list: context.getListState(new ListStateDescriptor<Form>("list", options)),
      map: context.getMapState(new MapStateDescriptor<string, Form>("map", options)),
      reducing: context.getReducingState(new ReducingStateDescriptor<Form>("reducing", sum, options)),
      aggregating: context.getAggregatingState(
        new AggregatingStateDescriptor<number, Form, number>("aggregating", {
          createAccumulator: () => this.#form(0),
          add: (n, kept) => this.#form(this.#number(kept) + n),
          getResult: (kept) => this.#number(kept),
          merge: sum,
        }, options),
      ),
    };
  }

  override processElement({ n, poison }: Item, _context: KeyedProcessContext<string>, out: Collector<string>): void {
    // Asked for amid the records, so that what is migrated then is seen to stay when the record is undone.
    const value = this.#context.getState(new ValueStateDescriptor<Form>("value", this.#options));
    const { list, map, reducing, aggregating } = this.#states;
    const kept = value.value();
    value.update(this.#form((kept === undefined ? 0 : this.#number(kept)) + n));
    if (n % 5 === 0) list.clear();
    else list.add(this.#form(n));
    map.put(`${n % 3}`, this.#form(n));
    reducing.add(this.#form(n));
    aggregating.add(n);
    if (poison) throw new RangeError("poison");
    const numbers = [value.value()!, ...list.get(), ...map.values(), reducing.get()!].map((each) => this.#number(each));
    out.collect([...numbers, aggregating.get()].join(" "));
  }

  #form(n: number): Form {
    return form(n, this.#version);
  }

  #number(kept: Form): number {
    return numberIn(kept, this.#version);
  }
}

/** A job of that function, whose next start may be of another version. */
class Versions {
  version: number;
  readonly harness: JobHarness;
  readonly sums = new TestSink<string>("sums");
  readonly #items = new TestSource<Item>("items");

  constructor(version: number) {
    this.version = version;
    this.harness = new JobHarness((env) => {
      env.fromSource(this.#items, WatermarkStrategy.noWatermarks(), "items")
        .keyBy(({ key }) => key).process(new Keeper(this.version)).name("keeper")
        .sinkTo(this.sums);
    });
  }

  async push(item: Item): Promise<void> {
    await this.alive(this.#items.push(item, 0));
  }

  async alive(work: Promise<unknown>): Promise<void> {
    await work;
    while (this.harness.status === "crashed") await this.harness.restart();
  }

  /** Dies, and starts again. */
  async anew(): Promise<void> {
    await this.harness.crash();
    await this.alive(this.harness.restart());
  }

  /** What lasts: output, dead letters and the commit's states. */
  lasting(): unknown {
    const { store } = this.harness;
    return {
      sums: this.sums.committedRecords,
      dead: store.letters.length,
      states: Object.entries(store.entriesOf("state")).toSorted(),
      versions: store.job.versions,
    };
  }
}

type Act = Item | { readonly become: number } | "commit" | "crash" | "die in the next commit" | "die behind it";

const acts: fc.Arbitrary<Act[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ key: fc.constantFrom("a", "b"), n: fc.nat(9), poison: fc.boolean() }) },
    { weight: 2, arbitrary: fc.record({ become: fc.constantFrom(...VERSIONS) }) },
    { weight: 2, arbitrary: fc.constant("commit" as const) },
    { weight: 2, arbitrary: fc.constantFrom("crash" as const, "die in the next commit", "die behind it") },
  ),
  { minLength: 10, maxLength: 40 },
);

async function run(acts: readonly Act[]): Promise<Versions> {
  const job = new Versions(1);
  const { harness } = job;
  await harness.start();
  for (const act of acts) {
    if (act === "commit") await job.alive(harness.commit());
    else if (act === "crash") {
      await job.anew();
    } else if (act === "die in the next commit") harness.crashAt({ beforeCommit: 1 });
    else if (act === "die behind it") harness.crashAt({ afterCommit: 1 });
    else if ("become" in act) {
      // Never back: an older version cannot read what a newer one wrote.
      job.version = Math.max(job.version, act.become);
      await job.anew();
    } else await job.push(act);
  }
  job.version = 3;
  await job.anew();
  // All states are asked for, and stored.
  await job.push({ key: "a", n: 1, poison: false });
  await job.alive(harness.stop());
  return job;
}

Deno.test("a job that goes from version to version, and dies, comes to what its last version comes to from the beginning", async () => {
  let changes = 0;
  await fc.assert(
    fc.asyncProperty(acts, async (acts) => {
      const changed = await run(acts);
      const always = new Versions(3);
      await always.harness.start();
      for (const act of acts) if (typeof act === "object" && "key" in act) await always.push(act);
      await always.push({ key: "a", n: 1, poison: false });
      await always.harness.stop();
      assertEquals(stable(changed.lasting()), stable(always.lasting()));
      changes += acts.filter((act) => typeof act === "object" && "become" in act).length;
    }),
    { seed: 20_261_130, numRuns: 200 },
  );
  assert(changes > 300, `${changes} changes`);
});

/** Without the numbers by which lists and maps keep their order: a run that dies may leave gaps between them. */
function stable(lasting: unknown): unknown {
  const { states, ...rest } = lasting as { states: [string, unknown][] };
  const places = states.map(([entry, value]) => {
    const [uid, state, namespace, key, part] = JSON.parse(entry);
    return state === "list"
      ? [uid, state, namespace, key, value]
      : state === "map"
      ? [uid, state, namespace, key, part, (value as unknown[])[1]]
      : [entry, value];
  });
  return { ...rest, places: places.map((place) => JSON.stringify(place)).sort() };
}

Deno.test("a value that cannot be migrated ends the job, also amid its records, and changes nothing in the commit", async () => {
  const job = new Versions(1);
  await job.harness.start();
  await job.push({ key: "a", n: 7, poison: false });
  await job.harness.stop();
  const { store } = job.harness;
  store.entries.set('["state","keeper","value","","a"]', '"seven"');

  job.version = 2;
  await job.harness.start();
  await assertRejects(
    () => job.push({ key: "a", n: 1, poison: false }),
    JobError,
    'Cannot migrate state "value" of "keeper" from version 1 to 2, key "a": "seven" is not of version 1',
  );
  assertEquals(store.entries.get('["state","keeper","value","","a"]'), '"seven"');
  assertEquals(store.letters, []);
});
