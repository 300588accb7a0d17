import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { OutgoingRecord, Position } from "../../src/connectors/broker.ts";
import { type BrokerJobSession, openJobSession } from "../../src/connectors/job_store.ts";
import type { RecordOrigin } from "../../src/engine/errors.ts";
import type { DeadLetter, JobCommit, JobRequest } from "../../src/engine/job_store.ts";
import { BrokerError } from "../../src/connectors/broker_errors.ts";
import { NO_TIMESTAMP } from "../../src/engine/record.ts";
import { ObservedBroker, type ObservedLease } from "../memory_broker/observed_broker.ts";
import { StoppedTime } from "../stopped_time.ts";

const NOTHING: JobCommit = { changes: [], positions: [] };
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (value: Uint8Array) => new TextDecoder().decode(value);

const REQUEST: JobRequest = {
  job: "stats",
  topics: ["skyone", "sun-set"],
  exactlyOnce: true,
  sessionTimeoutMs: 1_000,
  whenActive: "refuse",
  onStandby: () => {},
  signal: new AbortController().signal,
};

async function open(
  broker = new ObservedBroker(),
): Promise<{ broker: ObservedBroker; session: BrokerJobSession; lease: ObservedLease }> {
  const session = await openJobSession(broker, REQUEST);
  return { broker, session, lease: broker.leases[0]! };
}

const ORIGIN: RecordOrigin = {
  topic: "skyone",
  partition: 3,
  offset: 1204,
  timestampMs: 5_000,
  key: bytes("k"),
  value: bytes("<html>"),
  headers: [["trace", bytes("t-1")], ["trace", bytes("t-2")], ["none", null]],
};

function letter(overrides: Partial<DeadLetter> = {}): DeadLetter {
  return {
    origin: ORIGIN,
    timestampMs: 5_000,
    operator: "skyone_source",
    errorClass: "RecordError",
    message: "value is not JSON",
    attempt: 2,
    ...overrides,
  };
}

const headersOf = ({ headers }: OutgoingRecord) =>
  headers!.map(([name, value]) => [name, value === null ? null : text(value)] as const);

const at = (topic: string, partition: number, offset: number): Position => ({ topic, partition, offset });

Deno.test("restore() refuses to begin anew when the entries are gone and the positions are not", async () => {
  const { session, lease } = await open();
  assertEquals(await session.restore(), new Map());
  lease.groupPositions = [at("skyone", 3, 1204)];

  const error = await assertRejects(() => session.restore(), BrokerError);
  assertEquals(
    error.message,
    'Cannot go on with "stats": its commit is gone, though it has read "skyone" partition 3 up to offset 1204; ' +
      "import a savepoint, or begin anew with --reset",
  );
});

Deno.test("restore() refuses entries that know less than the positions, and takes those that know as much", async () => {
  const { session, lease } = await open();
  const split = (uid: string, id: string, position: number) =>
    [JSON.stringify(["split", uid, id]), JSON.stringify({ position })] as const;
  lease.entries = new Map([
    ['["job"]', "{}"],
    split("one", "skyone-3", 100),
    split("two", "skyone-3", 90), // another source of the same topic
    split("sun", "sun-set-0", 7),
  ]);
  // What the job no longer reads does not count.
  for (const offset of [90, 100]) {
    lease.groupPositions = [at("skyone", 3, offset), at("sun-set", 0, 7), at("gone", 0, 50)];
    assertEquals(await session.restore(), lease.entries);
  }
  lease.groupPositions = [at("skyone", 3, 101)];

  const error = await assertRejects(() => session.restore(), BrokerError);
  assertEquals(
    error.message,
    'Cannot go on with "stats": its last commits are gone: the commit that is left has read "skyone" partition 3 up to offset 100, ' +
      "its consumer group up to 101 (unless somebody moved that); import a savepoint, or begin anew with --reset",
  );
});

