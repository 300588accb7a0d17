import { SILENT, StreamExecutionEnvironment, WatermarkStrategy } from "@stream-apps/deno";
import { openBroker } from "@stream-apps/deno/kafka";
import { assertEquals, assertRejects } from "@std/assert";
import avro from "avsc";
import { Buffer } from "node:buffer";
import { AvroOrders } from "./avro.ts";

const allowed = (["read", "write", "net"] as const).every((name) =>
  Deno.permissions.querySync({ name }).state === "granted"
);

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `${name}${allowed ? "" : " (skipped: it needs files and the network)"}`, ignore: !allowed, fn });
}

/** Orders as an older program writes them, without a price. */
const OLD = { type: "record", name: "Order", fields: [{ name: "id", type: "string" }] } as const;

/** A registry that keeps schemas in memory, by ids from 7 on. */
function registry(): { readonly url: URL } & AsyncDisposable {
  const schemas = [JSON.stringify(OLD)];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const [, subject, version] = /^\/subjects\/([^/]+)\/versions(?:\/(\d+))?$/.exec(new URL(request.url).pathname) ??
      [];
    if (subject !== "orders-value") return new Response("no such subject", { status: 404 });
    if (version !== undefined) return Response.json({ id: 6 + Number(version), schema: schemas[Number(version) - 1] });
    if (request.method === "GET") return Response.json(schemas.map((_, index) => index + 1));
    const { schema } = await request.json();
    if (!schemas.includes(schema)) schemas.push(schema);
    return Response.json({ id: 7 + schemas.indexOf(schema) });
  });
  return {
    url: new URL(`http://127.0.0.1:${server.addr.port}/`),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

test("AvroOrders reads orders of older schemas, and makes a dead letter of one that it cannot know", async () => {
  await using server = registry();
  const dir = await Deno.makeTempDir();
  try {
    await using broker = await openBroker({ settings: { broker: "embedded", dir, sync: "normal" }, logger: SILENT });
    await broker.port.createTopics(["orders", "checked"].map((name) => ({ name, partitions: 1 })));
    const orders = await AvroOrders.open(server.url, "orders-value");
    const old = avro.Type.forSchema(OLD as unknown as avro.Schema);
    const producer = await broker.port.producer();
    const values = [
      Buffer.concat([Buffer.of(0, 0, 0, 0, 7), old.toBuffer({ id: "old" })]),
      orders.encode({ id: "new", cents: 250 }).value,
      Buffer.of(0, 0, 0, 0, 99, 2, 0x61), // of a schema that was registered later
      Buffer.from("no Avro"),
    ];
    await producer.send(values.map((value) => ({ topic: "orders", key: null, value, timestampMs: 0 })));
    await producer.close();

    const run = (jobName: string) =>
      new StreamExecutionEnvironment({ jobName, store: broker, from: "earliest", bounded: true, logger: SILENT });
    const none = WatermarkStrategy.noWatermarks();
    const checking = run("checking");
    checking.fromSource(broker.source("orders", { decode: orders.decode }), none, "orders")
      .sinkTo(broker.sink("checked", { encode: orders.encode }));
    const { books, deadLetters } = await checking.execute();
    assertEquals([books.dead, deadLetters], [2, "checking.dead-letters"]);

    const checked = run("reading").fromSource(broker.source("checked", { decode: orders.decode }), none, "checked");
    assertEquals(await checked.executeAndCollect(), [{ id: "old", cents: 0 }, { id: "new", cents: 250 }]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

test("AvroOrders names a registry that does not know the subject", async () => {
  await using server = registry();
  await assertRejects(() => AvroOrders.open(server.url, "others"), Error, "/subjects/others/versions answered 404");
});
