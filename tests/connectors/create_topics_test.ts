/** What topics are created with, and what becomes of settings that a broker refuses. */
import { assertEquals, assertRejects } from "@std/assert";
import type { TopicSpec } from "../../src/connectors/broker.ts";
import { BrokerError } from "../../src/connectors/broker_errors.ts";
import type { Client } from "../../src/connectors/kafka/client.ts";
import type { NewTopic } from "../../src/connectors/kafka/protocol.ts";
import { topicSettings } from "../../src/connectors/kafka/topic_settings.ts";
import { newClient, testWithKafka } from "./kafka_client.ts";

const mayLoad = Deno.permissions.querySync({ name: "env" }).state === "granted";
const CHANGELOG: TopicSpec = { name: "job.changelog", partitions: 1, compacted: true, maxRecordBytes: 1_000_000 };
const NONE = 0, INVALID_REPLICATION_FACTOR = 38, INVALID_CONFIG = 40, POLICY_VIOLATION = 44;

/** kafkajs reads the environment when it is loaded. */
function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: mayLoad ? name : `${name} (skipped: it needs --allow-env)`, ignore: !mayLoad, fn });
}

async function createTopics(client: Client, specs: readonly TopicSpec[]): Promise<void> {
  const { createTopics } = await import("../../src/connectors/kafka/create_topics.ts");
  await createTopics(client, specs);
}

interface ScriptedCluster {
  readonly brokers?: number;
  /** What brokers are set to. */
  readonly defaultReplicas?: number;
  /** The code with which a setting is refused. */
  readonly refused?: Readonly<Record<string, number>>;
}

/** A cluster as far as making topics goes, and what was made in it. */
function scripted({ brokers = 1, defaultReplicas = 1, refused = {} }: ScriptedCluster) {
  const created: NewTopic[] = [];
  const said: string[] = [];
  let validated = 0;
  const answer = ({ topic, replicationFactor, configEntries }: NewTopic) => {
    const code = configEntries.map(({ name }) => refused[name] ?? NONE).find((code) => code !== NONE) ?? NONE;
    return { topic, errorCode: replicationFactor > brokers ? INVALID_REPLICATION_FACTOR : code, errorMessage: null };
  };
  const send = (api: string, args: { topics: readonly NewTopic[]; validateOnly?: boolean }): unknown => {
    if (api === "DescribeConfigs") {
      const configEntries = [{ configName: "default.replication.factor", configValue: String(defaultReplicas) }];
      return { resources: [{ errorCode: NONE, configEntries }] };
    }
    if (api === "ListOffsets") return { responses: [] };
    if (args.validateOnly) validated++;
    else created.push(...args.topics);
    return { topicErrors: args.topics.map(answer) };
  };
  const connection = { send: (api: string, args: never) => Promise.resolve(send(api, args)) };
  const client = {
    nodeIds: Array.from({ length: brokers }, (_, node) => node),
    log: (level: string, message: string) => said.push(`${level}: ${message}`),
    controller: () => Promise.resolve(connection),
    node: () => Promise.resolve(connection),
    metadata: () => Promise.resolve({ brokers: [], topicMetadata: [] }),
    leaders: (names: readonly string[]) => Promise.resolve(new Map(names.map((name) => [name, [0]]))),
    forgetTopic: () => {},
  };
  return { client: client as unknown as Client, created, said, validated: () => validated };
}

function settingsOf(topic: NewTopic | undefined): Record<string, string> {
  return Object.fromEntries(topic!.configEntries.map(({ name, value }) => [name, value]));
}

/** With none left out. */
function allSettings(spec: TopicSpec, replicas = 1): Record<string, string> {
  const { required, optional } = topicSettings(spec, replicas);
  return Object.fromEntries([...required, ...optional].map(({ name, value }) => [name, value]));
}

