import { SILENT, StreamExecutionEnvironment, WatermarkStrategy } from "@stream-apps/deno";
import { openBroker } from "@stream-apps/deno/kafka";
import { assertEquals } from "@std/assert";
import { cityRecordOf, customerChangeOf, customersPerCity } from "./change_capture.ts";

const allowed = (["read", "write"] as const).every((name) => Deno.permissions.querySync({ name }).state === "granted");

Deno.test({
  name: `customersPerCity() follows moves and deletions, with tombstones on both sides${
    allowed ? "" : " (skipped: it needs files)"
  }`,
  ignore: !allowed,
  async fn() {
    const dir = await Deno.makeTempDir();
    try {
      await using broker = await openBroker({ settings: { broker: "embedded", dir, sync: "normal" }, logger: SILENT });
      const topics = ["customers", "cities"].map((name) => ({ name, partitions: 1, compacted: true }));
      await broker.port.createTopics(topics);
      const none = WatermarkStrategy.noWatermarks();
      const run = (jobName: string) =>
        new StreamExecutionEnvironment({ jobName, store: broker, from: "earliest", bounded: true });

      const writing = run("writer");
      const changes: [id: string, city: string | null][] = [
        ["ann", "Ulm"],
        ["ben", "Ulm"],
        ["ann", "Bonn"],
        ["ann", "Bonn"],
        ["cid", null],
        ["ben", null],
      ];
      writing.fromCollection(changes).sinkTo(broker.sink("customers", {
        encode: ([key, city]) => ({ key, value: city === null ? null : JSON.stringify({ city }) }),
      }));
      await writing.execute();

      const counting = run("count");
      customersPerCity(counting.fromSource(broker.source("customers", { decode: customerChangeOf }), none, "customers"))
        .sinkTo(broker.sink("cities", { encode: cityRecordOf }));
      await counting.execute();

      const reading = run("reader");
      const decode = ({ key, value }: { key: Uint8Array | null; value: Uint8Array | null }) =>
        [key, value].map((bytes) => bytes && new TextDecoder().decode(bytes));
      const cities = reading.fromSource(broker.source("cities", { decode }), none, "cities");
      assertEquals(await cities.executeAndCollect(), [
        ["Ulm", '{"city":"Ulm","customers":1}'],
        ["Ulm", '{"city":"Ulm","customers":2}'],
        ["Ulm", '{"city":"Ulm","customers":1}'],
        ["Bonn", '{"city":"Bonn","customers":1}'],
        ["Ulm", null],
      ]);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});
