/** Sources and sinks whose records are whole: key, value, headers, timestamp and place, on each broker. */
import { assertEquals, assertThrows } from "@std/assert";
import { z } from "zod";
import type { Broker, OutgoingRecord, RecordHeaders } from "../../src/connectors/broker.ts";
import { deadLetterTopic } from "../../src/connectors/broker.ts";
import { checkIntegers } from "../../src/connectors/json/exact_integers.ts";
import type { JobBroker, TopicRecord } from "../../src/connectors/mod.ts";
import { decodeJson, decodeText } from "../../src/connectors/mod.ts";
import type { Sink, Source } from "../../src/engine/mod.ts";
import { RecordError, StreamExecutionEnvironment, WatermarkStrategy } from "../../src/engine/mod.ts";
import { forJobs, onEachBroker, onEmbeddedLog, type Scope } from "../cli/brokers.ts";
import { readAll } from "./contract/reading.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const bytes = (text: string) => encoder.encode(text);
const textOf = (data: Uint8Array | null) => data && decoder.decode(data);

const HEADERS: RecordHeaders = [["trace", bytes("1")], ["trace", bytes("2")], ["none", null], ["10", bytes("")]];

/** A broker with the topics `in` and `out` of two partitions, and a job between them. */
class Trial {
  readonly broker: Broker;
  readonly store: JobBroker;
  readonly in: string;
  readonly out: string;
  readonly job: string;

  private constructor(broker: Broker, scope: Scope) {
    this.broker = broker;
    this.store = forJobs(broker);
    [this.in, this.out, this.job] = [scope.name("in"), scope.name("out"), scope.name("job")];
  }

  static async begin(scope: Scope, ...records: readonly Omit<OutgoingRecord, "topic">[]): Promise<Trial> {
    const trial = new Trial(await scope.broker(), scope);
    await trial.broker.createTopics([trial.in, trial.out].map((name) => ({ name, partitions: 2 })));
    const producer = await trial.broker.producer();
    await producer.send(records.map((record) => ({ ...record, topic: trial.in })));
    await producer.close();
    return trial;
  }

  /** From the first record to the last. */
  async run<T>(source: Source<T>, sink: Sink<T>): Promise<void> {
    const env = new StreamExecutionEnvironment({
      jobName: this.job,
      store: this.store,
      bounded: true,
      from: "earliest",
    });
    env.fromSource(source, WatermarkStrategy.noWatermarks(), "in").sinkTo(sink).name("out");
    await env.execute();
  }

  /** Each partition's records, bytes as texts. */
  async written(): Promise<unknown[][]> {
    return (await readAll(this.broker, this.out)).map((records) => records.map(shown));
  }

  /** What was wrong, and the value that it was wrong with. */
  async letters(): Promise<[string, string | null][]> {
    const topic = deadLetterTopic(this.job);
    if (!(await this.broker.listTopics()).includes(topic)) return [];
    return (await readAll(this.broker, topic)).flat().map(({ value, headers }) => {
      const message = headers!.find(([name]) => name === "dead-letter.error-message")![1];
      return [textOf(message)!.replaceAll(this.in, "in").replaceAll(this.out, "out"), textOf(value)];
    });
  }
}

function shown({ key, value, timestampMs, headers = [] }: Omit<OutgoingRecord, "topic">): unknown {
  return [textOf(key), textOf(value), timestampMs, headers.map(([name, data]) => [name, textOf(data)])];
}

onEachBroker(
  "whole records go through a job as they are: keys, tombstones, headers, times and partitions",
  async (scope) => {
    const records: Omit<OutgoingRecord, "topic">[] = [
      { partition: 1, key: bytes("a"), value: bytes("1"), timestampMs: 1_000, headers: HEADERS },
      { partition: 1, key: bytes("a"), value: null, timestampMs: 2_000 },
      { partition: 0, key: null, value: bytes(""), timestampMs: 3_000, headers: [["", bytes("no name")]] },
      { partition: 1, key: bytes(""), value: null, timestampMs: 4_000, headers: HEADERS },
    ];
    const trial = await Trial.begin(scope, ...records);
    const seen: string[] = [];

    await trial.run(
      trial.store.source(trial.in, {
        decode: (record) => {
          seen.push(`${record.topic === trial.in} ${record.partition} ${record.offset} ${record.timestampMs}`);
          return record;
        },
      }),
      trial.store.sink<TopicRecord>(trial.out, {
        encode: ({ key, value, headers, partition }, timestampMs) => ({ key, value, headers, partition, timestampMs }),
      }),
    );

    assertEquals(seen, ["true 1 0 1000", "true 1 1 2000", "true 0 0 3000", "true 1 2 4000"]);
    assertEquals(await trial.written(), [0, 1].map((n) => records.filter((each) => each.partition === n).map(shown)));
    assertEquals(await trial.letters(), []);
  },
);

