import { isRetriable } from "../../src/engine/error_codes.ts";
import { z } from "zod";
import { functionsMade } from "./functions_made.ts";
import { SYSTEM_CLOCK } from "../../src/engine/clock.ts";
import { assert, assertEquals, assertMatch, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import type { RecordHeaders } from "../../src/connectors/broker.ts";
import {
  BrokerUnavailableError,
  OffsetOutOfRangeError,
  UnknownTopicError,
} from "../../src/connectors/broker_errors.ts";
import { JobBroker } from "../../src/connectors/job_broker.ts";
import { TopicSource } from "../../src/connectors/source.ts";
import { TopicSplit } from "../../src/connectors/topic_split.ts";
import { JobError, RecordError } from "../../src/engine/errors.ts";
import { SILENT } from "../../src/engine/logger.ts";
import type { Json, SourceContext, SourceReader } from "../../src/engine/source.ts";
import { WatermarkStrategy } from "../../src/engine/time/watermark_strategy.ts";
import { ObservedBroker, textRecord } from "../memory_broker/observed_broker.ts";
import { JobHarness } from "../../src/engine/testing/job_harness.ts";
import { outputOf } from "../engine/counting_job.ts";
import { newSequence } from "../engine/sequence.ts";

const decoder = new TextDecoder();

/** Values are texts; "bad" cannot be decoded. */
function newSource(broker: ObservedBroker): TopicSource<string> {
  return new TopicSource(broker, {
    topic: "skyone",
    createDecode: () => ({ value }) => {
      const text = decoder.decode(value!);
      if (text === "bad") throw new RecordError('value is not JSON, it starts with "bad"');
      return text;
    },
  });
}

interface Opened {
  readonly reader: SourceReader<string>;
  /** How often there was news. */
  wakes: number;
}

type Options = Partial<Omit<SourceContext, "restored" | "restoredBounds">> & {
  readonly restored?: Record<string, Json>;
  readonly restoredBounds?: Record<string, Json>;
};

async function open(broker: ObservedBroker, { restored, restoredBounds, ...options }: Options = {}): Promise<Opened> {
  const opened = { wakes: 0 } as { reader: SourceReader<string>; wakes: number };
  opened.reader = await newSource(broker).open({
    restored: restored && new Map(Object.entries(restored)),
    restoredBounds: restoredBounds && new Map(Object.entries(restoredBounds)),
    from: "earliest",
    bounded: false,
    logger: SILENT,
    clock: SYSTEM_CLOCK,
    sequence: newSequence(),
    wake: () => void opened.wakes++,
    ...options,
  });
  return opened;
}

const positionsOf = ({ splits }: SourceReader<string>) => splits.map(({ position }) => position);
const boundsOf = ({ splits }: SourceReader<string>) => splits.map(({ bound }) => bound);
const statusOf = ({ splits }: SourceReader<string>) => splits.map(({ status }) => status);

/** Lets the reader do all that it can do by itself. */
async function turn(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/** All that is ready in a split. */
function takeAll(reader: SourceReader<string>, partition = 0): string[] {
  const split = reader.splits[partition]!;
  const values: string[] = [];
  while (split.status === "ready") values.push(split.take());
  return values;
}

/** Records "0" … at 0 ms, 10 ms, … */
const numbered = (count: number) => Array.from({ length: count }, (_, index) => textRecord(index * 10, String(index)));

Deno.test("push() refuses an offset that is not the next to come, and takes one behind a gap", () => {
  const record = (offset: number) => ({ ...textRecord(0, "x"), offset });
  const batch = (offsets: readonly number[], nextOffset: number) => ({
    topic: "skyone",
    partition: 2,
    records: offsets.map(record),
    nextOffset,
    bytes: 1,
  });
  const split = () =>
    new TopicSplit({ topic: "skyone", partition: 2, position: 7, end: 9, decode: ({ offset }) => offset });

  assertThrows(
    () => split().push(batch([6, 7], 8), 0),
    Error,
    'Cannot take offset 6 of "skyone" partition 2: the next one to come is 7 or later',
  );
  assertThrows(() => split().push(batch([7, 9, 8], 10), 0), Error, "Cannot take offset 8");
  assertThrows(() => split().push(batch([7, 7], 8), 0), Error, "Cannot take offset 7");
  assertThrows(() => split().push(batch([7, 8], 8), 0), Error, "Cannot take offset 8");
  assertThrows(() => split().push(batch([], 6), 0), Error, "Cannot take offset 6");
  const behindGap = split();
  behindGap.push(batch([10, 12], 20), 0);
  assertEquals([behindGap.take(), behindGap.take(), behindGap.position], [10, 12, 20]);
});

// ------------------------------------------------------------------------------------------------- where it begins

Deno.test("TopicSource says what it reads", () => {
  const source = newSource(new ObservedBroker());

  assertEquals([source.description, source.topics], ['topic "skyone"', ["skyone"]]);
});

Deno.test("open() begins at the oldest record, behind the newest, or at the first of a time, partition by partition", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 3).appendTo("skyone", 0, ...numbered(4)).appendTo(
    "skyone",
    1,
    ...numbered(2),
  );
  broker.trim("skyone", 0, 1);

  assertEquals(positionsOf((await open(broker, { from: "earliest" })).reader), [1, 0, 0]);
  assertEquals(positionsOf((await open(broker, { from: "latest" })).reader), [4, 2, 0]);
  assertEquals(positionsOf((await open(broker, { from: 15 })).reader), [2, 2, 0]);
});