Deno.test("topicSettings() rely on no default of the broker", () => {
  const always = {
    "message.timestamp.type": "CreateTime",
    "message.timestamp.after.max.ms": "9223372036854",
    "message.timestamp.before.max.ms": "9223372036854",
    "compression.type": "producer",
    "unclean.leader.election.enable": "false",
  };
  assertEquals(allSettings({ name: "t", partitions: 5 }), {
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "retention.bytes": "-1",
    ...always,
  });
  assertEquals(allSettings(CHANGELOG, 3), {
    "cleanup.policy": "compact",
    "max.message.bytes": "1016384",
    ...always,
    "min.insync.replicas": "2",
    "delete.retention.ms": "86400000",
    "segment.bytes": "16777216",
    "segment.ms": "3600000",
    "min.cleanable.dirty.ratio": "0.1",
  });
});

Deno.test("topicSettings() ask for a second acknowledging copy only where its loss would not stop the topic", () => {
  const minInsync = [1, 2, 3, 5].map((replicas) => allSettings(CHANGELOG, replicas)["min.insync.replicas"]);
  assertEquals(minInsync, [undefined, undefined, "2", "2"]);
});

test("createTopics() leaves out what the broker refuses, and nothing else", async () => {
  const { client, created, said } = scripted({
    refused: { "message.timestamp.after.max.ms": INVALID_CONFIG, "delete.retention.ms": POLICY_VIOLATION },
  });
  await createTopics(client, [CHANGELOG]);
  const { "message.timestamp.after.max.ms": _, "delete.retention.ms": __, ...others } = allSettings(CHANGELOG);
  assertEquals(settingsOf(created[0]), others);
  assertEquals(said, [
    'info: "job.changelog" is created without message.timestamp.after.max.ms, delete.retention.ms, which this broker refuses',
  ]);
});

test("createTopics() asks for each setting once for all topics of a kind", async () => {
  const { client, created, validated } = scripted({ refused: { "compression.type": INVALID_CONFIG } });
  await createTopics(client, ["a", "b", "c", "d"].map((name) => ({ name, partitions: 1 })));
  assertEquals(created.map((topic) => "compression.type" in settingsOf(topic)), [false, false, false, false]);
  // Each topic as it stands, the five optional settings, and all topics together.
  assertEquals(validated(), 4 + 5 + 1);
});

test("createTopics() ends where a setting is refused without which it would be another topic", async () => {
  const { client, created } = scripted({ refused: { "cleanup.policy": INVALID_CONFIG } });
  await assertRejects(() => createTopics(client, [CHANGELOG]), BrokerError, "INVALID_CONFIG");
  assertEquals(created, []);
});

test("createTopics() makes three safe replicas, fewer where there are fewer brokers, more where that is the default", async () => {
  const replicas = async (cluster: ScriptedCluster) => {
    const { client, created } = scripted(cluster);
    await createTopics(client, [{ ...CHANGELOG, replicas: "safe" }]);
    return [created[0]!.replicationFactor, settingsOf(created[0])["min.insync.replicas"]];
  };
  assertEquals(await replicas({ brokers: 1 }), [-1, undefined]);
  assertEquals(await replicas({ brokers: 2 }), [2, undefined]);
  assertEquals(await replicas({ brokers: 3 }), [3, "2"]);
  assertEquals(await replicas({ brokers: 6 }), [3, "2"]);
  assertEquals(await replicas({ brokers: 6, defaultReplicas: 5 }), [-1, "2"]);
});

test("createTopics() makes as many replicas as asked for, or says how many brokers there are", async () => {
  const { client, created } = scripted({ brokers: 3 });
  await createTopics(client, [{ name: "t", partitions: 1, replicas: 2 }, { name: "u", partitions: 1 }]);
  assertEquals(created.map(({ replicationFactor }) => replicationFactor), [2, -1]);
  await assertRejects(
    () => createTopics(client, [{ name: "t", partitions: 1, replicas: 4 }]),
    BrokerError,
    'Cannot create the topic "t" with 4 replicas: 3 brokers are there; ask for fewer',
  );
});

