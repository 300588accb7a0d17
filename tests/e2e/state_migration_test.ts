/** A job whose new version migrates what the old one kept dies at every step of the commit that stores it: it is migrated once. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { type JobBroker, openBroker } from "../../src/connectors/mod.ts";
import {
  type KeyedProcessContext,
  KeyedProcessFunction,
  type KeyedRuntimeContext,
  SILENT,
  StreamExecutionEnvironment,
  type ValueState,
  ValueStateDescriptor,
  WatermarkStrategy,
} from "../../src/engine/mod.ts";
import { brokerSettings } from "../../src/utils.ts";
import { forEachBroker } from "./programs.ts";

const WORDS = ["a", "b", "a", "c"];
const encoder = new TextEncoder();

const FIRST = new ValueStateDescriptor<number>("count");
const SECOND = new ValueStateDescriptor<{ readonly count: number }>("count", {
  version: 2,
  migrate: (old) => {
    if (typeof old === "number") return { count: old };
    throw new Error(`${JSON.stringify(old)} was migrated already`);
  },
});

/** Counts the records of each key. */
class Count extends KeyedProcessFunction<string, string, never> {
  readonly #version: 1 | 2;
  #first!: ValueState<number>;
  #second!: ValueState<{ readonly count: number }>;

  constructor(version: 1 | 2) {
    super();
    this.#version = version;
  }

  override open(context: KeyedRuntimeContext): void {
    if (this.#version === 1) this.#first = context.getState(FIRST);
    else this.#second = context.getState(SECOND);
  }

  override processElement(_word: string, _context: KeyedProcessContext<string>): void {
    if (this.#version === 1) this.#first.update((this.#first.value() ?? 0) + 1);
    else this.#second.update({ count: (this.#second.value()?.count ?? 0) + 1 });
  }
}

/** A run of the job to the end of what is there. */
async function run(
  broker: JobBroker,
  { topic, job, version, faultPoint }: {
    readonly topic: string;
    readonly job: string;
    readonly version: 1 | 2;
    readonly faultPoint?: (name: string) => void;
  },
): Promise<void> {
  const env = new StreamExecutionEnvironment({
    jobName: job,
    store: broker,
    from: "earliest",
    bounded: true,
    logger: SILENT,
    faultPoint,
  });
  env.fromSource(broker.textSource(topic), WatermarkStrategy.noWatermarks(), "words")
    .keyBy((word) => word).process(new Count(version)).name("count")
    .sinkTo(NOWHERE).name("nowhere");
  await env.execute();
}

const NOWHERE = {
  description: "nowhere",
  exactlyOnceWith: () => true,
  open: () => Promise.resolve({ write: () => {} }),
};

async function send({ port }: JobBroker, topic: string): Promise<void> {
  const producer = await port.producer();
  await producer.send(
    WORDS.map((word, i) => ({ topic, key: encoder.encode(word), value: encoder.encode(word), timestampMs: 1_000 + i })),
  );
  await producer.close();
}

/** What a job keeps of each key. */
async function countsOf({ port }: JobBroker, job: string): Promise<[string, string][]> {
  return [...await port.readCommit(job)].filter(([entry]) => entry.startsWith('["state"')).toSorted();
}

forEachBroker("a state is migrated once, wherever its job dies meanwhile", async ({ env }) => {
  await using broker = await openBroker({ settings: brokerSettings({ get: (name) => env[name] }), logger: SILENT });
  const topic = `migration-${crypto.randomUUID().slice(0, 8)}`;
  const jobs: string[] = [];
  /** A job with a commit of version 1 that has all words so far. */
  const newJob = async (): Promise<string> => {
    jobs.push(`${topic}-${jobs.length}`);
    await run(broker, { topic, job: jobs.at(-1)!, version: 1 });
    return jobs.at(-1)!;
  };
  await broker.port.createTopics([{ name: topic, partitions: 1 }]);
  try {
    await send(broker, topic);
    const undisturbed = await newJob();
    const points: string[] = [];
    // The steps of the commit that stores what was migrated, the first one.
    await run(broker, { topic, job: undisturbed, version: 2, faultPoint: (name) => points.push(name) });
    const begin = points.indexOf("restore: sources, sinks and state are open");
    const end = points.indexOf("commit: the sinks know");
    const migrated = [
      ['["state","count","count","","a"]', '{"count":2}'],
      ['["state","count","count","","b"]', '{"count":1}'],
      ['["state","count","count","","c"]', '{"count":1}'],
    ];
    assertEquals(await countsOf(broker, undisturbed), migrated);

    let [before, behind] = [0, 0];
    for (let step = begin; step <= end; step++) {
      const job = await newJob();
      let passed = -1;
      const faultPoint = (name: string) => {
        if (++passed === step) throw new Error(`died at "${name}"`);
      };
      await assertRejects(() => run(broker, { topic, job, version: 2, faultPoint }), Error, "died at");
      const [[, text]] = await countsOf(broker, job) as [[string, string]];
      if (text === "2") before++;
      else behind++;
      await run(broker, { topic, job, version: 2 });
      assertEquals(await countsOf(broker, job), migrated, points[step]);
    }
    assert(before > 5 && behind > 0, `${before} died before the commit, ${behind} behind it`);
  } finally {
    for (const job of jobs) await broker.port.dropJob(job);
    await broker.port.deleteTopics([topic]);
  }
});