Deno.test("open() gives a split for each partition, named after it, in their order", async () => {
  const { reader } = await open(new ObservedBroker().addTopic("skyone", 3));

  assertEquals(reader.splits.map(({ id }) => id), ["skyone-0", "skyone-1", "skyone-2"]);
});

Deno.test("open() goes on at committed positions, wherever the job once began", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 2).appendTo("skyone", 0, ...numbered(4)).appendTo(
    "skyone",
    1,
    ...numbered(4),
  );
  for (const from of ["earliest", "latest", 15] as const) {
    assertEquals(positionsOf((await open(broker, { from, restored: { "skyone-0": 3, "skyone-1": 0 } })).reader), [
      3,
      0,
    ]);
  }
});

Deno.test("open() begins at the start of a partition that came after the last commit, wherever the job once began", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 1).appendTo("skyone", 0, ...numbered(4));
  broker.addPartition("skyone");
  broker.appendTo("skyone", 1, ...numbered(3)).trim("skyone", 1, 1);
  for (const from of ["earliest", "latest", 15] as const) {
    assertEquals(positionsOf((await open(broker, { from, restored: { "skyone-0": 4 } })).reader), [4, 1]);
  }
});

Deno.test("open() refuses a committed position beyond the end, and names --reset", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 2).appendTo("skyone", 1, ...numbered(4));

  const error = await assertRejects(
    () => open(broker, { restored: { "skyone-0": 0, "skyone-1": 5 } }),
    JobError,
  ) as JobError;
  assertEquals(
    error.message,
    'Cannot go on reading "skyone" partition 1 at offset 5: it ends at offset 4 (was the topic deleted and created anew?); ' +
      "forget the job's commit with --reset",
  );
});

Deno.test("open() refuses a committed position before the start, and names --reset", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 1).appendTo("skyone", 0, ...numbered(4)).trim("skyone", 0, 3);

  const error = await assertRejects(() => open(broker, { restored: { "skyone-0": 2 } }), JobError) as JobError;
  assertEquals(
    error.message,
    'Cannot go on reading "skyone" partition 0 at offset 2: it begins at offset 3 now, the records between are gone; ' +
      "forget the job's commit with --reset",
  );
});

Deno.test("open() takes a committed position at the very start and at the very end", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 2).appendTo("skyone", 0, ...numbered(4)).appendTo(
    "skyone",
    1,
    ...numbered(4),
  );
  broker.trim("skyone", 0, 2);

  assertEquals(positionsOf((await open(broker, { restored: { "skyone-0": 2, "skyone-1": 4 } })).reader), [2, 4]);
});

Deno.test("open() ends a bounded run where the partitions end now, or where the last commit says", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 3).appendTo("skyone", 0, ...numbered(4)).appendTo(
    "skyone",
    1,
    ...numbered(2),
  );

  assertEquals(boundsOf((await open(broker)).reader), [undefined, undefined, undefined]);
  assertEquals(boundsOf((await open(broker, { bounded: true })).reader), [4, 2, 0]);
  const restoredBounds = { "skyone-0": 3, "skyone-1": 1 };
  assertEquals(boundsOf((await open(broker, { bounded: true, restored: {}, restoredBounds })).reader), [3, 1, 0]);
  assertEquals(boundsOf((await open(broker, { restored: {}, restoredBounds })).reader), [
    undefined,
    undefined,
    undefined,
  ]);
});

