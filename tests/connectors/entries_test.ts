/** How the embedded log keeps a job's entries: what commits change is appended, what is outdated is compacted. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Broker, BrokerLease } from "../../src/connectors/broker.ts";

const allowed = (["read", "write"] as const).every((name) => Deno.permissions.querySync({ name }).state === "granted");

test("restore() gives entries of all lengths, whatever their keys", async (open) => {
  await using broker = await open();
  const lease = await openJob(broker);
  const entries = new Map([["", "no key"], ["\0", "\0"], ["a\0", "1"], ["a\0b", "\0\0"], ["a", ""], [
    "😀",
    "\ufeff",
  ]]);
  for (let i = 0; i < 10_000; i++) {
    const key = `${i % 3 === 0 ? "\0" : "k"}${String(i).padStart(5, "0")}`;
    entries.set(key, i % 777 === 0 ? `${i}`.repeat(5_000) : `${i}`);
  }
  // Shorter and longer than a segment, than its buffer, and of more bytes than characters.
  for (const length of [16_383, 16_384, 65_535, 65_536, 200_000, 3_000_000]) {
    entries.set(`edge${length}`, "ü".repeat(length));
  }
  await lease.commit({ changes: entries, positions: [] });

  assertSame(await lease.restore(), entries);
});

test("commits that change and delete entries leave the last of each, also for who opens the log later", async (open) => {
  const expected = new Map<string, string>();
  let turn = 0;
  for (let life = 0; life < 3; life++) {
    await using broker = await open();
    const lease = await openJob(broker);
    assertSame(await lease.restore(), expected);
    for (let commit = 0; commit < 60; commit++) {
      // Keys come back in ever other company; some change twice in one commit.
      const changes = Array.from({ length: 300 }, (): [string, string | null, boolean?] => {
        const key = `key ${(turn++ * 7919) % 1_000}`;
        const value = turn % 5 === 0 ? null : `${turn}`.repeat(turn % 40);
        const isStored = expected.has(key);
        if (value === null) expected.delete(key);
        else expected.set(key, value);
        // `isStored` only saves look-ups: without it the result is the same.
        return commit % 3 === 0 ? [key, value] : [key, value, isStored];
      });
      await lease.commit({ changes, positions: [] });
    }
    assertSame(await broker.readCommit("job"), expected);
  }
});

test("entries whose names have much in common are told apart, in more windows than a segment has heads for", async (open) => {
  await using broker = await open();
  const passed: string[] = [];
  const lease = await openJob(broker, (name) => passed.push(name));
  const expected = new Map<string, string>();
  const put = (changes: [string, string | null][], entry: string, value: string | null) => {
    changes.push([entry, value]);
    if (value === null) expected.delete(entry);
    else expected.set(entry, value);
  };
  for (let commit = 0; commit < 60; commit++) {
    const changes: [string, string | null][] = [];
    for (let i = 0; i < 3_000; i++) {
      // Which windows come together changes, and with it which of them have a head.
      const window = (i * 7 + commit * 13) % 60;
      const value = (i + commit) % 6 === 0 ? null : `${commit} ${i}`.repeat(10);
      put(changes, JSON.stringify(["state", "counts", "contents", `${window}:${window + 1}`, `key ${i % 500}`]), value);
      if (i % 3 === 0) put(changes, JSON.stringify(["state", "counts", "seen", "", `key, ${i % 500}`, i]), value);
    }
    await lease.commit({ changes, positions: [] });
  }

  assert(passed.includes("commit: compaction has ended"));
  assertSame(await lease.restore(), expected);
});

test("outdated entries do not pile up, and nothing is compacted while there are none", async (open, dir) => {
  await using broker = await open();
  const passed: string[] = [];
  const lease = await openJob(broker, (name) => passed.push(name));
  const compactions = () => passed.filter((name) => name === "commit: compaction has ended").length;
  const commit = (from: number, isStored: boolean, value: string | null) =>
    lease.commit({
      changes: Array.from({ length: 2_000 }, (_, i) => [`key ${from + i}`, value, isStored]),
      positions: [],
    });
  for (let i = 0; i < 20; i++) await commit(2_000 * i, false, "v".repeat(100));
  assertEquals(compactions(), 0);

  for (let i = 0; i < 200; i++) await commit(0, true, "w".repeat(100));
  assert(compactions() > 0);
  // Some 5 MB of entries live; 200 commits of 250 KB each would be 50 MB.
  const { size } = await Deno.stat(`${dir}/log.sqlite`);
  assert(size < 25_000_000, `${size} bytes`);
  assertEquals((await lease.restore()).size, 40_000);

  for (let i = 0; i < 20; i++) await commit(2_000 * i, true, null);
  assertEquals((await lease.restore()).size, 0);
});

test("a compaction that does not come to its end leaves the commit before it", async (open) => {
  const expected = new Map<string, string>();
  {
    await using broker = await open();
    const lease = await openJob(broker, (name) => {
      if (name === "commit: entries are compacted, not committed") throw new Error("killed here");
    });
    const commit = async () => {
      for (let i = 0; i < 1_000; i++) expected.set(`key ${i}`, `${expected.size} ${i}`.repeat(20));
      await lease.commit({ changes: expected, positions: [] });
    };
    await assertRejects(
      async () => {
        for (let i = 0; i < 1_000; i++) await commit();
      },
      Error,
      "killed here",
    );
    // Nothing comes after the first failure.
    await assertRejects(commit, Error, "killed here");
  }
  await using broker = await open();
  assertSame(await broker.readCommit("job"), expected);
});

const AHEAD = [
  "commit: writing a part ahead has begun",
  "commit: a part is written ahead, not committed",
  "commit: writing a part ahead has ended",
  "commit: the transaction has begun",
  "commit: entries are written",
] as const;

/** So many entries that their commit has four parts. */
function manyEntries(value: string): Map<string, string> {
  return new Map(Array.from({ length: 70_000 }, (_, i) => [`key ${i}`, `${value} ${i}`]));
}

