/** The embedded log: the port's contract, and what several processes on one file are promised. */
import { isRetriable } from "../../src/engine/error_codes.ts";
import { setImmediate } from "node:timers";
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import type {
  Broker,
  BrokerJobRequest,
  BrokerLease,
  BrokerRecord,
  OutgoingRecord,
  RecordHeaders,
} from "../../src/connectors/broker.ts";
import {
  BrokerError,
  BrokerUnavailableError,
  FencedError,
  JobActiveError,
  UnknownTopicError,
} from "../../src/connectors/broker_errors.ts";
import { decodeBatch } from "../../src/connectors/embedded/batch.ts";
import { testBrokerContract } from "./broker_contract.ts";
import { readAll } from "./contract/reading.ts";
import { promptly, until } from "./contract/waiting.ts";
import { later } from "../later.ts";

const FILES = granted("read") && granted("write");
const PROCESSES = FILES && granted("run") && Deno.build.os !== "windows";

/** Makes a takeover that waited for it fail the test. */
const LONG_SESSION_MS = 60_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

// SQLite's module is loaded only by those who open a log: it needs permissions.
async function openLog(dir: string, options: { busyTimeoutMs?: number } = {}): Promise<Broker> {
  const { openEmbeddedBroker } = await import("../../src/connectors/embedded/mod.ts");
  return await openEmbeddedBroker({ dir, ...options });
}

let contractDir: string | undefined;
testBrokerContract(
  FILES ? "embedded" : "embedded (skipped, it needs --allow-read and --allow-write)",
  () => openLog(contractDir ??= Deno.makeTempDirSync()),
  { ignore: !FILES, fence: (_, job) => query(contractDir!, FENCE, job).then(() => {}) },
);
Deno.test.afterAll(() => {
  if (contractDir !== undefined) Deno.removeSync(contractDir, { recursive: true });
});

/** What the next instance does that believes this one dead, and then releases. */
const FENCE = "UPDATE job SET epoch = epoch + 1, instance = NULL, expires_at = 0 WHERE name = ?";

test("openEmbeddedBroker() makes a directory and files for this user only", async (dir) => {
  const place = `${dir}/of/mine`;
  await using broker = await openLog(place);
  await broker.createTopics([{ name: "t", partitions: 1 }]);
  await using _lease = disposable(await openJob(broker, {}));

  assertEquals(broker.description, `embedded log in ${place}`);
  if (Deno.build.os === "windows") return;
  const names = namesIn(place);
  assertEquals(names, ["leases", "log.sqlite", "log.sqlite-shm", "log.sqlite-wal"]);
  for (const name of names.slice(1)) assertEquals(modeOf(`${place}/${name}`), 0o600, name);
  for (const each of [`${dir}/of`, place, `${place}/leases`]) assertEquals(modeOf(each), 0o700, each);
  for (const name of namesIn(`${place}/leases`)) assertEquals(modeOf(`${place}/leases/${name}`), 0o600);
});

test("a log that was closed opens again with all it held", async (dir) => {
  const before = await openLog(dir);
  await before.createTopics([{ name: "t", partitions: 2 }]);
  await send(before, [{ ...record("t", "a"), timestampMs: 5 }, { ...record("t", "b"), timestampMs: 6 }]);
  const lease = await openJob(before, { topics: ["t"] });
  lease.write(record("t", "c"));
  await lease.commit({ changes: new Map([["k", "v"]]), positions: [] });
  await before.close();

  await using after = await openLog(dir);
  assertEquals(await values(after, "t"), ["a", "c", "b"]);
  assertEquals(await after.offsetsAt("t", 6), [1, 0]);
  assertEquals(await after.jobsReading(["t"]), [{ job: "job", running: false }]);
  assertEquals(await (await openJob(after, {})).restore(), new Map([["k", "v"]]));
  assertEquals(namesIn(`${dir}/leases`).length, 1);
});