// The partition would never come to it, and the run never to its end.
Deno.test("open() refuses a committed bound beyond the end, and names --reset", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 1).appendTo("skyone", 0, ...numbered(4));

  await assertRejects(
    () => open(broker, { bounded: true, restored: { "skyone-0": 0 }, restoredBounds: { "skyone-0": 9 } }),
    JobError,
    "--reset",
  );
});

Deno.test("open() rejects when the topic does not exist", async () => {
  await assertRejects(() => open(new ObservedBroker()), UnknownTopicError, 'no topic "skyone"');
});

// -------------------------------------------------------------------------------------------------------- reading

Deno.test("TopicSource gives a partition's records in order, with time, place and what is left", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 1).appendTo("skyone", 0, ...numbered(3));
  const { reader } = await open(broker);
  const split = reader.splits[0]!;
  assertEquals([split.status, split.lag], ["pending", 3]);
  reader.start();
  await turn();

  const seen: unknown[] = [];
  while (split.status === "ready") seen.push([split.nextTimestampMs, split.take(), split.position, split.lag]);
  assertEquals(seen, [[0, "0", 1, 2], [10, "1", 2, 1], [20, "2", 3, 0]]);
  assertEquals(split.status, "caughtUp");
  await reader.close();
});

Deno.test("origin() tells where the record last taken came from, with its bytes", async () => {
  const [key, value] = ["k", "v"].map((text) => new TextEncoder().encode(text)) as [Uint8Array, Uint8Array];
  const headers: RecordHeaders = [["trace", new Uint8Array([7])]];
  const broker = new ObservedBroker().addTopic("skyone", 2).appendTo("skyone", 1, undefined, {
    timestampMs: 5,
    key,
    value,
    headers,
  });
  const { reader } = await open(broker);
  reader.start();
  await turn();
  const split = reader.splits[1]!;
  assertEquals(split.origin(), undefined);
  split.take();

  assertEquals(split.origin(), { topic: "skyone", partition: 1, offset: 1, timestampMs: 5, key, value, headers });
  await reader.close();
});

Deno.test("TopicSource waits for records that are known to be there, and does not for a partition read to its end", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 2).appendTo("skyone", 0, ...numbered(2));
  const { reader } = await open(broker);
  assertEquals(statusOf(reader), ["pending", "caughtUp"]);
  reader.start();
  await turn();
  assertEquals(statusOf(reader), ["ready", "caughtUp"]);
  takeAll(reader);
  assertEquals(statusOf(reader), ["caughtUp", "caughtUp"]);
  await reader.close();
});

Deno.test("TopicSource steps over offsets without a record: position and status follow", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 1)
    .appendTo("skyone", 0, undefined, textRecord(1, "a"), undefined, textRecord(2, "b"), undefined);
  const { reader } = await open(broker);
  reader.start();
  await turn();
  const split = reader.splits[0]!;
  const positions: Json[] = [split.position];
  while (split.status === "ready") {
    split.take();
    positions.push(split.position);
  }

  // What is committed is where reading goes on: at the next record, then behind all.
  assertEquals([positions, split.status, split.lag], [[1, 3, 5], "caughtUp", 0]);
  await reader.close();
});

Deno.test("TopicSource waits while offsets without a record are left that have not been read over", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 1).appendTo("skyone", 0, textRecord(1, "a"), undefined);
  broker.fetchRecords = 1;
  const opened = await open(broker);
  const [split] = opened.reader.splits;
  opened.reader.start();
  // The first fetch has brought the record, the second is under way.
  while (opened.wakes === 0) await Promise.resolve();
  split!.take();
  assertEquals([split!.status, split!.position, split!.lag], ["pending", 1, 1]);
  await turn();
  assertEquals([split!.status, split!.position, split!.lag, opened.wakes], ["caughtUp", 2, 0, 2]);
  await opened.reader.close();
});

