/** A proxy in front of the Kafka for tests, and what its tests ask. */
import { assertEquals } from "@std/assert";
import { type Message, WireClient, type WireOptions, WireProxy } from "../../../chaos/wire/mod.ts";
import { testWithKafka } from "../../connectors/kafka_client.ts";

/** Names of topics, groups and ids that are only this test's. */
export function uniqueName(): string {
  return `wire-${crypto.randomUUID().slice(0, 8)}`;
}

/** Of the first of some servers. */
export function endpointOf(servers: string) {
  const [host, port] = servers.split(",")[0]!.split(":") as [string, string];
  return { host, port: Number(port) };
}

/** A proxy, and a client of it that begins with the first broker. */
async function open(servers: string, options?: WireOptions) {
  const proxy = await WireProxy.start(servers, options);
  return { proxy, client: WireClient.to(endpointOf(proxy.bootstrapServers)) };
}

/** Registers a test of a proxy with these options, and of a client that begins with its first broker. */
export function testProxy(
  name: string,
  fn: (proxy: WireProxy, client: WireClient) => Promise<void>,
  options?: WireOptions,
): void {
  testWithKafka(`the proxy ${name}`, async (servers) => {
    const { proxy, client } = await open(servers, options);
    await using _proxy = proxy;
    await using _client = client;
    await fn(proxy, client);
  });
}

/** A batch of one record without key and value. */
export const ONE_RECORD = Uint8Array.fromHex(
  "0000000000000000" + "00000038" + "ffffffff" + "02" + "c428857f" + "0000" + "00000000" +
    "0000018bcfe56800" + "0000018bcfe56800" + "ffffffffffffffff" + "ffff" + "ffffffff" + "00000001" + "0c00000001" +
    "0100",
);

/** Resolves when all its partitions have leaders. */
export async function newTopic(client: WireClient, numPartitions = 1): Promise<string> {
  const name = uniqueName();
  await client.ask("CreateTopics", 5, { topics: [{ name, numPartitions, replicationFactor: -1 }], timeoutMs: 9_000 });
  while ((await endsOf(client, name)).length < numPartitions);
  return name;
}

/** Of the partitions that have a leader. */
export async function endsOf(client: WireClient, topic: string): Promise<bigint[]> {
  const partitions = [0, 1].map((partitionIndex) => ({ partitionIndex, timestamp: -1n }));
  const { topics } = (await client.ask("ListOffsets", 1, { replicaId: -1, topics: [{ name: topic, partitions }] }))!;
  const led = (topics[0].partitions as Message[]).filter(({ errorCode }) => errorCode === 0);
  // A broker answers in any order.
  return led.sort((a, b) => a.partitionIndex - b.partitionIndex).map(({ offset }) => offset);
}

/** The error codes of partitions, by their numbers. */
export function codesOf(elements: readonly Message[], index: string): Record<number, number> {
  return Object.fromEntries(elements.map((element) => [element[index], element.errorCode]));
}

/** A transaction that has one partition in it. */
export async function begun(client: WireClient, into?: string): Promise<Message> {
  const [transactionalId, topic] = [uniqueName(), into ?? await newTopic(client)];
  for (;;) {
    await client.ask("FindCoordinator", 2, { key: transactionalId, keyType: 1 });
    const { errorCode, producerId, producerEpoch } =
      (await client.ask("InitProducerId", 1, { transactionalId, transactionTimeoutMs: 60_000 }))!;
    // Until its coordinator is there.
    if (errorCode === 0) {
      const added = await client.ask("AddPartitionsToTxn", 1, {
        v3AndBelowTransactionalId: transactionalId,
        v3AndBelowProducerId: producerId,
        v3AndBelowProducerEpoch: producerEpoch,
        v3AndBelowTopics: [{ name: topic, partitions: [0] }],
      });
      assertEquals(added!.resultsByTopicV3AndBelow[0].resultsByPartition[0].partitionErrorCode, 0);
      return { transactionalId, producerId, producerEpoch };
    }
  }
}

/** The answer of its coordinator. */
export async function stateOf(client: WireClient, { transactionalId }: Message): Promise<string> {
  const { transactionStates } = (await client.ask("DescribeTransactions", 0, { transactionalIds: [transactionalId] }))!;
  return transactionStates[0].transactionState;
}