test("openEmbeddedBroker() says in a sentence why it cannot use a place", async (dir) => {
  const foreign = "CREATE TABLE theirs (a)";
  const places: [place: string, prepare: () => void | Promise<unknown>, says: string][] = [
    ["a_file", () => Deno.writeTextFileSync(`${dir}/a_file`, ""), "no directory"],
    ["a_file/below", () => {}, "not a directory"],
    ["text", () => writeLog("text", "These bytes are no log. ".repeat(100)), "not a database"],
    ["directory", () => Deno.mkdirSync(`${dir}/directory/log.sqlite`, { recursive: true }), "unable to open"],
    ["foreign", () => (writeLog("foreign", ""), query(`${dir}/foreign`, foreign)), "another program"],
    ["newer", async () => {
      await (await openLog(`${dir}/newer`)).close();
      await query(`${dir}/newer`, "PRAGMA user_version = 9");
    }, "schema version 9"],
  ];
  function writeLog(place: string, content: string): void {
    Deno.mkdirSync(`${dir}/${place}`);
    Deno.writeTextFileSync(`${dir}/${place}/log.sqlite`, content);
  }

  for (const [place, prepare, says] of places) {
    await prepare();
    const error = await assertRejects(() => openLog(`${dir}/${place}`), BrokerError, says);
    assertStringIncludes(error.message, place);
    assertStringIncludes(error.message, ";"); // what was found; what to do
    assertEquals(isRetriable(error), false);
  }
});

Deno.test({
  name: "embedded: openEmbeddedBroker() names the permissions that it lacks",
  permissions: { read: false, write: false },
  async fn() {
    await assertRejects(() => openLog("/denied/place"), BrokerError, "--allow-write");
  },
});

test("a write that waits too long for another process fails and can be tried again", async (dir) => {
  await using broker = await openLog(dir, { busyTimeoutMs: 50 });
  await broker.createTopics([{ name: "t", partitions: 1 }]);
  const producer = await broker.producer();
  const { DatabaseSync } = await import("node:sqlite");
  const other = new DatabaseSync(`${dir}/log.sqlite`);
  other.exec("BEGIN IMMEDIATE");

  const error = await assertRejects(() => producer.send([record("t", "a")]), BrokerUnavailableError, "locked");
  assertStringIncludes(error.message, `${dir}/log.sqlite`);
  assertEquals(isRetriable(error), true);
  assertEquals(await values(broker, "t"), []);
  other.exec("ROLLBACK");
  other.close();

  await producer.send([record("t", "a")]);
  assertEquals(await values(broker, "t"), ["a"]);
});

test("a log whose directory was deleted fails instead of writing to nowhere", async (dir) => {
  await using broker = await openLog(`${dir}/log`);
  await broker.createTopics([{ name: "t", partitions: 1 }]);
  const producer = await broker.producer();
  const fetcher = await broker.fetcher();
  const lease = await openJob(broker, { sessionTimeoutMs: 100 });
  const end = { topic: "t", partition: 0, offset: 0 };
  const fetching = later(assertRejects(() => fetcher.fetch([end], 20_000), BrokerError, "deleted"));

  await Deno.remove(`${dir}/log`, { recursive: true });

  await fetching;
  await assertRejects(() => producer.send([record("t", "a")]), BrokerError, "deleted");
  await until(() => Promise.resolve(lease.lost.aborted));
  assertStringIncludes(lease.lost.reason.message, "deleted");
});

