import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { JobError } from "../../../src/engine/errors.ts";
import type { StreamGraph, StreamNode } from "../../../src/engine/graph.ts";
import { CommitEntryError } from "../../../src/engine/commit_format.ts";
import { takeNonRestored } from "../../../src/engine/runtime/snapshot.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { windowCounts } from "../counting_job.ts";
import { SteppedJob } from "../stepped_job.ts";
import { at, ScriptSource } from "../script_source.ts";

function graphOf(...uids: readonly string[]): StreamGraph {
  return { nodes: uids.map((uid) => ({ uid }) as StreamNode) };
}

/** A job whose counting operator has a uid that can change between two runs. */
function renamedJob(source: ScriptSource<string>): { rig: SteppedJob; uid: (uid: string) => void } {
  let uid = "counts";
  const rig = new SteppedJob((env, { store }) => {
    const texts = env.fromSource(source, WatermarkStrategy.forMonotonousTimestamps(), "texts");
    windowCounts(texts).uid(uid).sinkTo(store.sink("out")).name("out");
  });
  return { rig, uid: (next) => uid = next };
}

/** Entries of the store that begin so: `["state","counts"`. */
function entriesOf(rig: SteppedJob, uid: string): string[] {
  return [...rig.store.entries.keys()].filter((entry) => (JSON.parse(entry) as string[])[1] === uid);
}

Deno.test("takeNonRestored() names an entry that no job has written", () => {
  const entries = new Map([["rubbish", "0"]]);
  assertThrows(() => takeNonRestored(entries, graphOf()), CommitEntryError, 'no job has written, "rubbish"');
});

Deno.test("takeNonRestored() takes out all entries of operators that the job does not have, and no others", () => {
  const kept = new Map([['["job"]', "{}"], ['["split","texts","s-0"]', "{}"], [
    '["state","counts","sum","","a"]',
    "1",
  ]]);
  const gone = [
    '["state","old","sum","","a"]',
    '["timer","old",9,"","a"]',
    '["processing-timer","older",9,"","a"]',
    '["split","old source","s-0"]',
    '["sink","old sink"]',
  ];
  const entries = new Map([...kept, ...gone.map((entry) => [entry, "0"] as const)]);

  const taken = takeNonRestored(entries, graphOf("texts", "counts"));

  assertEquals(entries, kept);
  assertEquals([...taken], [
    ["old", gone.slice(0, 2)],
    ["older", gone.slice(2, 3)],
    ["old source", gone.slice(3, 4)],
    ["old sink", gone.slice(4)],
  ]);
});

Deno.test("a job refuses state of an operator that it no longer has, and keeps it", async () => {
  const source = new ScriptSource<string>({ s: [at(3, "a 1")] });
  const { rig, uid } = renamedJob(source);
  await rig.execute();
  const before = new Map(rig.store.entries);
  assertEquals(entriesOf(rig, "counts").length > 0, true);

  uid("sums");
  await assertRejects(
    () => rig.execute(),
    JobError,
    'Cannot restore job "stats": its commit holds state of "counts", which the job no longer has; give the operator its ' +
      "old uid() back, drop that state with --allow-non-restored-state, or forget the commit with --reset",
  );
  assertEquals(rig.store.entries, before);
});

Deno.test("allowNonRestoredState drops that state with the first commit, says so, and leaves the rest as it was", async () => {
  const source = new ScriptSource<string>({ s: [at(3, "a 1"), at(4, "b 1")] });
  const { rig, uid } = renamedJob(source);
  await rig.execute();
  const count = entriesOf(rig, "counts").length;
  const positions = entriesOf(rig, "texts").map((entry) => rig.store.entries.get(entry));
  assertEquals(positions.length, 1);
  rig.log.length = 0;

  uid("sums");
  await rig.execute({ allowNonRestoredState: true });

  assertEquals(entriesOf(rig, "counts"), []);
  assertEquals(entriesOf(rig, "texts").map((entry) => rig.store.entries.get(entry)), positions);
  assertEquals(rig.logged.filter((line) => line.includes("drops")), [
    `warn: drops the state of "counts" (${count} entries), which the job no longer has`,
  ]);
  // What it dropped is gone for good: no flag is needed any more, nothing is said again.
  rig.log.length = 0;
  await rig.execute();
  assertEquals(rig.logged.filter((line) => line.includes("drops")), []);
});

Deno.test("allowNonRestoredState changes nothing where the job has all its operators", async () => {
  const source = new ScriptSource<string>({ s: [at(3, "a 1")] });
  const { rig } = renamedJob(source);
  await rig.execute();
  const before = new Map(rig.store.entries);

  await rig.execute({ allowNonRestoredState: true });

  assertEquals(rig.store.entries, before);
});
