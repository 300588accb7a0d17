/** The proxy that understands Kafka's protocol, in front of a real Kafka. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Message, type VersionTable, WireClient, type WireRule } from "../../../chaos/wire/mod.ts";
import { apiNamed } from "../../../chaos/wire/definitions.ts";
import {
  begun,
  codesOf,
  endpointOf,
  endsOf,
  newTopic,
  ONE_RECORD,
  stateOf,
  testProxy as test,
  uniqueName,
} from "./rig.ts";
import { later } from "../../later.ts";

/** Every version that Kafka has of an api. */
function versionsOf(api: string): number[] {
  const { min, max } = apiNamed(api).request.versions;
  return Array.from({ length: max - min + 1 }, (_, index) => min + index);
}

test(
  "puts itself in the place of the brokers in every version of Metadata and FindCoordinator",
  async (proxy, client) => {
    const ports = [...proxy.nodes.values()].map(({ endpoint }) => endpoint.port);
    const ofProxy = ({ host, port }: Message) => host === "localhost" && ports.includes(port as number);
    for (const version of versionsOf("Metadata")) {
      const { brokers } = (await client.ask("Metadata", version, { topics: [] }))!;
      assert(brokers.length > 0 && (brokers as Message[]).every(ofProxy), `Metadata ${version}`);
    }
    const key = uniqueName();
    for (const version of versionsOf("FindCoordinator")) {
      const ask = () => client.ask("FindCoordinator", version, { key, keyType: 0, coordinatorKeys: [key] });
      const found = (answer: Message) => (answer.coordinators?.[0] ?? answer) as Message;
      let coordinator = found((await ask())!);
      // A Kafka that has just started makes its topic of offsets first.
      while (coordinator.errorCode !== 0) coordinator = found((await ask())!);
      assert(ofProxy(coordinator), `FindCoordinator ${version}`);
    }
    const { brokers } = (await client.ask("DescribeCluster", 1, {}))!;
    assert((brokers as Message[]).every(ofProxy), "DescribeCluster");
  },
);

test("holds a request, and delivers it though its client has gone", async (proxy, client) => {
  const transaction = await begun(client);
  const held = proxy.add({ api: "EndTxn", nth: 1, then: { hold: "request" } });
  const asked = later(client.ask("EndTxn", 1, { ...transaction, committed: true }));
  await held.next();
  proxy.drop();
  assertEquals(await asked, undefined);

  await using other = WireClient.to(endpointOf(proxy.bootstrapServers));
  assertEquals(await stateOf(other, transaction), "Ongoing");
  await held.release();
  assertMatch(await stateOf(other, transaction), /Commit$/);
});

test("delivers what was sent to a frozen broker when it thaws, though its client has gone", async (proxy, client) => {
  const transaction = await begun(client);
  proxy.freeze();
  const asked = later(client.ask("EndTxn", 1, { ...transaction, committed: true }));
  // It has left the client, as nothing else can be seen.
  await new Promise((resolve) => setTimeout(resolve, 50));
  await client[Symbol.asyncDispose]();
  assertEquals(await asked, undefined);
  proxy.thaw();
  await using other = WireClient.to(endpointOf(proxy.bootstrapServers));
  while (await stateOf(other, transaction) === "Ongoing");
  assertMatch(await stateOf(other, transaction), /Commit$/);
});

test("answers with an error code before or after the broker has acted", async (proxy, client) => {
  const before = await begun(client);
  const first = proxy.add({ api: "EndTxn", nth: 1, then: { error: -1, at: "before" } });
  assertEquals((await client.ask("EndTxn", 1, { ...before, committed: true }))!.errorCode, -1);
  assertEquals(await stateOf(client, before), "Ongoing");
  first.remove();
  assertEquals((await client.ask("EndTxn", 1, { ...before, committed: true }))!.errorCode, 0);

  const after = await begun(client);
  const rule = proxy.add({ api: "EndTxn", every: 2, then: { error: -1, at: "after" } });
  assertEquals((await client.ask("EndTxn", 1, { ...after, committed: true }))!.errorCode, 0);
  assertEquals((await client.ask("EndTxn", 1, { ...after, committed: true }))!.errorCode, -1);
  assertEquals(rule.hits, 1);
  assertMatch(await stateOf(client, after), /Commit$/);
});