test("names and numbers that Kafka would refuse are refused", async (dir) => {
  await using broker = await openLog(dir);
  for (const partitions of [0, -1, 1.5, NaN]) {
    await assertRejects(() => broker.createTopics([{ name: "t", partitions }]), RangeError, String(partitions));
  }
  await assertRejects(
    () => broker.createTopics([{ name: "t", partitions: 1 }, { name: "t", partitions: 1 }]),
    RangeError,
  );
  assertEquals(await broker.listTopics(), []);
  await assertRejects(() => openJob(broker, { job: "../job" }), RangeError, '"../job"');
  await broker.createTopics([{ name: "x".repeat(249), partitions: 1 }, { name: "a.B_c-9", partitions: 1 }]);
  const lease = await openJob(broker, { job: "x".repeat(236) });
  for (const timestampMs of [NaN, -1, 1.5]) {
    assertThrows(() => lease.write({ ...record("t", "a"), timestampMs }), RangeError, String(timestampMs));
  }
});

test("what looks like SQL or a path is data: nothing but the log's files comes to be, and no row goes", async (dir) => {
  const place = `${dir}/in/here`;
  await using broker = await openLog(place);
  await broker.createTopics([{ name: "t", partitions: 1 }, { name: "...", partitions: 1 }]);
  await send(broker, [record("t", "kept"), record("...", "kept")]);
  const nasty = ["'; DELETE FROM topic; --", "../../x", "%", "*", 'x" OR "1"="1', "\0", "ü☃"];
  const lease = await openJob(broker, { job: "..", topics: nasty });
  lease.write({ ...record("t", "'); DROP TABLE batch; --"), headers: [["' OR 1=1", encoder.encode("'")]] });
  await lease.commit({
    changes: new Map(nasty.map((key) => [key, key])),
    positions: nasty.map((topic) => ({ topic, partition: 0, offset: 1 })),
  });
  assertEquals(await lease.restore(), new Map(nasty.map((key) => [key, key])));
  for (const name of nasty) {
    await assertRejects(() => broker.deleteTopics([name]), UnknownTopicError);
    await broker.dropJob(name);
    assertEquals(await broker.jobsReading([name]), [{ job: "..", running: true }]);
  }

  assertEquals(await broker.listTopics(), ["...", "t"]);
  assertEquals(await values(broker, "t"), ["kept", "'); DROP TABLE batch; --"]);
  assertEquals(await values(broker, "..."), ["kept"]);
  assertEquals([namesIn(dir), namesIn(`${dir}/in`)], [["in"], ["here"]]);
  assertEquals(namesIn(place), ["leases", "log.sqlite", "log.sqlite-shm", "log.sqlite-wal"]);
  assertEquals(namesIn(`${place}/leases`).length, 1);
  await lease.close();
});

test("send() writes all of its records or none", async (dir) => {
  await using broker = await openLog(dir);
  await broker.createTopics([{ name: "t", partitions: 1 }]);
  const producer = await broker.producer();

  await assertRejects(() => producer.send([record("t", "a"), record("missing", "b")]), UnknownTopicError, "missing");
  await assertRejects(
    () => producer.send([record("t", "a"), { ...record("t", "b"), partition: 1 }]),
    UnknownTopicError,
  );

  assertEquals(await values(broker, "t"), []);
});

test("a loop of sends and fetches lets timers run", async (dir) => {
  await using broker = await openLog(dir);
  await broker.createTopics([{ name: "t", partitions: 1 }]);
  const producer = await broker.producer();
  const fetcher = await broker.fetcher();
  await producer.send([record("t", "a")]);
  for (
    const work of [
      () => producer.send([record("t", "a")]),
      () => fetcher.fetch([{ topic: "t", partition: 0, offset: 0 }], 1_000),
    ]
  ) {
    let fired = false;
    setTimeout(() => fired = true, 1);
    const latest = performance.now() + 10_000;
    while (!fired && performance.now() < latest) await work();
    assert(fired);
  }
});