Deno.test("openJobSession() asks the broker for what the job asks for", async () => {
  const { lease } = await open();
  const { job, topics, sessionTimeoutMs, exactlyOnce, whenActive, onStandby, signal } = lease.request;

  assertEquals({ job, topics, sessionTimeoutMs, exactlyOnce, whenActive }, {
    job: "stats",
    topics: ["skyone", "sun-set"],
    sessionTimeoutMs: 1_000,
    exactlyOnce: true,
    whenActive: "refuse",
  });
  assertEquals([onStandby, signal], [REQUEST.onStandby, REQUEST.signal]);
});

Deno.test("BrokerJobSession restores, resets, and gives the job back by its lease", async () => {
  const { session, lease } = await open();
  lease.entries = new Map([["a", "1"]]);

  assertEquals([await session.restore(), session.lost], [new Map([["a", "1"]]), lease.lost]);
  await session.reset();
  await session.close();
  assertEquals(lease.calls, ["reset", "close"]);
});

Deno.test("commit() hands on changes, and positions of topics for tools", async () => {
  const { session, lease } = await open();
  const positions = [at("skyone", 3, 17), at("sun-set", 12, 0)];
  await session.commit({ changes: new Map([["a", "1"], ["b", null]]), positions });

  const [commit] = lease.commits;
  assertEquals([[...commit!.changes], commit!.positions], [[["a", "1"], ["b", null]], positions]);
});

