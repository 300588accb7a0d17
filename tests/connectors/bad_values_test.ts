/** What is wrong with a value is found at its record, on each broker: a dead letter, and all others come out. */
import { assertEquals, assertMatch } from "@std/assert";
import { z } from "zod";
import type { Broker, Compression } from "../../src/connectors/broker.ts";
import { deadLetterTopic } from "../../src/connectors/broker.ts";
import type { Topic } from "../../src/connectors/topic.ts";
import {
  type DataStream,
  type EnvironmentOptions,
  GlobalWindow,
  SILENT,
  type Sink,
  StreamExecutionEnvironment,
  WatermarkStrategy,
} from "../../src/engine/mod.ts";
import { forJobs, onEachBroker, type Scope } from "../cli/brokers.ts";
import { newClient } from "./kafka_client.ts";

/** A job that reads `records` from a collection, and what comes of it. */
class Trial {
  readonly broker: Broker;
  readonly #scope: Scope;
  readonly #job: string;

  private constructor(scope: Scope, broker: Broker) {
    this.broker = broker;
    this.#scope = scope;
    this.#job = scope.name("job");
  }

  static async begin(scope: Scope): Promise<Trial> {
    return new Trial(scope, await scope.broker());
  }

  async topic<T>(schema: z.ZodType<T>, name = "out", { compacted = false } = {}): Promise<Topic<T, string>> {
    const topic = { name: this.#scope.name(name), schema, key: () => "k" };
    await this.broker.createTopics([{ name: topic.name, partitions: 1, compacted }]);
    return topic;
  }

  /** As somebody else makes it: at a Kafka with its defaults. */
  async foreignTopic(): Promise<Topic<unknown, string>> {
    if (this.#scope.kind === "embedded") return await this.topic(anything);
    const topic = { name: this.#scope.name("foreign"), schema: anything, key: () => "k" };
    const client = await newClient(Deno.env.get("TEST_BOOTSTRAP_SERVERS")!);
    const topics = [{ topic: topic.name, numPartitions: 1, replicationFactor: -1, configEntries: [] }];
    await (await client.controller()).send("CreateTopics", { topics, validateOnly: false, timeout: 10_000 });
    await client.close();
    return topic;
  }

  async run<T>(
    values: readonly T[],
    describe: (
      stream: DataStream<T>,
      sinkOf: (topic: Topic<unknown, string>, compression?: Compression) => Sink<unknown>,
      store: ReturnType<typeof forJobs>,
    ) => void,
    options: EnvironmentOptions = {},
  ): Promise<void> {
    const store = forJobs(this.broker);
    const env = new StreamExecutionEnvironment({
      jobName: this.#job,
      store,
      bounded: true,
      logger: SILENT,
      ...options,
    });
    describe(env.fromCollection(values), (topic, compression) => store.sink(topic, { compression }), store);
    await env.execute();
  }

  async values(topic: { readonly name: string }): Promise<unknown[]> {
    return (await this.#records(topic.name)).map(({ value }) => JSON.parse(new TextDecoder().decode(value!)));
  }

  async times(topic: { readonly name: string }): Promise<number[]> {
    return (await this.#records(topic.name)).map(({ timestampMs }) => timestampMs);
  }

  /** What the dead letters say. */
  async letters(): Promise<string[]> {
    const topic = deadLetterTopic(this.#job);
    if (!(await this.broker.listTopics()).includes(topic)) return [];
    return (await this.#records(topic)).map(({ headers }) =>
      new TextDecoder().decode(headers!.find(([name]) => name === "dead-letter.error-message")![1]!)
    );
  }

  async #records(topic: string) {
    const fetcher = await this.broker.fetcher();
    const [end] = (await this.broker.describeTopics([topic])).map(({ endOffsets }) => endOffsets[0]!);
    const found = [];
    for (let offset = 0; offset < end!;) {
      for (const batch of await fetcher.fetch([{ topic, partition: 0, offset }], 1_000)) {
        found.push(...batch.records);
        offset = batch.nextOffset;
      }
    }
    await fetcher.close();
    return found;
  }
}

const anything = z.any() as z.ZodType<unknown>;

onEachBroker("NaN in state is its record's dead letter, and the others of its key come out", async (scope) => {
  const trial = await Trial.begin(scope);
  const out = await trial.topic(anything);
  const records = [{ sum: 10, n: 2 }, { sum: 0, n: 0 }, { sum: 8, n: 2 }];
  await trial.run(records, (stream, sinkOf) => {
    stream.map(({ sum, n }) => ({ mean: sum / n })).keyBy(() => "one").reduce((_, next) => next).sinkTo(sinkOf(out));
  });

  assertEquals(await trial.values(out), [{ mean: 5 }, { mean: 4 }]);
  const [letter, ...more] = await trial.letters();
  assertMatch(letter!, /Cannot store state ".*" of ".*": it holds NaN in \.mean, which JSON does not keep/);
  assertEquals(more, []);
});

class Hidden {
  readonly #secret = 1;
  get secret() {
    return this.#secret;
  }
}

onEachBroker("what JSON does not keep is refused where it is written, with its place in the value", async (scope) => {
  const trial = await Trial.begin(scope);
  const out = await trial.topic(anything);
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  const bad: readonly [unknown, string][] = [
    [{ v: NaN }, "NaN in .v"],
    [{ v: [1, Infinity] }, "Infinity in .v[1]"],
    [{ v: { "a b": -Infinity } }, '-Infinity in .v["a b"]'],
    [new Map([[1, 2]]), "a Map"],
    [{ v: new Set() }, "a Set in .v"],
    [{ v: () => 1 }, "a function in .v"],
    [{ v: Symbol("s") }, "a symbol in .v"],
    [{ v: 10n }, "a bigint in .v"],
    [{ v: [1, undefined] }, "undefined in .v[1]"],
    [{ v: Promise.resolve() }, "a Promise in .v"],
    [{ v: /x/ }, "a RegExp in .v"],
    [{ v: new Error("lost") }, "an Error in .v"],
    [{ v: new Uint8Array(2) }, "a Uint8Array in .v"],
    [{ v: new Hidden() }, "a Hidden in .v"],
    [{ v: new Date(NaN) }, "an invalid Date in .v"],
    [cycle, "a cycle in .self"],
  ];
  const good = [{ at: new Date(0), left: undefined, n: null }, { list: [{ a: "é" }, [], {}] }, "text", 0];
  await trial.run([...bad.map(([value]) => value), ...good], (stream, sinkOf) => void stream.sinkTo(sinkOf(out)));

  assertEquals(await trial.values(out), [{ at: "1970-01-01T00:00:00.000Z", n: null }, ...good.slice(1)]);
  const says = (loss: string) =>
    `Cannot write to topic "${out.name}": its value holds ${loss}, which JSON does not keep`;
  assertEquals(await trial.letters(), bad.map(([, loss]) => says(loss)));
});

onEachBroker("a key that JSON does not keep is refused like a value", async (scope) => {
  const trial = await Trial.begin(scope);
  const out = {
    ...await trial.topic(z.object({ v: z.number() })),
    key: (value: unknown) => 1 / (value as { v: number }).v,
  };
  await trial.run([{ v: 0 }, { v: 1 }], (stream, sinkOf) => void stream.sinkTo(sinkOf(out as never)));

  assertEquals(await trial.letters(), [
    `Cannot write to topic "${out.name}": its key holds Infinity, which JSON does not keep`,
  ]);
});

const checked = z.object({ id: z.string().min(2), total: z.number().optional() });

onEachBroker(
  "what a topic's own schema refuses is a dead letter of who writes it, not of who reads it",
  async (scope) => {
    const trial = await Trial.begin(scope);
    const out = await trial.topic<unknown>(checked);
    // Fields in one order and of one kind: the second takes the quick way.
    const records = [{ id: "aa", total: 1 }, { id: "b", total: 2 }, { id: "cc", total: 0 / 0 }, { total: 3 }, {
      id: "dd",
    }];
    await trial.run([...records, { id: "ee", total: undefined }], (stream, sinkOf) => void stream.sinkTo(sinkOf(out)));

    assertEquals(await trial.values(out), [{ id: "aa", total: 1 }, { id: "dd" }, { id: "ee" }]);
    const refuses = `Cannot write to topic "${out.name}": the topic's own schema refuses the value: field "id"`;
    const [short, nan, missing] = await trial.letters();
    assertEquals(short!.startsWith(`${refuses} is "b": `), true, short);
    assertEquals(nan, `Cannot write to topic "${out.name}": its value holds NaN in .total, which JSON does not keep`);
    assertEquals(missing!.startsWith(`${refuses} is missing`), true, missing);
  },
);

onEachBroker("a schema checks what its readers will read: a date as text", async (scope) => {
  const trial = await Trial.begin(scope);
  const [asText, asDate] = [
    await trial.topic<unknown>(z.object({ at: z.iso.datetime() }), "text"),
    await trial.topic<unknown>(z.object({ at: z.date().nullable() }), "date"),
  ];
  await trial.run([{ at: new Date(0) }], (stream, sinkOf) => {
    stream.sinkTo(sinkOf(asText));
  });
  await trial.run([{ at: new Date(0) }, { at: null }], (stream, sinkOf) => void stream.sinkTo(sinkOf(asDate)), {
    reset: true,
  });

  assertEquals([(await trial.values(asText)).length, (await trial.values(asDate)).length], [1, 1]);
  assertMatch((await trial.letters())[0]!, /own schema refuses the value: field "at" is "1970-01-01T00:00:00.000Z"/);
});

onEachBroker(
  "event times go to a topic as whole ms, and those before 1970 are refused at their record",
  async (scope) => {
    const trial = await Trial.begin(scope);
    const out = await trial.topic(anything);
    const seconds = [1700000000.25, 1700000000.1234, 1700000000.5678, 0.001, -86_400, 0.007];
    const strategy = WatermarkStrategy.noWatermarks<number>().withTimestampAssigner((value) => value * 1_000);
    await trial.run(seconds, (stream, sinkOf) => {
      stream.assignTimestampsAndWatermarks(strategy).sinkTo(sinkOf(out));
    });

    assertEquals(await trial.times(out), [1700000000250, 1700000000123, 1700000000567, 1, 7]);
    assertEquals(await trial.letters(), [
      `Cannot write to topic "${out.name}" at 1969-12-31T00:00:00.000Z: a topic takes times from 1970 on; give the record another timestamp`,
    ]);
  },
);

onEachBroker(
  "a result of a window without end is written with the time of writing, not with the end of time",
  async (scope) => {
    const trial = await Trial.begin(scope);
    const out = await trial.foreignTopic();
    const beginMs = Date.now();
    await trial.run([1, 2, 3], (stream, sinkOf) => {
      stream.keyBy(() => "one").countWindow(3).reduce((a, b) => a + b).sinkTo(sinkOf(out));
    });

    const [timeMs] = await trial.times(out);
    assertEquals(await trial.values(out), [6]);
    assertEquals([timeMs! >= beginMs, timeMs! < GlobalWindow.MAX_TIMESTAMP], [true, true]);
  },
);

onEachBroker("a time that its topic refuses is its record's dead letter", async (scope) => {
  const trial = await Trial.begin(scope);
  const out = await trial.foreignTopic();
  const nowMs = Date.now();
  const strategy = WatermarkStrategy.noWatermarks<number>().withTimestampAssigner((ms) => ms);
  await trial.run([nowMs, nowMs + 7_200_000, nowMs + 1], (stream, sinkOf) => {
    stream.assignTimestampsAndWatermarks(strategy).sinkTo(sinkOf(out));
  });

  // The embedded log takes a record of any time.
  if (scope.kind === "embedded") assertEquals((await trial.values(out)).length, 3);
  else {
    assertEquals(await trial.values(out), [nowMs, nowMs + 1]);
    assertEquals(await trial.letters(), [
      `Cannot write to topic "${out.name}": its time ${
        new Date(nowMs + 7_200_000).toISOString()
      } lies further in the future ` +
      "than the 3,600,000 ms of its message.timestamp.after.max.ms",
    ]);
  }
});

onEachBroker("a result that is larger than its topic takes is its record's dead letter", async (scope) => {
  const trial = await Trial.begin(scope);
  const [out, packed] = [await trial.topic(anything), await trial.topic(anything, "packed")];
  const large = (text: string) => text === "b" ? text.repeat(3_000_000) : text;
  await trial.run(["a", "b", "c"], (stream, sinkOf) => void stream.map(large).sinkTo(sinkOf(out)));
  // What counts is what goes to the broker.
  await trial.run(["b"], (stream, sinkOf) => void stream.map(large).sinkTo(sinkOf(packed, "gzip")), { reset: true });
  assertEquals((await trial.values(packed)).length, 1);

  // The embedded log takes a record of any size.
  if (scope.kind === "embedded") assertEquals((await trial.values(out)).length, 3);
  else {
    assertEquals(await trial.values(out), ["a", "c"]);
    const [letter, ...more] = await trial.letters();
    assertMatch(
      letter!,
      /^Cannot write to topic ".*": it takes 3,000,\d\d\d bytes, and its max.message.bytes is 1,048,588$/,
    );
    assertEquals(more, []);
  }
});

onEachBroker("a result without a key is its record's dead letter where the topic is compacted", async (scope) => {
  const trial = await Trial.begin(scope);
  const out = await trial.topic(anything, "table", { compacted: true });
  await trial.run([1, 2, 3], (stream, _sinkOf, store) => {
    const encode = (n: number) => ({ key: n === 2 ? null : `key ${n}`, value: String(n) });
    stream.sinkTo(store.sink(out.name, { encode }));
  });

  // The embedded log takes records without a key everywhere.
  if (scope.kind === "embedded") assertEquals(await trial.values(out), [1, 2, 3]);
  else {
    assertEquals(await trial.values(out), [1, 3]);
    assertEquals(await trial.letters(), [
      `Cannot write to topic "${out.name}": it has no key, and the topic is compacted: its cleanup.policy keeps the newest ` +
      "record of each key",
    ]);
  }
});