Deno.test("embedded: a row that an older version wrote reads as it did, headers included", () => {
  // Before headers could be null. "v" with the headers trace and empty, "w" without any.
  const row = "0000000000001440" + "01000000" + "01000000" + "1f000000" + "6b" + "76" + "02000000" +
    "05000000" + "7472616365" + "01000000" + "31" + "05000000" + "656d707479" + "00000000" +
    "0000000000001840" + "ffffffff" + "01000000" + "ffffffff" + "77";
  const found: BrokerRecord[] = [];
  decodeBatch(Uint8Array.fromHex(row), 7, 7, found);
  assertEquals(found.map(({ offset, value, timestampMs }) => [offset, decoder.decode(value!), timestampMs]), [
    [7, "v", 5],
    [8, "w", 6],
  ]);
  assertEquals(found.map(({ headers }) => headers), [
    [["trace", encoder.encode("1")], ["empty", new Uint8Array(0)]],
    undefined,
  ]);
});

test("a log with headers that earlier versions cannot read has a later version, also after a large commit", async (dir) => {
  const shared: RecordHeaders = [["common", encoder.encode("x")]];
  const versionOf = async () => Number(Object.values((await query(dir, "PRAGMA user_version"))[0] as object)[0]);
  await using broker = await openLog(dir);
  await broker.createTopics([{ name: "t", partitions: 1 }]);
  await send(broker, [{ ...record("t", "a"), headers: shared }]);
  assertEquals(await versionOf(), 3);

  await send(broker, [{ ...record("t", "a"), headers: shared }, { ...record("t", "b"), headers: shared }]);
  assertEquals(await versionOf(), 5);

  const lease = await openJob(broker, {});
  // So large that a part of it is written ahead.
  const text = JSON.stringify("x".repeat(500));
  await lease.commit({ changes: Array.from({ length: 30_000 }, (_, i) => [`["job",${i}]`, text]), positions: [] });
  await lease.close();
  assertEquals(await versionOf(), 5);
  await using _other = await openLog(dir);
});

test("records keep values of several megabytes, and an empty list of headers is stored as no headers", async (dir) => {
  await using broker = await openLog(dir);
  await broker.createTopics([{ name: "t", partitions: 1 }]);
  const value = new Uint8Array(3_000_000).fill(7);
  await send(broker, [record("t", "a"), { ...record("t", ""), value }, { ...record("t", "b"), headers: [] }]);

  const [records] = await readAll(broker, "t");
  assertEquals(records!.map((one) => one.value!.length), [1, 3_000_000, 1]);
  assert(records![1]!.value!.every((byte) => byte === 7));
  assertEquals(records![2]!.headers, undefined);
});

test("offsetsAt() searches many rows whose timestamps go back and forth", async (dir) => {
  await using broker = await openLog(dir);
  await broker.createTopics([{ name: "t", partitions: 1 }]);
  // A slow rise with dips, over seven rows.
  const times = Array.from({ length: 3_000 }, (_, index) => 10 * index - (index * 7_919) % 4_000 + 4_000);
  for (let from = 0; from < times.length; from += 1_000) {
    await send(broker, times.slice(from, from + 1_000).map((timestampMs) => ({ ...record("t", "a"), timestampMs })));
  }

  for (let timestampMs = 0; timestampMs < 36_000; timestampMs += 171) {
    const first = times.findIndex((time) => time >= timestampMs);
    assertEquals(await broker.offsetsAt("t", timestampMs), [first < 0 ? times.length : first]);
  }
});

test("fetch() does not take a topic created anew for the one it was reading", async (dir) => {
  await using broker = await openLog(dir);
  const end = { topic: "t", partition: 0, offset: 1 };
  await broker.createTopics([{ name: "t", partitions: 1 }]);
  await send(broker, [record("t", "old")]);
  const fetcher = await broker.fetcher();
  assertEquals(await fetcher.fetch([end], 0), []);

  await broker.deleteTopics(["t"]);
  await broker.createTopics([{ name: "t", partitions: 1 }]);
  await send(broker, [record("t", "new"), record("t", "newer")]);

  await assertRejects(() => fetcher.fetch([end], 1_000), UnknownTopicError, "created anew");
  assertEquals(await values(broker, "t"), ["new", "newer"]);
});

