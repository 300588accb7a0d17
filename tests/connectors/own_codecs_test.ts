/** That a job on a Kafka of today runs on our codecs: those of kafkajs would be loaded one by one, file by file. */
import { assertEquals } from "@std/assert";
import Module from "node:module";
import { testWithKafka } from "./kafka_client.ts";

/** Node's loader of modules that are not ES modules. */
const extensions = (Module as unknown as { _extensions: Record<string, (module: unknown, path: string) => void> })
  ._extensions;

testWithKafka("a job reads, writes and commits without kafkajs' codecs", async (servers) => {
  const loaded: string[] = [];
  const load = extensions[".js"]!;
  extensions[".js"] = (module, path) => {
    loaded.push(path);
    load(module, path);
  };
  const name = `own-codecs-${crypto.randomUUID().slice(0, 8)}`;
  try {
    const { openKafkaBroker } = await import("../../src/connectors/kafka/mod.ts");
    const broker = await openKafkaBroker({ brokers: servers.split(","), log: () => {} });
    try {
      await broker.createTopics([{ name, partitions: 1 }]);
      const lease = await broker.openJob({
        job: name,
        topics: [name],
        exactlyOnce: true,
        whenActive: "refuse",
        sessionTimeoutMs: 10_000,
        signal: new AbortController().signal,
        onStandby: () => {},
      });
      lease.write({ topic: name, key: null, value: new Uint8Array([1]), timestampMs: 1 });
      await lease.commit({ changes: new Map([["a", "1"]]), positions: [{ topic: name, partition: 0, offset: 1 }] });
      await lease.close();
      const fetcher = await broker.fetcher();
      const [batch] = await fetcher.fetch([{ topic: name, partition: 0, offset: 0 }], 10_000);
      assertEquals(batch?.records.map(({ value }) => [...value!]), [[1]]);
      await broker.partitionEnds(name);
    } finally {
      await broker.dropJob(name);
      await broker.deleteTopics([name]);
      await broker.close();
    }
  } finally {
    extensions[".js"] = load;
  }
  const codecs = new Set(loaded.flatMap((path) => /requests\/(\w+)\/v\d/.exec(path)?.[1] ?? []));
  // What a job does once at most is left to kafkajs, and what a broker before Kafka 4 has in other versions.
  for (const rare of ["createTopics", "deleteTopics", "deleteGroups", "metadata", "initProducerId", "endTxn"]) {
    codecs.delete(rare);
  }
  assertEquals([...codecs], []);
  assertEquals(loaded.some((path) => path.includes("kafkajs")), true); // or this test sees nothing
});
