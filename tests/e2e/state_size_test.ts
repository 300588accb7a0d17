/**
 * What state costs: a commit as much as has changed, a restore some µs a key. STATE_KEYS=1000000 shows it with more keys than
 * the 100,000 that are taken without.
 */
import { assert, assertEquals } from "@std/assert";
import type { Broker } from "../../src/connectors/broker.ts";
import { type JobBroker, openBroker } from "../../src/connectors/mod.ts";
import {
  type JobStore,
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
import { forEachBroker, mayRunPrograms } from "./programs.ts";

const KEYS = Number((mayRunPrograms() ? Deno.env.get("STATE_KEYS") : undefined) ?? 100_000);
const CHANGED = 10;
const RESTORED_WITHIN_MS = 15_000;
const PARTITIONS = 5;
/** What keeps a changelog near one record a key, and quick to read from its start. */
const COMPACTED = {
  "cleanup.policy": "compact",
  "min.cleanable.dirty.ratio": "0.1",
  "segment.bytes": "16777216",
  "segment.ms": "3600000",
};
const encoder = new TextEncoder();

/** One number per key, and no output: what is committed is state, positions and the job's own record. */
class Count extends KeyedProcessFunction<string, string, never> {
  #count!: ValueState<number>;

  override open(context: KeyedRuntimeContext): void {
    this.#count = context.getState(new ValueStateDescriptor<number>("count"));
  }

  override processElement(_value: string, _context: KeyedProcessContext<string>): void {
    this.#count.update((this.#count.value() ?? 0) + 1);
  }
}

forEachBroker(
  `a commit writes what has changed and not what is there, and ${KEYS} keys are back in time`,
  async ({ env }) => {
    const settings = brokerSettings({ get: (name) => env[name] });
    await using broker = await openBroker({ settings, logger: SILENT });
    const { port } = broker;
    const topic = `state-size-${crypto.randomUUID().slice(0, 8)}`;
    await port.createTopics([{ name: topic, partitions: PARTITIONS }]);
    try {
      await sendKeys(port, topic, KEYS);
      const first = await count(broker, topic);
      assert(first.entries >= KEYS, `${first.entries} entries`);
      if (port.kind === "kafka") assertEquals(await changelogSettings(env.BOOTSTRAP_SERVERS!, topic), COMPACTED);

      await sendKeys(port, topic, CHANGED);
      const written = port.kind === "kafka" ? await changelogEnd(port, topic) : undefined;
      const second = await count(broker, topic);
      assertEquals(second.restored, KEYS);
      // Beside the keys: at start and end where the partitions stand, and the job's record.
      const most = CHANGED + 2 * (PARTITIONS + 1);
      assert(second.entries >= CHANGED && second.entries <= most, `${second.entries} entries for ${CHANGED} keys`);
      if (written !== undefined) {
        // Each commit adds one offset, its mark.
        const grown = await changelogEnd(port, topic) - written;
        assert(grown >= second.entries && grown <= most + 3, `the changelog has grown by ${grown}`);
      }
      assert(second.restoreMs < RESTORED_WITHIN_MS, `${KEYS} keys took ${second.restoreMs} ms`);
      if (KEYS > 100_000) say(`${KEYS} keys: restored in ${(second.restoreMs / 1000).toFixed(1)} s`);
    } finally {
      await port.dropJob(topic);
      await port.deleteTopics([topic]);
    }
  },
);

/** One record for each of the first keys. */
async function sendKeys(port: Broker, topic: string, keys: number): Promise<void> {
  const producer = await port.producer();
  const timestampMs = Date.parse("2026-01-01T00:00:00Z");
  for (let first = 0; first < keys; first += 1_000) {
    const length = Math.min(1_000, keys - first);
    const text = (i: number) => encoder.encode(`traveller${first + i}@example.com`);
    await producer.send(
      Array.from({ length }, (_, i) => ({ topic, key: text(i), value: text(i), timestampMs: timestampMs + first + i })),
    );
  }
  await producer.close();
}

interface Counted {
  /** That its commits wrote. */
  readonly entries: number;
  /** Keys with state that it found. */
  readonly restored: number;
  readonly restoreMs: number;
}

/** A bounded run of a job that counts the records of each key; it has the topic's name. */
async function count(broker: JobBroker, topic: string): Promise<Counted> {
  const found = { entries: 0, restored: 0 };
  const passedAtMs = new Map<string, number>();
  const env = new StreamExecutionEnvironment({
    jobName: topic,
    store: watched(broker, found),
    from: "earliest",
    bounded: true,
    faultPoint: (name) => passedAtMs.set(name, performance.now()),
  });
  env.fromSource(broker.textSource(topic), WatermarkStrategy.noWatermarks(), "in")
    .keyBy((text) => text)
    .process(new Count()).name("count")
    .sinkTo(NOWHERE).name("nowhere");
  await env.execute();
  const restoreMs = passedAtMs.get("restore: sources, sinks and state are open")! -
    passedAtMs.get("restore: before the last commit is read")!;
  return { ...found, restoreMs };
}

const NOWHERE = {
  description: "nowhere",
  exactlyOnceWith: () => true,
  open: () => Promise.resolve({ write: () => {} }),
};

/** The store, with an eye on what goes into it and comes out of it. */
function watched(store: JobStore, found: { entries: number; restored: number }): JobStore {
  return {
    async openJob(request) {
      const session = await store.openJob(request);
      const { restore, commit } = session;
      session.restore = async () => {
        const entries = await restore.call(session);
        found.restored = [...entries.keys()].filter((key) => key.includes("traveller")).length;
        return entries;
      };
      session.commit = async ({ changes, positions }) => {
        const all = [...changes];
        found.entries += all.length;
        await commit.call(session, { changes: all, positions });
      };
      return session;
    },
  };
}

/** Where a Kafka's changelog ends. The embedded log has none, it keeps each entry in a row. */
async function changelogEnd(port: Broker, job: string): Promise<number> {
  const [changelog] = await port.describeTopics([`${job}.changelog`]);
  return changelog!.endOffsets[0]!;
}

async function changelogSettings(servers: string, job: string): Promise<Record<string, string>> {
  // Not before there is a Kafka: kafkajs reads the environment while it loads.
  const { ConfigResourceTypes, Kafka, logLevel } = await import("kafkajs");
  const admin = new Kafka({ brokers: [servers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: `${job}.changelog`, configNames: Object.keys(COMPACTED) }],
  });
  await admin.disconnect();
  const found = resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue] as const);
  return Object.fromEntries(found.toSorted());
}

function say(line: string): void {
  // deno-lint-ignore no-console -- what the test was asked for
  console.log(line);
}