Deno.test("TopicSource wakes the job when records come, and not when a fetch brings nothing", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 1);
  const opened = await open(broker);
  opened.reader.start();
  await turn();
  broker.answerFetches();
  await turn();
  assertEquals([opened.wakes, broker.fetches.length], [0, 2]);

  broker.appendTo("skyone", 0, textRecord(1, "a"));
  await turn();
  assertEquals([opened.wakes, takeAll(opened.reader)], [1, ["a"]]);
  await opened.reader.close();
});

Deno.test("TopicSource gives records that come later behind those at hand", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 1).appendTo("skyone", 0, ...numbered(2));
  const { reader } = await open(broker);
  reader.start();
  await turn();
  broker.appendTo("skyone", 0, textRecord(5, "x"));
  await turn();
  broker.appendTo("skyone", 0, textRecord(6, "y"));
  await turn();

  assertEquals(takeAll(reader), ["0", "1", "x", "y"]);
  assertEquals(broker.fetches.map(({ positions }) => positions), [["skyone-0@0"], ["skyone-0@2"], ["skyone-0@3"], [
    "skyone-0@4",
  ]]);
  await reader.close();
});

Deno.test("take() names topic, partition and offset of a record that cannot be decoded, and goes on behind it", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 2).appendTo(
    "skyone",
    1,
    ...["a", "bad", "b"].map((text) => textRecord(1, text)),
  );
  const { reader } = await open(broker);
  reader.start();
  await turn();
  const split = reader.splits[1]!;
  split.take();

  const error = assertThrows(() => split.take(), RecordError) as RecordError;
  assertEquals(error.message, 'Cannot decode "skyone" partition 1 offset 1: value is not JSON, it starts with "bad"');
  assertEquals([split.origin()!.offset, split.position, takeAll(reader, 1)], [1, 2, ["b"]]);
  await reader.close();
});

Deno.test("take() lets an error pass that no record is to blame for", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 1).appendTo("skyone", 0, textRecord(1, "a"));
  const cause = new TypeError("schema is undefined");
  const source = new TopicSource(broker, {
    topic: "skyone",
    createDecode: () => () => {
      throw cause;
    },
  });
  const reader = await source.open({
    restored: undefined,
    restoredBounds: undefined,
    from: "earliest",
    bounded: false,
    logger: SILENT,
    clock: SYSTEM_CLOCK,
    sequence: newSequence(),
    wake: () => {},
  });
  reader.start();
  await turn();

  assertStrictEquals(assertThrows(() => reader.splits[0]!.take(), TypeError), cause);
  await reader.close();
});

// --------------------------------------------------------------------------------------------------- bounded runs

Deno.test("TopicSource stops a bounded run exactly at its end, also when a fetch brings more", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 1).appendTo("skyone", 0, ...numbered(3));
  const { reader } = await open(broker, { bounded: true });
  broker.appendTo("skyone", 0, textRecord(99, "later"), textRecord(99, "later"));
  reader.start();
  await turn();

  assertEquals(takeAll(reader), ["0", "1", "2"]);
  assertEquals([statusOf(reader), positionsOf(reader), reader.splits[0]!.lag, broker.fetches.length], [
    ["finished"],
    [3],
    0,
    1,
  ]);
  await reader.close();
});

Deno.test("TopicSource ends a bounded run whose end lies behind offsets without a record", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 1).appendTo(
    "skyone",
    0,
    textRecord(1, "a"),
    undefined,
    undefined,
  );
  const opened = await open(broker, { bounded: true });
  const { reader } = opened;
  reader.start();
  await turn();
  assertEquals(takeAll(reader), ["a"]);

  assertEquals([statusOf(reader), positionsOf(reader), boundsOf(reader)], [["finished"], [3], [3]]);
  await reader.close();
});

Deno.test("TopicSource waits for the offsets without a record before the end of a bounded run, and wakes the job then", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 1).appendTo("skyone", 0, textRecord(1, "a"), undefined);
  broker.fetchRecords = 1;
  const opened = await open(broker, { bounded: true });
  const [split] = opened.reader.splits;
  opened.reader.start();
  while (opened.wakes === 0) await Promise.resolve();
  split!.take();
  assertEquals(split!.status, "pending");
  await turn();
  assertEquals([split!.status, split!.position, opened.wakes], ["finished", 2, 2]);
  await opened.reader.close();
});