test("close() of the broker ends fetches and those who wait for a job", async (dir) => {
  const [active, closed] = [await openLog(dir), await openLog(dir)];
  await active.createTopics([{ name: "t", partitions: 1 }]);
  await openJob(active, {});
  const standby = Promise.withResolvers<string>();
  const waiting = later(assertRejects(() => openJob(closed, { onStandby: standby.resolve }), BrokerError, "closed"));
  const fetching = (await closed.fetcher()).fetch([{ topic: "t", partition: 0, offset: 0 }], 20_000);
  await standby.promise;
  assertEquals(await promptly(fetching, 20), "still waiting");

  await closed.close();
  // In the same turn of the event loop: no timer is left to end them.
  assertEquals(await Promise.race([fetching, new Promise((resolve) => setImmediate(resolve, "still waiting"))]), []);
  await waiting;
  assertEquals(namesIn(`${dir}/leases`).length, 1);
  await assertRejects(() => closed.listTopics(), BrokerError, "closed");
  await active.close();
});

test("an at-least-once job that was fenced makes nothing visible", async (dir) => {
  await using broker = await openLog(dir);
  await broker.createTopics([{ name: "t", partitions: 1 }]);
  const lease = await openJob(broker, { exactlyOnce: false });
  await query(dir, FENCE, "job");

  lease.write(record("t", "a"));
  await assertRejects(() => lease.flush(), FencedError);
  assertEquals(await values(broker, "t"), []);
});

test("an instance learns of a takeover though it commits nothing", async (dir) => {
  await using broker = await openLog(dir);
  const lease = await openJob(broker, { sessionTimeoutMs: 90 });
  await query(dir, FENCE, "job");

  await until(() => Promise.resolve(lease.lost.aborted));
  assert(lease.lost.reason instanceof FencedError);
});

test("an instance keeps its job beyond the session timeout while it lives", async (dir) => {
  await using active = await openLog(dir);
  await using other = await openLog(dir);
  await active.createTopics([{ name: "t", partitions: 1 }]);
  const lease = await openJob(active, { sessionTimeoutMs: 400 });
  const words: string[] = [];
  const waiting = later(openJob(other, { onStandby: (holder) => words.push(holder) }));
  const [{ expires_at: before }] = await query(dir, "SELECT expires_at FROM job") as [{ expires_at: number }];

  await until(async () => {
    const [{ expires_at }] = await query(dir, "SELECT expires_at FROM job") as [{ expires_at: number }];
    return expires_at > before + 2 * 400;
  });

  assertEquals(await promptly(waiting, 0), "still waiting");
  assertEquals(words, [`process ${Deno.pid}`]);
  await lease.commit({ changes: new Map(), positions: [] });
  await lease.close();
  await waiting;
});

test("an instance keeps its job through a commit that takes longer than the session timeout", async (dir) => {
  const { DatabaseSync } = await import("node:sqlite");
  await using broker = await openLog(dir);
  const lease = await openJob(broker, {
    sessionTimeoutMs: 60,
    faultPoint: (name) => {
      if (name === "commit: entries are written") sleepSync(150);
      if (name === "commit: the transaction has ended") leftMs = expiry() - Date.now();
    },
  });
  let leftMs = NaN;
  const file = new DatabaseSync(`${dir}/log.sqlite`);
  const expiry = () => file.prepare("SELECT expires_at FROM job").get()!["expires_at"] as number;
  try {
    await lease.commit({ changes: new Map([["k", "v"]]), positions: [] });
  } finally {
    file.close();
  }

  assert(leftMs > 0, `${leftMs} ms are left when others have their turn`);
});

