import { SILENT, StreamExecutionEnvironment, WatermarkStrategy } from "@stream-apps/deno";
import { openBroker, type Topic } from "@stream-apps/deno/kafka";
import { assertEquals } from "@std/assert";
import { z } from "zod";
import { changeOf, joinTable } from "./enrichment.ts";

const allowed = (["read", "write"] as const).every((name) => Deno.permissions.querySync({ name }).state === "granted");
const order = z.object({ customer: z.string(), cents: z.int() });
const ORDERS: Topic<z.infer<typeof order>, string> = { name: "orders", schema: order, key: ({ customer }) => customer };
const customer = z.object({ city: z.string() });

Deno.test({
  name: `joinTable() joins each record with the row of its time${allowed ? "" : " (skipped: it needs files)"}`,
  ignore: !allowed,
  async fn() {
    const dir = await Deno.makeTempDir();
    try {
      await using broker = await openBroker({ settings: { broker: "embedded", dir, sync: "normal" }, logger: SILENT });
      await broker.port.createTopics([{ name: "orders", partitions: 2 }, { name: "customers", partitions: 2 }]);
      const producer = await broker.port.producer();
      const row = (key: string, value: unknown, timestampMs: number) => ({
        topic: "customers",
        key,
        value,
        timestampMs,
      });
      const bought = (key: string, cents: number, timestampMs: number) => ({
        ...{ topic: "orders", key, timestampMs },
        value: { customer: key, cents },
      });
      const encoder = new TextEncoder();
      for (
        const { topic, key, value, timestampMs } of [
          row("ann", { city: "Ulm" }, 10),
          bought("ann", 1, 20),
          row("ann", { city: "Bonn" }, 30),
          bought("ann", 2, 40),
          row("ann", null, 50),
          bought("ann", 3, 60),
          bought("ben", 4, 70),
        ]
      ) {
        const bytes = value === null ? null : encoder.encode(JSON.stringify(value));
        await producer.send([{ topic, key: encoder.encode(key), value: bytes, timestampMs }]);
      }
      await producer.close();

      // Orders are read from a later start than the table, which is complete all the same.
      const env = new StreamExecutionEnvironment({ jobName: "join", store: broker, from: 40, bounded: true });
      const none = WatermarkStrategy.noWatermarks();
      const table = env.fromSource(
        broker.source("customers", { from: "earliest", decode: changeOf(customer) }),
        none,
        "customers",
      );
      const joined = joinTable(env.fromSource(broker.source(ORDERS), none, "orders"), table, {
        key: (each) => each.customer,
        join: ({ customer, cents }, row) => `${customer} ${cents} ${row?.city}`,
      });
      assertEquals(await joined.executeAndCollect(), ["ann 2 Bonn", "ann 3 undefined", "ben 4 undefined"]);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});
