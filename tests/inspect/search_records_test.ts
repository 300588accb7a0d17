import { assert, assertEquals, assertRejects } from "@std/assert";
import { UsageError } from "../../src/utils.ts";
import { recordJson } from "../../src/inspect/record_json.ts";
import { type RecordSearch, searchRecords } from "../../src/inspect/search_records.ts";
import { MemoryBroker } from "../memory_broker/memory_broker.ts";

const encoder = new TextEncoder();
const NEVER = new AbortController().signal;

/** 40 records over two partitions: n0 to n39, each a second after the other. */
function numbered(): MemoryBroker {
  const broker = new MemoryBroker().addTopic("numbers", 2);
  broker.append(Array.from({ length: 40 }, (_, i) => ({
    topic: "numbers",
    partition: i % 2,
    key: encoder.encode(JSON.stringify({ id: `k${i % 10}` })),
    value: encoder.encode(`{"name":"n${i}"}`),
    timestampMs: i * 1_000,
    ...i === 7 && { headers: [["Trace", encoder.encode("Seven")] as const] },
  })));
  return broker;
}

async function found(search: Partial<RecordSearch>, limit = 5): Promise<string[]> {
  const { records } = await searchRecords(numbered(), "numbers", { ...search, limit }, NEVER);
  return records.map(({ record }) => JSON.parse(new TextDecoder().decode(record.value!)).name);
}

Deno.test("searchRecords() finds the newest, unless it is asked to begin elsewhere", async () => {
  assertEquals(await found({}), ["n35", "n36", "n37", "n38", "n39"]);
  assertEquals(await found({ partition: 1 }, 2), ["n37", "n39"]);
  assertEquals(await found({ offset: 3, partition: 0 }, 2), ["n6", "n8"]);
  assertEquals(await found({ from: 12_000 }, 3), ["n12", "n13", "n14"]);
});

Deno.test("searchRecords() finds by key and by text in key, value or headers", async () => {
  assertEquals(await found({ key: "k3" }), ["n3", "n13", "n23", "n33"]);
  assertEquals(await found({ key: "k3" }, 2), ["n23", "n33"]);
  assertEquals(await found({ text: "N39" }), ["n39"]);
  assertEquals(await found({ text: "seven" }), ["n7"]);
  assertEquals(await found({ text: "trace" }), ["n7"]);
  assertEquals(await found({ text: "n2", from: 21_000 }, 3), ["n21", "n22", "n23"]);
  assertEquals(await found({ text: "nothing" }), []);
});

Deno.test("searchRecords() says how many it looked at, and whether these were all", async () => {
  const broker = numbered();
  const all = await searchRecords(broker, "numbers", { text: "nothing", limit: 5 }, NEVER);
  assertEquals([all.looked, all.isComplete], [40, true]);
  broker.fetchRecords = 2;
  const some = await searchRecords(broker, "numbers", { offset: 0, partition: 0, limit: 3 }, NEVER);
  assertEquals([some.records.length, some.isComplete], [3, false]);
  await assertRejects(
    () => searchRecords(broker, "numbers", { partition: 9, limit: 1 }, NEVER),
    UsageError,
    "2 partitions",
  );
});

Deno.test("recordJson() has texts as they are, other bytes as Base64, and cuts what is long between characters", () => {
  const record = { offset: 1, timestampMs: 2, key: new Uint8Array([0xff]), value: null, headers: undefined };
  assertEquals(recordJson(3, record), {
    partition: 3,
    offset: 1,
    timestampMs: 2,
    key: { base64: "/w==" },
    value: null,
    headers: [],
    bytes: 1,
  });
  const long = encoder.encode("é".repeat(40_000)); // two bytes each
  const shown = recordJson(0, { ...record, key: null, value: encoder.encode(`x${"é".repeat(40_000)}`) }).value!;
  assert("text" in shown && shown.text.length === 32_768 && shown.text.endsWith("é"));
  assertEquals(shown.cut, long.length + 1 - (64 << 10));
});