test("an instance that stands by is notified when the active one changes", async (dir) => {
  const brokers = await Promise.all([openLog(dir), openLog(dir), openLog(dir)]);
  const notified = [0, 0, 0];
  const first = await openJob(brokers[0]!, {});
  const waiting = [1, 2].map((index) => later(openJob(brokers[index]!, { onStandby: () => notified[index]!++ })));
  await until(() => Promise.resolve(notified[1] === 1 && notified[2] === 1));

  await first.close();
  await Promise.race(waiting);
  await until(() => Promise.resolve(notified[1]! + notified[2]! === 3));

  for (const broker of brokers) await broker.close();
  await Promise.allSettled(waiting);
});

test("close() of an instance that was fenced takes nothing from its successor", async (dir) => {
  await using broker = await openLog(dir);
  await using other = await openLog(dir);
  const old = await openJob(broker, {});
  await query(dir, FENCE, "job");
  const young = await openJob(other, {});

  await old.close();

  await assertRejects(() => openJob(broker, { whenActive: "refuse" }), JobActiveError);
  await young.commit({ changes: new Map([["by", "young"]]), positions: [] });
});

test("an instance of a dropped job cannot commit to the job of that name made later", async (dir) => {
  await using broker = await openLog(dir);
  await using other = await openLog(dir);
  const old = await openJob(broker, {});
  await query(dir, "DELETE FROM job");
  const young = await openJob(other, {});

  await assertRejects(() => old.commit({ changes: new Map([["by", "old"]]), positions: [] }), FencedError);
  assertEquals(await young.restore(), new Map());
});

test("dropJob() of a job that does not exist does nothing", async (dir) => {
  await using broker = await openLog(dir);
  await broker.dropJob("never");
  assertEquals(await broker.listTopics(), []);
});

test("a process killed amid its commits is followed at once, with all of its commits whole", async (dir) => {
  await using broker = await openLog(dir);
  await broker.createTopics(THREE_TOPICS);
  await using child = new Child(dir, COMMIT_FOREVER);
  await until(async () => (await values(broker, "t")).length >= 20);
  await assertRejects(() => openJob(broker, { whenActive: "refuse" }), JobActiveError, `process ${child.pid}`);
  const words: string[] = [];
  const opening = later(openJob(broker, { onStandby: (holder) => words.push(holder) }));
  assertEquals(await promptly(opening, 100), "still waiting");

  const killed = performance.now();
  child.kill("SIGKILL");
  const lease = await opening;

  assert(performance.now() - killed < LONG_SESSION_MS / 10, "it waited for the session timeout");
  assertEquals(words, [`process ${child.pid}`]);
  const committed = Number((await lease.restore()).get("committed"));
  const expected = Array.from({ length: committed }, (_, index) => String(index + 1));
  for (const { name } of THREE_TOPICS) assertEquals(await values(broker, name), expected);
  assertEquals(namesIn(`${dir}/leases`).length, 1);
}, PROCESSES);

test("a stopped process is followed after its session timeout and is fenced when it wakes", async (dir) => {
  await using broker = await openLog(dir);
  await broker.createTopics([{ name: "t", partitions: 1 }]);
  await using child = new Child(dir, COMMIT_WHEN_TOLD);
  assertEquals(await child.ask("commit"), "committed");
  child.kill("SIGSTOP");

  const lease = await openJob(broker, {});
  assertEquals(await lease.restore(), new Map([["by", "child"]]));
  await lease.commit({ changes: new Map([["by", "parent"]]), positions: [] });
  await lease.close();
  assertEquals(await broker.jobsReading(["t"]), [{ job: "job", running: true }]);
  const next = await openJob(broker, {});
  child.kill("SIGCONT");

  assertEquals(await child.ask("commit"), "FencedError");
  assertEquals(await child.ask("lost"), "FencedError");
  assertEquals(await values(broker, "t"), ["child"]);
  assertEquals(await next.restore(), new Map([["by", "parent"]]));
}, PROCESSES);

