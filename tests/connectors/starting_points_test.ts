/** Where sources begin, each for itself, on each broker; and topics that do not keep the time that records are written with. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { decodeText } from "../../src/connectors/mod.ts";
import type { StartingPoint } from "../../src/engine/mod.ts";
import {
  type Collector,
  KeyedCoProcessFunction,
  type KeyedRuntimeContext,
  StreamExecutionEnvironment,
  type ValueState,
  ValueStateDescriptor,
  WatermarkStrategy,
} from "../../src/engine/mod.ts";
import { forJobs, onEachBroker, type Scope } from "../cli/brokers.ts";
import { newLog } from "../engine/logged.ts";
import { readAll } from "./contract/reading.ts";
import { createTopic, SERVERS } from "./kafka_rig.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const NOON = Date.UTC(2026, 0, 1, 12);

/** Puts the user's name to each click. */
class Enrich extends KeyedCoProcessFunction<string, Event, Event, string> {
  #name!: ValueState<string>;

  override open(context: KeyedRuntimeContext): void {
    this.#name = context.getState(new ValueStateDescriptor<string>("name"));
  }

  override processElement1(click: Event, _context: unknown, out: Collector<string>): void {
    out.collect(`${click.text} by ${this.#name.value() ?? "unknown"}`);
  }

  override processElement2(profile: Event): void {
    this.#name.update(profile.text);
  }
}

interface Event {
  readonly user: string;
  readonly text: string;
}

/** Clicks at noon and after, of users whose profiles were written a second before; begun at noon. */
async function backfill(
  scope: Scope,
  { profilesFrom, runs = 1 }: { profilesFrom?: StartingPoint; runs?: number },
): Promise<{ clicks: string[]; warnings: string[] }> {
  const broker = await scope.broker();
  const [profiles, clicks, out, job] = ["profiles", "clicks", "out", "job"].map((word) => scope.name(word)) as [
    string,
    string,
    string,
    string,
  ];
  await broker.createTopics([profiles, clicks, out].map((name) => ({ name, partitions: 1 })));
  const producer = await broker.producer();
  const record = (topic: string, user: string, text: string, timestampMs: number) => {
    return { topic, key: encoder.encode(user), value: encoder.encode(text), timestampMs };
  };
  await producer.send([
    record(profiles, "a", "Ann", NOON - 1_000),
    record(profiles, "b", "Bob", NOON - 1_000),
    record(clicks, "a", "too early", NOON - 500),
    record(clicks, "a", "first", NOON),
    record(clicks, "b", "second", NOON + 1_000),
  ]);
  await producer.close();

  const log = newLog();
  for (let run = 0; run < runs; run++) {
    const store = forJobs(broker);
    const env = new StreamExecutionEnvironment({ jobName: job, store, bounded: true, from: NOON, logger: log });
    const events = (topic: string, from?: StartingPoint) => {
      const decode = ({ key, value }: { key: Uint8Array | null; value: Uint8Array | null }): Event => {
        return { user: decodeText(key), text: decodeText(value) };
      };
      return env.fromSource(store.source(topic, { decode, from }), WatermarkStrategy.noWatermarks<Event>(), topic)
        .keyBy(({ user }) => user);
    };
    events(clicks).connect(events(profiles, profilesFrom)).process(new Enrich()).name("enrich")
      .sinkTo(store.sink(out, { encode: (text) => ({ value: text }) })).name("out");
    await env.execute();
  }

  const written = (await readAll(broker, out)).flat().map(({ value }) => decoder.decode(value!));
  const warnings = log.lines.filter((line) => line.startsWith("warn")).map((line) =>
    line.replaceAll(job, "job").replaceAll(profiles, "profiles").replaceAll(clicks, "clicks")
  );
  return { clicks: written, warnings };
}

onEachBroker(
  "a backfill finds what lies before its time where its table's source begins at the earliest",
  async (scope) => {
    assertEquals(await backfill(scope, { profilesFrom: "earliest" }), {
      clicks: ["first by Ann", "second by Bob"],
      warnings: [],
    });
  },
);

onEachBroker("a job whose two inputs both begin in the middle says so, once", async (scope) => {
  assertEquals(await backfill(scope, { runs: 2 }), {
    clicks: ["first by unknown", "second by unknown"],
    warnings: [
      'warn: job: "enrich" takes two streams together that both begin in the middle, "clicks" at records of ' +
      '2026-01-01T12:00:00.000Z, "profiles" at records of 2026-01-01T12:00:00.000Z: what lies before is not found; give ' +
      'the source that is looked up { from: "earliest" }, or start with --reset --from earliest',
    ],
  });
});

Deno.test({
  name: `a topic whose broker sets the time is named at the start of a job that writes it, once${
    SERVERS === undefined ? " (skipped: no TEST_BOOTSTRAP_SERVERS)" : ""
  }`,
  ignore: SERVERS === undefined,
  async fn() {
    const { openKafkaBroker } = await import("../../src/connectors/kafka/mod.ts");
    const { JobBroker } = await import("../../src/connectors/mod.ts");
    const said: string[] = [];
    const port = await openKafkaBroker({
      brokers: SERVERS!,
      log: (level, message) => level === "warn" && said.push(message),
    });
    const topics = ["appended", "created"].map((word) => `${word}-${crypto.randomUUID()}`) as [string, string];
    await createTopic(topics[0], { "message.timestamp.type": "LogAppendTime" });
    await createTopic(topics[1], { "message.timestamp.type": "CreateTime" });

    await using store = new JobBroker(port);
    for (let attempt = 0; attempt < 2; attempt++) {
      const env = new StreamExecutionEnvironment({ bounded: true });
      const values = env.fromCollection(["a"]);
      for (const topic of topics) values.sinkTo(store.sink(topic, { encode: (value) => ({ value }) }));
      await env.execute();
    }

    assertEquals(said.length, 1);
    assertStringIncludes(
      said[0]!,
      `the topic "${
        topics[0]
      }" has message.timestamp.type=LogAppendTime: the broker puts the time of writing in place of each ` +
        "record's event time",
    );
    await port.deleteTopics(topics);
  },
});