Deno.test("TopicSource ends a bounded run that stops in the middle of a transaction's offsets", async () => {
  // The bound of the run was taken when the log ended behind "a".
  const broker = new ObservedBroker().addTopic("skyone", 1).appendTo(
    "skyone",
    0,
    textRecord(1, "a"),
    undefined,
    undefined,
    textRecord(2, "b"),
  );
  const { reader } = await open(broker, {
    bounded: true,
    restored: { "skyone-0": 0 },
    restoredBounds: { "skyone-0": 2 },
  });
  reader.start();
  await turn();

  assertEquals([takeAll(reader), statusOf(reader), positionsOf(reader)], [["a"], ["finished"], [2]]);
  await reader.close();
});

Deno.test("TopicSource fetches nothing when a bounded run has nothing to read", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 2).appendTo("skyone", 0, ...numbered(3));
  const { reader } = await open(broker, { bounded: true, from: "latest" });
  assertEquals(statusOf(reader), ["finished", "finished"]);
  reader.start();
  await turn();

  assertEquals(broker.fetches, []);
  await reader.close();
});

Deno.test("TopicSource does not fetch from partitions that have come to their end", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 2).appendTo("skyone", 0, ...numbered(1)).appendTo(
    "skyone",
    1,
    ...numbered(2),
  );
  broker.fetchRecords = 1;
  const { reader } = await open(broker, { bounded: true });
  reader.start();
  await turn();

  assertEquals(broker.fetches.map(({ positions }) => positions), [["skyone-0@0", "skyone-1@0"], ["skyone-1@1"]]);
  await reader.close();
});

Deno.test("TopicSource brings a job to its end over offsets without a record, and its next run goes on behind them", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 2)
    .appendTo("skyone", 0, textRecord(20, "a"), undefined, textRecord(40, "b"), undefined)
    .appendTo("skyone", 1, undefined, textRecord(30, "c"));
  const job = new JobHarness((env, { store }) => {
    env.fromSource(newSource(broker), WatermarkStrategy.noWatermarks<string>(), "skyone").sinkTo(store.sink("out"));
  });
  await job.run();
  assertEquals(outputOf(job), ["a @20", "c @30", "b @40"]);
  assertEquals(job.store.entriesOf("split"), {
    '["skyone","skyone-0"]': { position: 4, identity: { last: { offset: 2, timestampMs: 40, hash: -1853091852 } } },
    '["skyone","skyone-1"]': { position: 2, identity: { last: { offset: 1, timestampMs: 30, hash: -1877468854 } } },
  });
  broker.appendTo("skyone", 1, textRecord(50, "d"));
  await job.run();

  assertEquals(outputOf(job).slice(3), ["d @50"]);
});

// ------------------------------------------------------------------------------------------------------------ ends

/** How often it was asked where the partitions end. */
const endsAsked = (broker: ObservedBroker) => broker.calls.filter((call) => call.startsWith("ends")).length;

/** Lets the reader wait before it asks again. */
async function untilAsked(broker: ObservedBroker, times: number): Promise<void> {
  while (endsAsked(broker) < times) await new Promise((resolve) => setTimeout(resolve, 1));
  await turn();
}

Deno.test("poll() asks where the partitions end when a record arrived since, and one is read to its end", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 2).appendTo("skyone", 0, ...numbered(2));
  const opened = await open(broker);
  const { reader } = opened;
  const [first, second] = reader.splits;
  reader.poll(0);
  reader.start();
  await turn();
  assertEquals([endsAsked(broker), statusOf(reader)], [0, ["ready", "caughtUp"]]);
  const { arrival } = first!;
  assert(arrival! > second!.endAsked!);

  reader.poll(arrival!);
  await untilAsked(broker, 1);
  assert(arrival! < second!.endAsked!);
  assertEquals(opened.wakes, 2);
  reader.poll(arrival!);
  await turn();
  assertEquals(endsAsked(broker), 1); // it is known now

  takeAll(reader);
  broker.appendTo("skyone", 0, textRecord(50, "x"));
  await turn();
  assert(first!.arrival! > second!.endAsked!);
  await reader.close();
});

Deno.test("poll() asks nothing while no partition is read to its end, and of a bounded run nothing at all", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 1).appendTo("skyone", 0, ...numbered(2));
  const { reader } = await open(broker, { bounded: true });
  reader.start();
  await turn();
  reader.poll(1_000);
  takeAll(reader);
  reader.poll(1_000);
  await turn();

  assertEquals([statusOf(reader), endsAsked(broker)], [["finished"], 0]);
  await reader.close();
});