Deno.test("deadLetter() puts a record as it was into the next commit, and in headers where it came from and why", async () => {
  const { broker, session, lease } = await open();
  session.deadLetter(letter());
  assertEquals([session.pendingRecords, lease.pending], [1, []]);
  await session.commit(NOTHING);

  const [record, ...others] = lease.commits[0]!.records;
  assertEquals(others, []);
  const { headers: _headers, ...plain } = record!;
  assertEquals(plain, {
    topic: "stats.dead-letters",
    partition: 0,
    key: bytes("k"),
    value: bytes("<html>"),
    timestampMs: 5_000,
  });
  const headers = headersOf(record!);
  const [[, time]] = headers.splice(headers.findIndex(([name]) => name === "dead-letter.time"), 1) as [
    [string, string],
  ];
  assertMatch(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assertEquals(headers, [
    ["trace", "t-1"],
    ["trace", "t-2"],
    ["none", null],
    ["dead-letter.job", "stats"],
    ["dead-letter.operator", "skyone_source"],
    ["dead-letter.error-class", "RecordError"],
    ["dead-letter.error-message", "value is not JSON"],
    ["dead-letter.attempt", "2"],
    ["dead-letter.topic", "skyone"],
    ["dead-letter.partition", "3"],
    ["dead-letter.offset", "1204"],
    ["dead-letter.timestamp", "5000"],
  ]);
  assertEquals(broker.calls, ["list", "createTopic stats.dead-letters 1"]);
  assertEquals([session.pendingRecords, session.deadLetters], [0, "stats.dead-letters"]);
});

Deno.test("deadLetter() keeps a value as JSON when no record of a topic was at work", async () => {
  using time = new StoppedTime();
  const { session, lease } = await open();
  session.deadLetter(letter({ origin: undefined, value: { city: "Ulm" }, timestampMs: NO_TIMESTAMP }));
  session.deadLetter(letter({ origin: undefined }));
  await session.commit(NOTHING);

  const { records } = lease.commits[0]!;
  assertEquals(records.map(({ value }) => text(value!)), ['{"city":"Ulm"}', ""]);
  assertEquals(records.map(({ key, timestampMs }) => [key, timestampMs]), [[null, time.nowMs], [null, 5_000]]);
  assertEquals("dead-letter.topic" in headersOf(records[0]!), false);
});

Deno.test("deadLetter() keeps a value that JSON has no words for, as a person reads it: the commit must not fail at it", async () => {
  const { session, lease } = await open();
  session.deadLetter(letter({ origin: undefined, value: { n: 10n, seen: new Map([["a", NaN]]) } }));
  await session.commit(NOTHING);

  assertEquals(lease.commits[0]!.records.map(({ value }) => text(value!)), [
    '{ n: 10n, seen: Map(1) { "a" => NaN } }',
  ]);
});

Deno.test("deadLetter() keeps the begin of a value that the letters' topic refuses: the commit must not fail at it", async () => {
  using time = new StoppedTime();
  const { session, lease } = await open();
  session.broker.recordCheck = () =>
    Promise.resolve(({ value, headers }) =>
      (value?.length ?? 0) > 100_000 || headers!.length > 12 ? "it is too large" : undefined
    );
  const large = bytes("x".repeat(200_000));
  session.deadLetter(letter({ origin: { ...ORIGIN, value: large, headers: [["own", large]] }, timestampMs: 7 }));
  session.deadLetter(letter({ origin: undefined, value: "y".repeat(300_000) }));
  session.deadLetter(letter({ origin: { ...ORIGIN, value: bytes("small") } }));
  await session.commit(NOTHING);

  const { records } = lease.commits[0]!;
  assertEquals(records.map(({ value }) => value!.length), [65_536, 65_536, 5]);
  assertEquals(records.slice(0, 2).map((record) => headersOf(record).at(-1)), [
    ["dead-letter.cut-from", "200000"],
    ["dead-letter.cut-from", "300002"],
  ]);
  assertEquals(records.map((record) => headersOf(record)[0]![0]), [
    "dead-letter.job",
    "dead-letter.job",
    "dead-letter.job",
  ]);
  assertEquals(records[0]!.timestampMs, time.nowMs);
});

Deno.test("deadLetter() keeps all of a record when the letters' topic refuses its time alone, so that it can be replayed", async () => {
  using time = new StoppedTime();
  const { session, lease } = await open();
  const year2031 = Date.UTC(2031, 0);
  session.broker.recordCheck = () =>
    Promise.resolve(({ timestampMs }) => timestampMs >= year2031 ? "its time lies too far in the future" : undefined);
  session.deadLetter(letter({ origin: { ...ORIGIN, timestampMs: year2031 }, timestampMs: year2031 }));
  await session.commit(NOTHING);

  const [record] = lease.commits[0]!.records;
  assertEquals([record!.timestampMs, text(record!.value!)], [time.nowMs, "<html>"]);
  const names = headersOf(record!).map(([name]) => name);
  assertEquals([names[0], names.at(-1)], ["trace", "dead-letter.timestamp"]);
});

Deno.test("deadLetter() keeps a record without key and value as it was", async () => {
  const { session, lease } = await open();
  session.deadLetter(letter({ origin: { ...ORIGIN, key: null, value: null, headers: undefined } }));
  await session.commit(NOTHING);

  const [record] = lease.commits[0]!.records;
  assertEquals([record!.key, record!.value], [null, null]);
});

// What event time a job makes of its records is its own affair; a topic takes whole ms since 1970.
for (const timestampMs of [1_100.000_000_2, -86_400_000]) {
  Deno.test(
    `deadLetter() keeps a record at ${timestampMs} ms, which no topic takes as a timestamp`,
    async () => {
      const { session, lease } = await open();
      session.deadLetter(letter({ timestampMs, errorClass: "LateRecord" }));
      await session.commit(NOTHING);

      assertEquals(lease.commits[0]!.records.map(({ timestampMs }) => timestampMs), [ORIGIN.timestampMs]);
    },
  );
}

Deno.test("BrokerJobSession makes the topic of dead letters when the first is written, and only if it is not there", async () => {
  const { broker, session } = await open(new ObservedBroker().addTopic("stats.dead-letters", 1));
  await session.commit(NOTHING);
  await session.flush();
  assertEquals(broker.calls, []);
  session.deadLetter(letter());
  await session.flush();
  session.deadLetter(letter());
  await session.commit(NOTHING);

  assertEquals(broker.calls, ["list"]);
});

Deno.test("flush() hands letters and records to the lease to be sent", async () => {
  const { session, lease } = await open();
  session.lease.write({ topic: "out", key: null, value: null, timestampMs: 1 });
  session.deadLetter(letter());
  assertEquals(session.pendingRecords, 2);
  await session.flush();

  assertEquals([lease.calls, lease.pending.map(({ topic }) => topic)], [["flush"], ["out", "stats.dead-letters"]]);
});