onEachBroker("encode() may give texts, a time of its own, and no key", async (scope) => {
  const trial = await Trial.begin(scope, { key: null, value: bytes("5"), timestampMs: 1_000 });

  await trial.run(
    trial.store.source(trial.in, { decode: ({ value }) => Number(decodeText(value)) }),
    trial.store.sink(trial.out, { encode: (n) => ({ value: `${n + 1} é`, partition: 1, timestampMs: 7_000.5 }) }),
  );

  assertEquals(await trial.written(), [[], [[null, "6 é", 7_000, []]]]);
});

onEachBroker("what decode() throws makes its record a dead letter, and the others come out", async (scope) => {
  const value = (text: string, timestampMs: number) => ({ key: null, value: bytes(text), timestampMs, partition: 0 });
  const trial = await Trial.begin(scope, value("1", 1), value("x", 2), { ...value("", 3), value: null }, value("4", 4));

  await trial.run(
    trial.store.source(trial.in, {
      decode: ({ value }) => {
        const text = decodeText(value);
        if (text === "x") throw new RangeError("truncated buffer");
        return text;
      },
    }),
    trial.store.sink(trial.out, { encode: (text) => ({ value: text, partition: 0 }) }),
  );

  assertEquals((await trial.written()).flat().map((record) => (record as unknown[])[1]), ["1", "4"]);
  assertEquals(await trial.letters(), [
    ['Cannot decode "in" partition 0 offset 1: decode() threw RangeError: truncated buffer', "x"],
    ['Cannot decode "in" partition 0 offset 2: value is null', null],
  ]);
});

const Profile = z.object({ name: z.string() });

onEachBroker(
  "a tombstone is null where the topic's schema takes null, and a dead letter where it does not",
  async (scope) => {
    const trial = await Trial.begin(
      scope,
      { partition: 0, key: bytes("a"), value: bytes('{"name":"Ann"}'), timestampMs: 1 },
      { partition: 0, key: bytes("a"), value: null, timestampMs: 2 },
    );
    const key = () => "k";
    const sink = trial.store.sink<unknown>(trial.out, {
      encode: (value) => ({ value: JSON.stringify(value), partition: 0 }),
    });

    await trial.run(trial.store.source({ name: trial.in, schema: Profile.nullable(), key }), sink);
    assertEquals((await trial.written())[0]!.map((record) => (record as unknown[])[1]), ['{"name":"Ann"}', "null"]);
    assertEquals(await trial.letters(), []);

    await trial.broker.dropJob(trial.job);
    await trial.run(trial.store.source({ name: trial.in, schema: Profile, key }), sink);
    assertEquals(await trial.letters(), [['Cannot decode "in" partition 0 offset 1: value is null', null]]);
  },
);

onEachBroker("a table's deletes are events of their own where decode() says so", async (scope) => {
  const trial = await Trial.begin(
    scope,
    { partition: 0, key: bytes("a"), value: bytes('{"name":"Ann"}'), timestampMs: 1 },
    { partition: 0, key: bytes("a"), value: null, timestampMs: 2 },
  );

  await trial.run(
    trial.store.source(trial.in, {
      decode: ({ key, value }) => ({
        id: decodeText(key),
        profile: value === null ? null : decodeJson(value, Profile),
      }),
    }),
    trial.store.sink(trial.out, {
      encode: ({ id, profile }) => ({ key: id, value: profile && profile.name, partition: 1 }),
    }),
  );

  assertEquals(await trial.written(), [[], [["a", "Ann", 1, []], ["a", null, 2, []]]]);
});

