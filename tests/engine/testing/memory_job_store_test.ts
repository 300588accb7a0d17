import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { DeadLetter, JobRequest } from "../../../src/engine/job_store.ts";
import { MemoryJobStore, writerOf } from "../../../src/engine/testing/memory_job_store.ts";

const request = (exactlyOnce = true): JobRequest => ({
  job: "job",
  topics: [],
  exactlyOnce,
  sessionTimeoutMs: 1_000,
  whenActive: "stand by",
  onStandby: () => {},
  signal: new AbortController().signal,
});
const letter: DeadLetter = {
  origin: undefined,
  timestampMs: 1,
  operator: "op",
  errorClass: "LateRecord",
  message: "late",
  attempt: 1,
};

Deno.test("a commit makes entries, output and letters last together; what follows it is gone with the session", async () => {
  const store = new MemoryJobStore();
  const session = await store.openJob(request());
  const writer = writerOf<string>(session, "out");
  writer.write("a", 1);
  session.deadLetter(letter);
  assertEquals([session.pendingRecords, store.values, store.letters], [2, [], []]);
  await session.commit({ changes: [["x", "1"], ["y", "2"]], positions: [] });
  await session.commit({ changes: [["x", null]], positions: [{ topic: "s", partition: 0, offset: 3 }] });
  writer.write("b", 2);
  await session.close();

  assertEquals([session.pendingRecords, store.values, store.letters], [0, ["a"], [letter]]);
  assertEquals([...store.entries], [["y", "2"]]);
  assertEquals(store.commits.map(({ positions }) => positions.length), [0, 1]);
  assertEquals(await (await store.openJob(request())).restore(), new Map([["y", "2"]]));
});

Deno.test("what is taken back is never committed", async () => {
  const store = new MemoryJobStore();
  const session = await store.openJob(request());
  const writer = writerOf<string>(session, "out");
  for (const word of ["a", "b", "c"]) writer.write(word, 1);
  writer.takeBack!(2);
  await session.commit({ changes: [], positions: [] });

  assertEquals(store.values, ["a"]);
});

Deno.test("flush() makes output last only for a job that delivers at least once", async () => {
  for (const exactlyOnce of [true, false]) {
    const store = new MemoryJobStore();
    const session = await store.openJob(request(exactlyOnce));
    writerOf<string>(session, "out").write("a", 1);
    await session.flush();
    assertEquals(store.values, exactlyOnce ? [] : ["a"]);
  }
});

Deno.test("commit() keeps nothing when beforeCommit throws, and all when afterCommit does", async () => {
  for (const [hook, kept] of [["beforeCommit", 0], ["afterCommit", 1]] as const) {
    const store = new MemoryJobStore();
    store[hook] = (number) => {
      throw new Error(`commit ${number} failed`);
    };
    const session = await store.openJob(request());
    await assertRejects(() => session.commit({ changes: [["x", "1"]], positions: [] }), Error, "commit 1 failed");
    assertEquals([store.entries.size, store.commits.length, store.attemptedCommits], [kept, kept, 1]);
  }
});

Deno.test("commit() refuses who has lost the job or closed the session", async () => {
  const store = new MemoryJobStore();
  const session = await store.openJob(request());
  await assertRejects(() => store.openJob(request()), Error, "A second session was opened beside an open one");
  session.lose(new Error("Another instance took over"));
  await assertRejects(
    () => session.commit({ changes: [["x", "1"]], positions: [] }),
    Error,
    "Another instance took over",
  );
  await session.close();
  await assertRejects(() => session.commit({ changes: [["x", "1"]], positions: [] }), Error, "The session is closed");
  assertEquals(store.entries.size, 0);
});

Deno.test("a sink refuses a job whose store is another one", () => {
  assertThrows(
    () => writerOf(undefined, "out"),
    TypeError,
    'Cannot open test sink "out": the job\'s store must be a MemoryJobStore',
  );
});
