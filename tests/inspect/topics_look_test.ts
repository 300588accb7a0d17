import { assertEquals, assertRejects } from "@std/assert";
import { UnknownTopicError } from "../../src/connectors/broker_errors.ts";
import { TopicsLook } from "../../src/inspect/topics_look.ts";
import { MemoryBroker } from "../memory_broker/memory_broker.ts";

function records(topic: string, count: number, partition = 0) {
  return Array.from({ length: count }, () => ({ topic, partition, key: null, value: null, timestampMs: 0 }));
}

Deno.test("TopicsLook counts records, and what came in the last ten seconds", async () => {
  const broker = new MemoryBroker().addTopic("a", 2).addTopic("b", 1);
  broker.append([...records("a", 3), ...records("a", 4, 1)]);
  let nowMs = 0;
  const look = new TopicsLook(broker, () => nowMs);
  assertEquals(await look.all(), [
    { name: "a", partitions: 2, records: 7, perSecond: null },
    { name: "b", partitions: 1, records: 0, perSecond: null },
  ]);
  for (let second = 1; second <= 30; second++) {
    nowMs = second * 1_000;
    // Twenty a second at first, then two.
    broker.append(records("a", second <= 10 ? 20 : 2, 1));
    await look.all();
  }
  const [a] = await look.all();
  assertEquals([a!.records, a!.perSecond], [7 + 200 + 40, 2]);
  assertEquals((await look.partitions("a")).map(({ end, perSecond }) => [end, perSecond]), [[3, 0], [244, 2]]);
  // After a pause nothing is known of the last seconds.
  nowMs += 60_000;
  assertEquals((await look.all())[0]!.perSecond, null);
});

Deno.test("TopicsLook asks the broker once a second, however many ask", async () => {
  const broker = new MemoryBroker().addTopic("a", 1);
  let asked = 0;
  const list = broker.listTopics.bind(broker);
  broker.listTopics = () => {
    asked++;
    return list();
  };
  let nowMs = 0;
  const look = new TopicsLook(broker, () => nowMs);
  await Promise.all([look.all(), look.all(), look.partitions("a")]);
  nowMs = 500;
  await look.all();
  assertEquals(asked, 1);
  nowMs = 1_000;
  await look.all();
  assertEquals(asked, 2);
  await assertRejects(() => look.partitions("nobody"), UnknownTopicError);
});