Deno.test("poll() makes a partition wait for records that it learns of", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 2);
  const { reader } = await open(broker);
  broker.appendTo("skyone", 1, textRecord(1, "a"));
  assertEquals(statusOf(reader), ["caughtUp", "caughtUp"]);
  reader.poll(1_000);
  await untilAsked(broker, 1);

  assertEquals([statusOf(reader), reader.splits.map(({ lag }) => lag)], [["caughtUp", "pending"], [0, 1]]);
  await reader.close();
});

Deno.test("poll() gives what an open transaction holds its place in the order of times, until it ends", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 1).appendTo("skyone", 0, textRecord(10, "a"));
  const { reader } = await open(broker);
  const [split] = reader.splits;
  reader.start();
  await turn();
  assertEquals(takeAll(reader), ["a"]);
  broker.beginTransaction("skyone", 0).appendTo("skyone", 0, textRecord(20, "b"), textRecord(30, "c"));
  reader.poll(1_000);
  await untilAsked(broker, 1);

  assertEquals([statusOf(reader), split!.nextTimestampMs, split!.lag], [["held"], 20, 2]);
  assertEquals(broker.calls.filter((call) => call.startsWith("timestamps")), ["timestamps 0@1"]);
  assertMatch(
    split!.waitsFor!,
    /^the end of a transaction that holds skyone-0 at offset 1, since .*: what is written there cannot be read before$/,
  );
  reader.poll(1_001);
  await turn();
  assertEquals(broker.calls.filter((call) => call.startsWith("timestamps")).length, 1); // its time is known

  broker.endTransaction("skyone", 0);
  await turn();
  assertEquals([statusOf(reader), takeAll(reader), statusOf(reader)], [["ready"], ["b", "c"], ["caughtUp"]]);
  await reader.close();
});

Deno.test("poll() throws when the broker does not say where the partitions end", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 1);
  const { reader } = await open(broker);
  broker.describeError = new BrokerUnavailableError("no answer");
  reader.poll(1_000);
  await untilAsked(broker, 1);

  assertThrows(() => reader.poll(1_000), BrokerUnavailableError, "no answer");
  await reader.close();
});

// ---------------------------------------------------------------------------------------------- how much is fetched

Deno.test("TopicSource fetches no more while each partition has 300 records at hand, and goes on below that", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 1).appendTo("skyone", 0, ...numbered(10_000));
  broker.fetchRecords = 225;
  const { reader } = await open(broker);
  reader.start();
  await turn();
  assertEquals(broker.fetches.map(({ positions }) => positions), [["skyone-0@0"], ["skyone-0@225"]]);

  const split = reader.splits[0]!;
  for (let i = 0; i < 150; i++) split.take();
  reader.poll(0);
  await turn();
  assertEquals(broker.fetches.length, 2); // 300 are left
  split.take();
  await turn();
  assertEquals(broker.fetches.length, 2); // nobody has looked
  reader.poll(0);
  await turn();
  assertEquals(broker.fetches.slice(2).map(({ positions }) => positions), [["skyone-0@450"]]);
  await reader.close();
});

Deno.test("TopicSource fetches no more while a partition has 256 KiB at hand that are not begun", async () => {
  const large = numbered(9).map((record) => ({ ...record, value: new Uint8Array(150_000) }));
  const broker = new ObservedBroker().addTopic("skyone", 1).appendTo("skyone", 0, ...large);
  broker.fetchRecords = 1;
  const { reader } = await open(broker);
  reader.start();
  await turn();

  // The first is begun, the second and third are more than 256 KiB.
  assertEquals(broker.fetches.length, 3);
  await reader.close();
});

Deno.test("TopicSource asks for the partitions alone that have too little, and waits less while others have enough", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 3).appendTo("skyone", 0, ...numbered(2_000)).appendTo(
    "skyone",
    1,
    ...numbered(5),
  );
  const { reader } = await open(broker);
  reader.start();
  await turn();

  assertEquals(broker.fetches, [
    { positions: ["skyone-0@0", "skyone-1@0", "skyone-2@0"], maxWaitMs: 100 },
    { positions: ["skyone-1@5", "skyone-2@0"], maxWaitMs: 5 },
  ]);
  await reader.close();
});