test("a large commit is written in parts, between which others have their turn, and is seen as a whole", async (open) => {
  await using broker = await open();
  await using other = await open();
  const passed: string[] = [];
  const seen: Promise<ReadonlyMap<string, string>>[] = [];
  const lease = await openJob(broker, (name) => {
    passed.push(name);
    if (name === "commit: writing a part ahead has ended") seen.push(other.readCommit("job"));
  });
  const before = new Map([["key 1", "before"]]);
  await lease.commit({ changes: before, positions: [] });
  assertEquals(seen.length, 0);
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  await lease.commit({ changes: manyEntries("a"), positions: [] });
  clearInterval(timer);

  assertEquals([seen.length, turns >= 2], [3, true]);
  for (const entries of seen) assertSame(await entries, before);
  assertSame(await other.readCommit("job"), manyEntries("a"));
  assertSame(await lease.restore(), manyEntries("a"));
  // What comes behind it is committed, too.
  await lease.commit({ changes: new Map([["key 1", "b"]]), positions: [] });
  assertSame(await other.readCommit("job"), manyEntries("a").set("key 1", "b"));
});

for (
  const [nth, name] of AHEAD.flatMap((name) =>
    name.includes("ahead") ? [[1, name], [3, name]] as const : [[1, name] as const]
  )
) {
  test(
    `a large commit that ends at its ${nth}. "${name}" leaves the commit before it, and nothing else`,
    async (open, dir) => {
      {
        await using broker = await open();
        let left = Infinity;
        const lease = await openJob(broker, (point) => {
          if (point === name && --left === 0) throw new Error("killed here");
        });
        await lease.commit({ changes: manyEntries("a"), positions: [] });
        left = nth;
        await assertRejects(() => lease.commit({ changes: manyEntries("b"), positions: [] }), Error, "killed here");
      }
      await using broker = await open();
      assertSame(await broker.readCommit("job"), manyEntries("a"));
      // The next instance goes on from there, whatever is committed first.
      const lease = await openJob(broker);
      await lease.commit({ changes: new Map([["key 2", "c"]]), positions: [] });
      const expected = manyEntries("a").set("key 2", "c");
      assertSame(await lease.restore(), expected);
      await lease.close();
      assertSame(await broker.readCommit("job"), expected);
      const { size } = await Deno.stat(`${dir}/log.sqlite`);
      assert(size < 12_000_000, `${size} bytes`);
    },
  );
}

test("a large commit of an instance that is fenced meanwhile leaves nothing", async (open) => {
  await using broker = await open();
  await using other = await open();
  let next: Promise<BrokerLease> | undefined;
  let left = Infinity;
  const lease = await openJob(broker, (point) => {
    if (point !== "commit: writing a part ahead has ended" || --left > 0 || next !== undefined) return;
    void lease.close();
    next = openJob(other);
  });
  await lease.commit({ changes: manyEntries("a"), positions: [] });
  left = 2;
  await assertRejects(() => lease.commit({ changes: manyEntries("b"), positions: [] }), Error, "lease");

  assertSame(await (await next!).restore(), manyEntries("a"));
});

function assertSame(found: ReadonlyMap<string, string>, expected: ReadonlyMap<string, string>): void {
  assertEquals(found.size, expected.size);
  for (const [key, value] of expected) assert(found.get(key) === value, JSON.stringify(key));
}

function openJob(broker: Broker, faultPoint?: (name: string) => void): Promise<BrokerLease> {
  return broker.openJob({
    job: "job",
    topics: [],
    sessionTimeoutMs: 10_000,
    exactlyOnce: true,
    whenActive: "refuse",
    onStandby: () => {},
    signal: new AbortController().signal,
    ...(faultPoint && { faultPoint }),
  });
}

function test(promise: string, body: (open: () => Promise<Broker>, dir: string) => Promise<void>): void {
  Deno.test({
    name: `embedded log: ${promise}${allowed ? "" : " (skipped: needs --allow-read and --allow-write)"}`,
    ignore: !allowed,
    fn: async () => {
      // node:sqlite is loaded only where files may be used.
      const { openEmbeddedBroker } = await import("../../src/connectors/embedded/mod.ts");
      const dir = await Deno.makeTempDir();
      try {
        await body(() => openEmbeddedBroker({ dir, sync: "normal" }), dir);
      } finally {
        await Deno.remove(dir, { recursive: true });
      }
    },
  });
}