test("processes that take turns at a job are never two at once", async (dir) => {
  await using broker = await openLog(dir);
  const children = [1, 2, 3].map(() => new Child(dir, COUNT_IN_TURNS));
  for (const child of children) assertEquals(await child.line(), "done");
  for (const child of children) await child[Symbol.asyncDispose]();

  assertEquals(await (await openJob(broker, {})).restore(), new Map([["count", "30"]]));
}, PROCESSES);

test("processes that write at the same time lose nothing and keep their order", async (dir) => {
  await using broker = await openLog(dir);
  await broker.createTopics([{ name: "t", partitions: 3 }]);
  const children = [1, 2].map(() => new Child(dir, SEND_THREE_HUNDRED));
  for (const child of children) assertEquals(await child.line(), "done");
  for (const child of children) await child[Symbol.asyncDispose]();

  const partitions = await readAll(broker, "t");
  for (const { pid } of children) {
    for (const [partition, records] of partitions.entries()) {
      const own = records.map((one) => decoder.decode(one.value!)).filter((value) => value.startsWith(`${pid} `));
      assertEquals(own, Array.from({ length: 300 }, (_, index) => `${pid} ${3 * index + partition}`));
    }
  }
  for (const records of partitions) assertEquals(records.map((one) => one.offset), [...records.keys()]);
}, PROCESSES);

test("fetch() sees a commit of another process in all topics or in none", async (dir) => {
  await using broker = await openLog(dir);
  await broker.createTopics(THREE_TOPICS);
  await using _child = new Child(dir, COMMIT_FOREVER);
  const fetcher = await broker.fetcher();
  let offset = 0;
  while (offset < 2_000) {
    const batches = await fetcher.fetch(
      THREE_TOPICS.map(({ name }) => ({ topic: name, partition: 0, offset })),
      10_000,
    );
    offset = batches[0]!.nextOffset;
    assertEquals(batches.map((batch) => batch.nextOffset), [offset, offset, offset]);
  }
}, PROCESSES);

const THREE_TOPICS = ["t", "u", "v"].map((name) => ({ name, partitions: 1 }));

/** Commits one record to each of the three topics and their number, again and again. */
const COMMIT_FOREVER = `
  const lease = await openJob(${LONG_SESSION_MS});
  for (let committed = 1;; committed++) {
    for (const topic of ["t", "u", "v"]) lease.write({ ...record(String(committed)), topic });
    await lease.commit({ changes: new Map([["committed", String(committed)]]), positions: [] });
  }`;

const COMMIT_WHEN_TOLD = `
  const lease = await openJob(400);
  for await (const line of lines()) {
    if (line === "lost") {
      if (!lease.lost.aborted) await new Promise((resolve) => lease.lost.addEventListener("abort", resolve));
      console.log(lease.lost.reason.name);
      continue;
    }
    lease.write(record("child"));
    await lease.commit({ changes: new Map([["by", "child"]]), positions: [{ topic: "t", partition: 0, offset: 0 }] })
      .then(() => console.log("committed"), (error) => console.log(error.name));
  }`;

const COUNT_IN_TURNS = `
  for (let turn = 0; turn < 10; turn++) {
    const lease = await openJob(${LONG_SESSION_MS});
    const count = Number((await lease.restore()).get("count") ?? 0);
    await lease.commit({ changes: new Map([["count", String(count + 1)]]), positions: [] });
    await lease.close();
  }
  console.log("done");`;

const SEND_THREE_HUNDRED = `
  const producer = await broker.producer();
  for (let index = 0; index < 300; index++) {
    await producer.send([0, 1, 2].map((one) => record(Deno.pid + " " + (3 * index + one))));
  }
  console.log("done");`;