onEachBroker(
  "a JSON sink writes headers and partitions when asked; one that is not there is its record's fault",
  async (scope) => {
    const of = (n: number) => ({ partition: 0, key: null, value: bytes(`{"n":${n}}`), timestampMs: n });
    const trial = await Trial.begin(scope, of(1), of(2), of(0), of(3));
    const Numbered = z.object({ n: z.number() });
    const numbers = (name: string) => ({ name, schema: Numbered, key: ({ n }: { n: number }) => `k${n}` });

    await trial.run(
      trial.store.source(numbers(trial.in)),
      trial.store.sink(numbers(trial.out), {
        headers: ({ n }) => n === 1 ? undefined : [["n", bytes(String(n))], ["n", null]],
        partition: ({ n }) => n === 0 ? undefined : n - 1,
      }),
    );

    const [first, second] = await trial.written() as unknown[][][];
    assertEquals([...first!, ...second!].toSorted((a, b) => Number(a[2]) - Number(b[2])), [
      ['"k0"', '{"n":0}', 0, [["n", "0"], ["n", null]]],
      ['"k1"', '{"n":1}', 1, []],
      ['"k2"', '{"n":2}', 2, [["n", "2"], ["n", null]]],
    ]);
    assertEquals(second!.some(([key]) => key === '"k2"'), true);
    assertEquals(await trial.letters(), [
      ['Cannot write to topic "out" partition 2: it has 2, counted from 0', '{"n":3}'],
    ]);
  },
);

onEachBroker("exactIntegers refuses what JavaScript's numbers would change, and nothing else", async (scope) => {
  const good = ['{"n":9007199254740991}', '{"n":0.12345678901234567890}', '{"n":"9007199254740993"}', '{"n":1e300}'];
  const bad = ['{"n":9007199254740993}', '{"a":[{"deep":-12345678901234567890}],"n":1}'];
  const trial = await Trial.begin(
    scope,
    ...[...good, ...bad].map((text, i) => ({ partition: 0, key: null, value: bytes(text), timestampMs: i })),
  );
  const topic = { name: trial.in, schema: z.looseObject({ n: z.unknown() }), key: () => "k" };
  const sink = trial.store.sink<{ n: unknown }>(trial.out, { encode: ({ n }) => ({ value: String(n), partition: 0 }) });

  await trial.run(trial.store.source(topic, { exactIntegers: true }), sink);

  assertEquals((await trial.written())[0]!.map((record) => (record as unknown[])[1]), [
    "9007199254740991",
    "0.12345678901234568",
    "9007199254740993",
    "1e+300",
  ]);
  const keep = "which JavaScript's numbers do not keep: it would be read as";
  assertEquals(await trial.letters(), [
    [`Cannot decode "in" partition 0 offset 4: field "n" is 9007199254740993, ${keep} 9007199254740992`, bad[0]!],
    [
      `Cannot decode "in" partition 0 offset 5: field "deep" is -12345678901234567890, ${keep} -12345678901234567168`,
      bad[1]!,
    ],
  ]);
});

onEmbeddedLog("decode() and encode() give sources and sinks their types", async (scope) => {
  const store = forJobs(await scope.broker());
  const env = new StreamExecutionEnvironment();
  const offsets: Source<number> = store.source("in", { decode: ({ offset }) => offset });
  // @ts-expect-error what decode() gives is no text
  const texts: Source<string> = store.source("in", { decode: ({ offset }) => offset });
  // The stream's type is the parameter's.
  env.fromCollection([{ id: 1 }]).sinkTo(store.sink("out", { encode: ({ id }) => ({ value: id.toFixed() }) }));
  // @ts-expect-error the stream has no names
  env.fromCollection([{ id: 1 }]).sinkTo(store.sink("out", { encode: ({ name }) => ({ value: name }) }));
  // @ts-expect-error a topic without a schema needs decode()
  assertThrows(() => store.source("in"), TypeError);
  assertEquals([offsets, texts].map(({ description }) => description), ['topic "in"', 'topic "in"']);
});

onEmbeddedLog("sources and sinks are refused where they are described wrongly", async (scope) => {
  const store = forJobs(await scope.broker());
  // deno-lint-ignore require-await
  assertThrows(() => store.source("in", { decode: async () => 1 }), TypeError, "decode");
  assertThrows(() => store.sink("out", { encode: undefined as never }), TypeError, "encode");
  assertThrows(() => store.source("in", { decode: () => 1, from: NaN }), RangeError, "Cannot begin to read at NaN");
  assertThrows(
    () => store.source("in", { decode: () => 1, from: "erliest" as "earliest" }),
    RangeError,
    'Cannot begin to read at "erliest": from must be "earliest", "latest" or a time in ms',
  );
});

Deno.test("an integer that is no number of JavaScript's at all is refused, too", () => {
  const value = bytes(`{"n":${"9".repeat(400)}}`);
  const record = { offset: 0, timestampMs: 0, key: null, value, headers: undefined };
  assertThrows(() => checkIntegers(record), RecordError, "it would be read as Infinity");
});
