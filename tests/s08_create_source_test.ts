import { assertEquals } from "@std/assert";
import { JobBroker } from "../src/connectors/mod.ts";
import { StreamExecutionEnvironment } from "../src/engine/mod.ts";
import { CollectSink } from "../src/engine/sinks/collect_sink.ts";
import { defineWorkflow } from "../src/s08_create_source.ts";
import { ObservedBroker } from "./memory_broker/observed_broker.ts";

/** Values by partition and time; null: a record without a value. */
type Values = readonly { partition: number; timestampMs: number; value: string | Uint8Array | null }[];

/** What the lesson emits of a topic with these values, and how many of them are not text. */
async function run(values: Values): Promise<{ texts: string[]; dead: number }> {
  const broker = new ObservedBroker();
  await broker.createTopics([{ name: "skyone", partitions: 2 }]);
  const producer = await broker.producer();
  await producer.send(values.map(({ value, ...place }) => ({
    topic: "skyone",
    key: null,
    value: typeof value === "string" ? new TextEncoder().encode(value) : value,
    ...place,
  })));

  const env = new StreamExecutionEnvironment({ onError: "dead-letter", bounded: true, from: "earliest" });
  const sink = new CollectSink<string>();
  defineWorkflow(env, new JobBroker(broker).textSource("skyone")).sinkTo(sink);
  const { books } = await env.execute();
  return { texts: sink.values, dead: books.dead };
}

Deno.test("defineWorkflow() gives the values of all partitions as they are, in the order of their times", async () => {
  const { texts, dead } = await run([
    { partition: 0, timestampMs: 10, value: '{"confirmation":"SKY1AAAAAA"}' },
    { partition: 0, timestampMs: 30, value: "<html>übel</html>" },
    { partition: 1, timestampMs: 20, value: "" },
    { partition: 1, timestampMs: 40, value: "last" },
  ]);
  assertEquals(texts, ['{"confirmation":"SKY1AAAAAA"}', "", "<html>übel</html>", "last"]);
  assertEquals(dead, 0);
});

Deno.test("defineWorkflow() goes on behind a value that is no text", async () => {
  const { texts, dead } = await run([
    { partition: 0, timestampMs: 10, value: new Uint8Array([0xff, 0xfe]) },
    { partition: 0, timestampMs: 20, value: null },
    { partition: 0, timestampMs: 30, value: "text" },
  ]);
  assertEquals([texts, dead], [["text"], 2]);
});