/** What every child can use. */
const PRELUDE = `
  import { openEmbeddedBroker } from "${new URL("../../src/connectors/embedded/mod.ts", import.meta.url).href}";
  const broker = await openEmbeddedBroker({ dir: Deno.args[0] });
  const openJob = (sessionTimeoutMs) => broker.openJob({
    job: "job", topics: ["t"], sessionTimeoutMs, exactlyOnce: true, whenActive: "stand by",
    onStandby: () => {}, signal: new AbortController().signal,
  });
  const record = (value) => ({ topic: "t", key: null, value: new TextEncoder().encode(value), timestampMs: 1 });
  async function* lines() {
    for await (const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) yield* chunk.trim().split("\\n");
  }`;

/** Another process on the same log. It is killed at the end of its block. */
class Child implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: ReadableStreamDefaultReader<string>;

  constructor(dir: string, script: string) {
    const path = Deno.makeTempFileSync({ dir, suffix: ".js" });
    Deno.writeTextFileSync(path, `${PRELUDE}\n${script}`);
    // No more permissions than a program is given.
    const args = ["run", "--no-prompt", "--no-config", `--allow-read=${dir}`, `--allow-write=${dir}`, path, dir];
    this.#process = new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped" }).spawn();
    this.#input = this.#process.stdin.getWriter();
    this.#output = this.#process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  get pid(): number {
    return this.#process.pid;
  }

  kill(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  /** The answer to one line. */
  async ask(line: string): Promise<string> {
    await this.#input.write(encoder.encode(`${line}\n`));
    return await this.line();
  }

  /** The next line of output; children write one at a time. */
  async line(): Promise<string> {
    const { value } = await this.#output.read();
    if (value === undefined) throw new Error("The other process ended early");
    return value.trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.#input.close().catch(() => {});
    await this.#output.cancel();
    await this.#process.status;
  }
}

/** Registers a case with a directory of its own, which is removed afterwards. */
function test(promise: string, body: (dir: string) => Promise<void>, possible = FILES): void {
  const needs = PROCESSES || !FILES ? "--allow-read and --allow-write" : "--allow-run, and signals of POSIX";
  Deno.test({
    name: `embedded: ${promise}${possible ? "" : ` (skipped, it needs ${needs})`}`,
    ignore: !possible,
    sanitizeOps: true,
    sanitizeResources: true,
    async fn() {
      const dir = Deno.makeTempDirSync();
      try {
        await body(dir);
      } finally {
        await Deno.remove(dir, { recursive: true });
      }
    },
  });
}

async function openJob(broker: Broker, request: Partial<BrokerJobRequest>): Promise<BrokerLease> {
  return await broker.openJob({
    job: "job",
    topics: ["t"],
    sessionTimeoutMs: LONG_SESSION_MS,
    exactlyOnce: true,
    whenActive: "stand by",
    onStandby: () => {},
    signal: AbortSignal.timeout(LONG_SESSION_MS / 2),
    ...request,
  });
}

function sleepSync(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Runs a statement on the file, past the broker. */
async function query(dir: string, sql: string, ...values: string[]): Promise<unknown[]> {
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(`${dir}/log.sqlite`, { timeout: 10_000 });
  try {
    return database.prepare(sql).all(...values);
  } finally {
    database.close();
  }
}

function record(topic: string, value: string): OutgoingRecord {
  return { topic, key: null, value: encoder.encode(value), timestampMs: 1_760_000_000_000 };
}

async function send(broker: Broker, records: readonly OutgoingRecord[]): Promise<void> {
  await (await broker.producer()).send(records);
}

/** The values of a topic, partition after partition. */
async function values(broker: Broker, topic: string): Promise<string[]> {
  return (await readAll(broker, topic)).flat().map((one) => decoder.decode(one.value!));
}

function disposable(lease: BrokerLease): AsyncDisposable {
  return { [Symbol.asyncDispose]: () => lease.close() };
}

function namesIn(dir: string): string[] {
  return [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
}

function modeOf(path: string): number {
  return Deno.statSync(path).mode! & 0o777;
}

function granted(name: "read" | "write" | "run"): boolean {
  return Deno.permissions.querySync({ name }).state === "granted";
}