test("answers with an error code for some partitions, in each version of an api", async (proxy, client) => {
  const topic = await newTopic(client, 2);
  for (const at of ["before", "after"] as const) {
    const then = { error: 7, at, partitions: (name: string, partition: number) => name === topic && partition === 1 };
    const rule = proxy.add({ api: ["Produce", "ListOffsets", "Fetch"], then });
    for (const version of versionsOf("ListOffsets").filter((version) => version > 0)) {
      const partitions = [0, 1].map((partitionIndex) => ({ partitionIndex, timestamp: -1n }));
      const { topics } =
        (await client.ask("ListOffsets", version, { replicaId: -1, topics: [{ name: topic, partitions }] }))!;
      assertEquals(codesOf(topics[0].partitions, "partitionIndex"), { 0: 0, 1: 7 }, `ListOffsets ${version} ${at}`);
    }
    const { topics: [{ topicId }] } = (await client.ask("Metadata", 12, { topics: [{ name: topic }] }))!;
    for (const version of versionsOf("Fetch").filter((version) => version < 17)) {
      const partitions = [0, 1].map((partition) => ({ partition, fetchOffset: 0n, partitionMaxBytes: 1_000 }));
      const { responses } = (await client.ask("Fetch", version, { topics: [{ topic, topicId, partitions }] }))!;
      const all = (responses as Message[]).flatMap(({ partitions }) => partitions as Message[]);
      assertEquals(codesOf(all, "partitionIndex"), { 0: 0, 1: 7 }, `Fetch ${version} ${at}`);
    }
    rule.remove();
  }
  // What is refused before does not reach the broker, the rest does.
  const rule = proxy.add({
    api: "Produce",
    then: { error: 7, at: "before", partitions: (_, partition) => partition === 1 },
  });
  const partitionData = [0, 1].map((index) => ({ index, records: ONE_RECORD }));
  const { responses } =
    (await client.ask("Produce", 7, { acks: -1, timeoutMs: 9_000, topicData: [{ name: topic, partitionData }] }))!;
  assertEquals(codesOf((responses as Message[]).flatMap((each) => each.partitionResponses), "index"), { 0: 0, 1: 7 });
  rule.remove();
  assertEquals(await endsOf(client, topic), [1n, 0n]);
});

test("cuts, resets, refuses and delays", async (proxy) => {
  const ask = async (rule?: WireRule) => {
    const active = rule === undefined ? undefined : proxy.add(rule);
    try {
      await using client = WireClient.to(endpointOf(proxy.bootstrapServers));
      return (await client.ask("Heartbeat", 0, { groupId: "no-such-group" }))?.errorCode;
    } finally {
      active?.remove();
    }
  };
  const UNKNOWN_MEMBER_ID = 25;
  assertEquals(await ask(), UNKNOWN_MEMBER_ID);
  for (const cut of ["before", "within", "after"] as const) assertEquals(await ask({ then: { cut } }), undefined);
  for (const reset of ["before", "after"] as const) assertEquals(await ask({ then: { reset } }), undefined);
  assertEquals(await ask({ api: ["Fetch", "Produce"], then: { cut: "before" } }), UNKNOWN_MEMBER_ID);
  const startMs = performance.now();
  for (const  of of["request", "answer"] as const) {
    assertEquals(await ask({ then: { delayMs: 50, of } }), UNKNOWN_MEMBER_ID);
  }
  assert(performance.now() - startMs >= 100);
  const [node] = proxy.nodes.values();
  await node!.refuse();
  assertEquals(await ask(), undefined);
  await node!.accept();
  assertEquals(await ask(), UNKNOWN_MEMBER_ID);
});

test("loses the answer to what the broker has done, on a connection that stays", async (proxy, client) => {
  const transaction = await begun(client);
  proxy.add({ api: "EndTxn", times: 1, then: { lose: "answer" } });
  const asked = client.ask("EndTxn", 1, { ...transaction, committed: true });
  await using other = WireClient.to(endpointOf(proxy.bootstrapServers));
  while (await stateOf(other, transaction) === "Ongoing");
  assertMatch(await stateOf(other, transaction), /Commit$/);
  await client[Symbol.asyncDispose]();
  assertEquals(await asked, undefined);
});

test("lets pass what a rule holds when the rule is removed", async (proxy, client) => {
  const UNKNOWN_MEMBER_ID = 25;
  for (const hold of ["request", "answer"] as const) {
    const held = proxy.add({ api: "Heartbeat", then: { hold } });
    const asked = client.ask("Heartbeat", 0, { groupId: "no-such-group" });
    await held.next();
    held.remove();
    assertEquals((await asked)!.errorCode, UNKNOWN_MEMBER_ID);
  }
});

const TABLE: VersionTable = { 3: [0, 8], 12: [0, 4], 18: [0, 3] };

test("shows the versions of a table, and hangs up on others", async (proxy, client) => {
  for (const [version, errorCode] of [[0, 0], [3, 0]] as const) {
    const answer = (await client.ask("ApiVersions", version, { clientSoftwareName: "t", clientSoftwareVersion: "1" }))!;
    const shown = (answer.apiKeys as Message[]).map((api) => [api.apiKey, [api.minVersion, api.maxVersion]]);
    assertEquals(Object.fromEntries(shown), TABLE);
    assertEquals([answer.errorCode, answer.finalizedFeatures], [errorCode, undefined]);
  }
  assertEquals(await client.ask("Metadata", 8, { topics: [] }).then((answer) => answer!.brokers.length > 0), true);
  assertEquals(await client.ask("Metadata", 9, { topics: [] }), undefined);
  assertEquals(proxy.refused, ["Metadata 9"]);
}, { versions: TABLE });

test(
  "answers a question for versions that is too new as a broker does: in version 0, with what there is",
  async (proxy) => {
    const socket = await Deno.connect({ hostname: "localhost", port: endpointOf(proxy.bootstrapServers).port });
    // Api 18, version 4, correlation id 7, no client id.
    await socket.write(new Uint8Array([0, 0, 0, 11, 0, 18, 0, 4, 0, 0, 0, 7, 0xff, 0xff, 0]));
    const answer = new Uint8Array(64);
    const read = (await socket.read(answer))!;
    socket.close();
    // Correlation id, UNSUPPORTED_VERSION, three apis of six bytes.
    assertEquals([...answer.subarray(0, 14)], [0, 0, 0, read - 4, 0, 0, 0, 7, 0, 35, 0, 0, 0, 3]);
  },
  { versions: TABLE },
);