test("warnOfSingleReplicas() warns once of topics that one broker of several has", async () => {
  const { warnOfSingleReplicas } = await import("../../src/connectors/kafka/replication.ts");
  const said = async (brokers: number) => {
    const words: string[] = [];
    const replicas: Record<string, number[][]> = { one: [[1, 2], [2]], two: [[1, 2], [2, 0]] };
    const client = {
      warnedOf: new Set(),
      log: (level: string, message: string) => words.push(`${level}: ${message}`),
      metadata: (topics: readonly string[]) =>
        Promise.resolve({
          brokers: Array.from({ length: brokers }),
          topicMetadata: topics.map((topic) => ({
            topic,
            partitionMetadata: replicas[topic]!.map((replicas) => ({ replicas })),
          })),
        }),
    } as unknown as Client;
    for (let attempt = 0; attempt < 2; attempt++) await warnOfSingleReplicas(client, ["one", "two"]);
    return words;
  };
  assertEquals(await said(1), []);
  assertEquals(await said(3), [
    'warn: the topic "one" has one replica, though there are 3 brokers: it is gone with the one that holds it; ' +
    "give it more replicas",
  ]);
});

testWithKafka("a topic has every setting that was asked for", async (servers) => {
  const client = await newClient(servers);
  const spec = { ...CHANGELOG, name: `settings-${crypto.randomUUID().slice(0, 8)}` };
  try {
    await createTopics(client, [spec]);
    const found = await settingsAt(client, spec);
    assertEquals(found, knownOf(allSettings(spec), found));
  } finally {
    await remove(client, spec.name);
  }
});

testWithKafka("a real broker's refusal of one setting costs that setting alone", async (servers) => {
  const client = await newClient(servers);
  const spec = { ...CHANGELOG, name: `refused-${crypto.randomUUID().slice(0, 8)}` };
  try {
    await createTopics(withUnknown(client, "segment.ms"), [spec]);
    const { "segment.ms": ours, ...others } = allSettings(spec);
    const { "segment.ms": found, ...rest } = await settingsAt(client, spec);
    assertEquals(rest, knownOf(others, rest));
    assertEquals(found === ours, false);
  } finally {
    await remove(client, spec.name);
  }
});

/** The client, which asks for a setting that no broker knows wherever `setting` is asked for. */
function withUnknown(client: Client, setting: string): Client {
  const controller = async () => {
    const connection = await client.controller();
    const send = (
      api: "CreateTopics",
      args: { topics: readonly NewTopic[]; validateOnly: boolean; timeout: number },
    ) => {
      const topics = args.topics.map(({ configEntries, ...topic }) => ({
        ...topic,
        configEntries: configEntries.map((entry) =>
          entry.name === setting ? { ...entry, name: "no.such.setting" } : entry
        ),
      }));
      return connection.send(api, { ...args, topics });
    };
    return { send };
  };
  return new Proxy(client, {
    get: (_, name) => {
      if (name === "controller") return controller;
      const value = Reflect.get(client, name, client);
      return typeof value === "function" ? value.bind(client) : value;
    },
  });
}

/** Of the settings that we ask for, as the broker has them. */
async function settingsAt(client: Client, spec: TopicSpec): Promise<Record<string, string | null>> {
  const configNames = Object.keys(allSettings(spec));
  const connection = await client.any();
  const { resources } = await connection.send("DescribeConfigs", {
    resources: [{ type: 2, name: spec.name, configNames }],
  });
  return Object.fromEntries(
    resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]),
  );
}

/** Kafka before 3.6 does not know all of them, and says nothing of those. */
function knownOf(settings: Record<string, string>, found: Record<string, string | null>): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => name in found));
}

async function remove(client: Client, topic: string): Promise<void> {
  const { deleteTopics } = await import("../../src/connectors/kafka/topics.ts");
  await deleteTopics(client, [topic]);
  await client.close();
}
