import { assertEquals, assertNotStrictEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { openJobSession } from "../../src/connectors/job_store.ts";
import { TopicSink } from "../../src/connectors/sink.ts";
import { waitingParts, type WaitingRecord, waitingRecords } from "../../src/connectors/waiting_records.ts";
import { RecordError } from "../../src/engine/errors.ts";
import type { JobStore } from "../../src/engine/job_store.ts";
import type { SinkWriter } from "../../src/engine/sink.ts";
import type { Json } from "../../src/engine/source.ts";
import { ManualClock } from "../../src/engine/testing/manual_clock.ts";
import { sinkContext } from "../engine/sink_context.ts";
import { ObservedBroker } from "../memory_broker/observed_broker.ts";

const waits = (value: string, timestampMs: number): WaitingRecord => ({
  timestampMs,
  partition: 0,
  key: null,
  value: btoa(value),
  headers: [["from", btoa("a cluster")]],
});

/** A sink that is opened with records that wait, and what it has written. */
async function opened({ ownStore = true }: { readonly ownStore?: boolean } = {}) {
  const broker = new ObservedBroker().addTopic("out", 1);
  const store: JobStore = { openJob: (request) => openJobSession(broker, request) };
  const session = await openJobSession(broker, {
    job: "stats",
    topics: [],
    exactlyOnce: true,
    sessionTimeoutMs: 1_000,
    whenActive: "stand by",
    onStandby: () => {},
    signal: new AbortController().signal,
  });
  const sink = new TopicSink<string>(broker, store, {
    topic: "out",
    encode: (text, timestampMs) => ({ topic: "out", key: null, value: new TextEncoder().encode(text), timestampMs }),
  });
  const clock = new ManualClock();
  const restoredParts = [[waits("z", 9), waits("y", 7), waits("x", 5)]] as unknown as Json[];
  const writer: SinkWriter<string> = await sink.open(
    sinkContext({ session: ownStore ? session : undefined, restoredParts, clock }),
  );
  const written = () =>
    (ownStore ? broker.leases[0]!.pending : broker.sends.flat())
      .map(({ value, timestampMs }) => `${new TextDecoder().decode(value!)} @${timestampMs}`);
  return { writer, written, clock };
}

Deno.test("TopicSink writes what waits between its own records, each before the first with a later time", async () => {
  const { writer, written } = await opened();
  writer.write("a", 4);
  writer.write("b", 8);
  assertEquals(written(), []);
  await writer.flush!();
  assertEquals(written(), ["a @4", "x @5", "y @7", "b @8"]);
});

Deno.test("prepareParts() has what still waits, the same object where nothing has changed", async () => {
  const { writer, written } = await opened();
  const [before] = writer.prepareParts!();
  assertStrictEquals(writer.prepareParts!()[0], before);
  writer.write("b", 8);
  await writer.flush!();
  const parts = writer.prepareParts!();
  assertEquals(parts, [[waits("z", 9)]] as unknown as Json[]);
  assertNotStrictEquals(parts[0], before);
  writer.endOfInput!();
  assertEquals(writer.prepareParts!(), []);
  assertEquals(written(), ["x @5", "y @7", "b @8", "z @9"]);
});

Deno.test("waitingParts() cuts a long list so that only its last part changes as records are written", () => {
  const records = Array.from({ length: 450 }, (_, i) => waits(String(i), i));
  const parts = waitingParts(records);
  assertEquals(parts.map((part) => [part.length, part[0]!.timestampMs, part.at(-1)!.timestampMs]), [
    [200, 449, 250],
    [200, 249, 50],
    [50, 49, 0],
  ]);
  assertEquals(waitingParts(records.slice(10)).slice(0, 2), parts.slice(0, 2));
});

Deno.test("takeBack() takes back records of the sink's own, and none of those that wait", async () => {
  const { writer, written } = await opened();
  writer.write("a", 4);
  writer.write("b", 8);
  writer.takeBack!(1);
  await writer.flush!();
  assertEquals(written(), ["a @4"]);
});

Deno.test("flush() writes what waits when nothing has come for a second", async () => {
  const { writer, written, clock } = await opened();
  writer.write("a", 4);
  await writer.flush!();
  await clock.advance(999);
  await writer.flush!();
  assertEquals(written(), ["a @4"]);
  await clock.advance(1);
  await writer.flush!();
  assertEquals(written(), ["a @4", "x @5", "y @7", "z @9"]);
});

Deno.test("a sink without the job's store writes what waits before all others", async () => {
  const { writer, written } = await opened({ ownStore: false });
  writer.write("a", 4);
  await writer.flush!();
  assertEquals(written(), ["x @5", "y @7", "z @9", "a @4"]);
});

Deno.test("waitingRecords() refuses an entry of another kind", () => {
  assertEquals(waitingRecords(undefined), []);
  assertThrows(() => waitingRecords([{ parts: [] }]), RecordError, "a part is no list of records");
});