// --------------------------------------------------------------------------------------------------- errors, closing

Deno.test("poll() throws what went wrong in the background, for which the job is woken", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 1);
  const opened = await open(broker);
  opened.reader.start();
  await turn();
  broker.fetchError = new BrokerUnavailableError("the connection was lost");
  broker.answerFetches();
  await turn();

  assertEquals([opened.wakes, broker.fetches.length], [1, 1]);
  assertThrows(() => opened.reader.poll(0), BrokerUnavailableError, "the connection was lost");
  await opened.reader.close();
});

Deno.test("close() ends a fetch that waits, and no other follows", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 1);
  const { reader } = await open(broker);
  reader.start();
  await turn();
  await reader.close();
  await turn();

  assertEquals([broker.fetcherClosed, broker.fetches.length], [true, 1]);
});

Deno.test("close() lets no error out of a fetch that it ends", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 1);
  const opened = await open(broker);
  opened.reader.start();
  await turn();
  broker.fetchError = new Error("closed");
  await opened.reader.close();

  assertEquals([opened.wakes, opened.reader.poll(0)], [0, undefined]);
});

Deno.test("close() ends a reader that waits for room, or that was never started", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 1).appendTo("skyone", 0, ...numbered(3_000));
  const { reader } = await open(broker);
  reader.start();
  await turn();
  await reader.close();
  assertEquals(broker.fetches.length, 1);

  await (await open(new ObservedBroker().addTopic("skyone", 1))).reader.close();
});

// --------------------------------------------------------------------------------- what happens to a topic meanwhile

Deno.test("poll() throws what a new attempt can mend when the topic has more partitions", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 2);
  const { reader } = await open(broker);
  broker.addPartition("skyone");
  reader.poll(1_000);
  await untilAsked(broker, 1);
  const error = assertThrows(
    () => reader.poll(0),
    Error,
    '"skyone" has 3 partitions now, this job reads 2 of them',
  );
  assertEquals(isRetriable(error), true);
  await reader.close();
});

Deno.test("a bounded run has its ends, and leaves partitions that are added to the next one", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 2);
  const { reader } = await open(broker, { bounded: true });
  broker.addPartition("skyone");
  reader.poll(1_000);
  await turn();
  assertEquals([reader.splits.length, reader.poll(1_000), endsAsked(broker)], [2, undefined, 0]);
  await reader.close();
});

Deno.test("poll() says what to do when records are deleted before they have been read", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 1).appendTo("skyone", 0, ...numbered(5));
  const opened = await open(broker, { restored: { "skyone-0": 5 } });
  opened.reader.start();
  await turn();
  broker.appendTo("skyone", 0, ...numbered(4)).trim("skyone", 0, 8);
  broker.fetchError = new OffsetOutOfRangeError("the partition has no such offset");
  broker.answerFetches();
  await turn();
  assertEquals(opened.wakes, 1);
  assertThrows(
    () => opened.reader.poll(0),
    JobError,
    'Cannot go on reading "skyone" partition 0 at offset 5: it begins at offset 8 now, the records between are gone; ' +
      "forget the job's commit with --reset",
  );
  await opened.reader.close();
});

Deno.test("what is learnt from the JSON of one partition serves all of its topic", async () => {
  const broker = new ObservedBroker().addTopic("skyone", 2);
  for (let i = 0; i < 20; i++) broker.appendTo("skyone", i % 2, textRecord(i, `{"n":${i},"text":"${i}"}`));
  const topic = { name: "skyone", schema: z.object({ n: z.number(), text: z.string() }), key: () => "" };
  topic.schema.parse({ n: 1, text: "" }); // makes a function itself, the first time
  const reader = await new JobBroker(broker).source(topic).open({
    from: "earliest",
    bounded: true,
    logger: SILENT,
    clock: SYSTEM_CLOCK,
    restored: undefined,
    restoredBounds: undefined,
    sequence: newSequence(),
    wake: () => {},
  });
  reader.start();
  await turn();
  const taken: unknown[] = [];
  const made = functionsMade(() => {
    for (const split of reader.splits) while (split.status === "ready") taken.push(split.take());
  });

  assertEquals([taken.length, made], [20, 1]);
  await reader.close();
});
