/** The imitation of Redpanda, and partitions with dead tails. */
import { assertEquals } from "@std/assert";
import { asRedpanda, type Batch, DeadTail, type Message, type WireClient } from "../../../chaos/wire/mod.ts";
import { begun, endsOf, newTopic, ONE_RECORD, testProxy, uniqueName } from "./rig.ts";

testProxy("as Redpanda ignores settings that it does not know, and keeps tombstones", async (_, client) => {
  const name = uniqueName();
  const configs = [
    { name: "cleanup.policy", value: "compact" },
    { name: "no.such.setting", value: "1" },
    { name: "min.insync.replicas", value: "2" },
  ];
  assertEquals(await createCode(client, name, configs), 0);
  while ((await endsOf(client, name)).length === 0); // every node knows it then
  const known = ["cleanup.policy", "delete.retention.ms", "min.insync.replicas"];
  assertEquals(await settings(client, name, known), {
    "cleanup.policy": "compact",
    "delete.retention.ms": "9223372036854775807",
  });
  const INVALID_CONFIG = 40;
  const tooLong = [{ name: "retention.ms", value: "9223372036855" }];
  assertEquals(await createCode(client, uniqueName(), tooLong), INVALID_CONFIG);
}, asRedpanda());

testProxy("as Redpanda takes sessions from 6 to 300 s", async (_, client) => {
  const INVALID_SESSION_TIMEOUT = 26;
  const MEMBER_ID_REQUIRED = 79;
  const codes: number[] = [];
  for (const sessionTimeoutMs of [5_999, 6_000, 300_000, 300_001]) {
    const { errorCode } = (await client.ask("JoinGroup", 5, {
      groupId: uniqueName(),
      sessionTimeoutMs,
      rebalanceTimeoutMs: 60_000,
      memberId: "",
      groupInstanceId: null,
      protocolType: "consumer",
      protocols: [{ name: "range", metadata: new Uint8Array() }],
    }))!;
    codes.push(errorCode);
  }
  assertEquals(codes, [INVALID_SESSION_TIMEOUT, MEMBER_ID_REQUIRED, MEMBER_ID_REQUIRED, INVALID_SESSION_TIMEOUT]);
}, asRedpanda());

const commits = new DeadTail(({ control }: Batch) => control);

testProxy("takes a commit marker at the end of a partition away, and no other batch", async (_, client) => {
  const topic = await newTopic(client);
  await produce(client, topic);
  await committed(client, topic);

  // A marker that is not the end stays.
  await produce(client, topic);
  assertEquals(await batches(client, topic, 0n), [0n, 1n, 2n]);
  await committed(client, topic);
  assertEquals(await batches(client, topic, 0n), [0n, 1n, 2n]);
  assertEquals((await endsOf(client, topic))[0], 4n);
}, { filters: [commits] });

testProxy("takes the last records of a compacted partition away", async (_, client) => {
  const topic = await newTopic(client);
  for (let count = 0; count < 5; count++) await produce(client, topic);
  assertEquals(await batches(client, topic, 0n), [0n, 1n, 2n]);
  assertEquals(await batches(client, topic, 3n), []);
  assertEquals((await endsOf(client, topic))[0], 5n);
}, { filters: [new DeadTail(({ firstOffset }) => firstOffset >= 3)] });

async function createCode(client: WireClient, name: string, configs: readonly Message[]): Promise<number> {
  const topic = { name, numPartitions: 1, replicationFactor: -1, configs };
  return (await client.ask("CreateTopics", 5, { topics: [topic], timeoutMs: 9_000 }))!.topics[0].errorCode;
}

async function settings(client: WireClient, topic: string, names: readonly string[]): Promise<Record<string, string>> {
  const resources = [{ resourceType: 2, resourceName: topic, configurationKeys: names }];
  const { results } = (await client.ask("DescribeConfigs", 2, { resources }))!;
  return Object.fromEntries((results[0].configs as Message[]).map(({ name, value }) => [name, value]));
}

async function produce(client: WireClient, topic: string): Promise<void> {
  const topicData = [{ name: topic, partitionData: [{ index: 0, records: ONE_RECORD }] }];
  await client.ask("Produce", 7, { acks: -1, timeoutMs: 9_000, topicData });
}

/** Puts the marker of a commit, alone, behind what is there. */
async function committed(client: WireClient, topic: string): Promise<void> {
  const [end] = await endsOf(client, topic);
  const transaction = await begun(client, topic);
  await client.ask("EndTxn", 1, { ...transaction, committed: true });
  while ((await endsOf(client, topic))[0] === end);
}

/** The first offsets of the batches that are read from there on. */
async function batches(client: WireClient, topic: string, from: bigint): Promise<bigint[]> {
  const found: bigint[] = [];
  for (let fetchOffset = from;;) {
    const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 1_000_000 }];
    const request = { maxWaitMs: 100, minBytes: 1, topics: [{ topic, partitions }] };
    const { records } = (await client.ask("Fetch", 11, request))!.responses[0].partitions[0];
    if (records.length === 0) return found;
    const view = new DataView(records.buffer, records.byteOffset, records.length);
    for (let at = 0; at < records.length; at += 12 + view.getInt32(at + 8)) found.push(view.getBigInt64(at));
    // Each holds one record.
    fetchOffset = found.at(-1)! + 1n;
  }
}
