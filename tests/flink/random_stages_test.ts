/** Jobs of random shape through stages and workers: record for record what one undisturbed run at home gives. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type JobPlan, jobPlan } from "../engine/runtime/random_plans.ts";
import {
  byKey,
  endsOf,
  forCluster,
  inNoOrder,
  keptByStages,
  ofWindows,
  OPTIONS,
  outcomeAtHome,
  outcomeOf,
  overTopics,
  recordsOf,
  runsInParallel,
  timedByFlink,
} from "./random_stages.ts";
import { type RigOptions, StageRig } from "./stage_rig.ts";

/** The same runs each time. */
const SEED = 20_260_303;

/** How a job runs once it is started anew. */
interface Life extends RigOptions {
  /** How many records have come before, up to the checkpoint from which it goes on. */
  readonly records: number;
  /** How many have come behind that checkpoint, in vain. */
  readonly lost: number;
}

const life: fc.Arbitrary<Life> = fc.record({
  parallelism: fc.integer({ min: 1, max: 3 }),
  batch: fc.constantFrom(1, 7, 1_000),
  records: fc.nat({ max: 15 }),
  lost: fc.nat({ max: 5 }),
});
const severalLives = fc.array(life, { minLength: 1, maxLength: 5 });

async function openInOrder(plan: JobPlan, rig: RigOptions): Promise<StageRig> {
  return await StageRig.openFor({ define: overTopics(plan), options: OPTIONS, rig, ends: endsOf(plan) });
}

/** Runs a job to its end. @param lives the first is as the rig was opened, and begins at the first record */
async function live(stages: StageRig, plan: JobPlan, lives: readonly Life[]): Promise<void> {
  const left = recordsOf(plan);
  for (const { records, lost, ...rig } of lives.slice(1)) {
    await stages.feed(left.splice(0, records));
    await stages.checkpoint();
    await stages.feed(left.slice(0, lost));
    await stages.crash(rig);
  }
  await stages.feed(left);
  await stages.end();
}

Deno.test("a job gives through stages what it gives at home, record by record and in batches", async () => {
  let [records, letters, entries, batches, rows] = [0, 0, 0, 0, 0];
  await fc.assert(
    fc.asyncProperty(jobPlan, async (drawn) => {
      for (const batch of [1, 7, 1_000]) {
        const plan = batch === 1 ? forCluster(drawn) : timedByFlink(forCluster(drawn));
        const { outcome, kept } = await outcomeAtHome(plan);
        const stages = await openInOrder(plan, { parallelism: 1, batch });
        await stages.feed(recordsOf(plan));
        await stages.end();
        assertEquals(outcomeOf(stages.results), outcome, `batch ${batch}`);
        assertEquals(await keptByStages(plan, stages), kept, `state with batch ${batch}`);
        records += Object.values(outcome.records).flat().length;
        letters += outcome.letters.length;
        entries += kept.timers.length + Object.keys(kept.state).length;
        if (batch === 1) continue;
        batches += stages.handed.batches;
        rows += stages.handed.rows;
      }
    }),
    { seed: SEED, numRuns: 100 },
  );
  // Not for lack of them.
  assert(records > 4_000 && letters > 1_000, `${records} records, ${letters} dead letters`);
  assert(entries > 1_000, `${entries} entries of state and timers`);
  assert(rows > 2 * batches, `${rows} rows in ${batches} batches`);
});

Deno.test("a job gives through stages that die and are rescaled what it gives at home, key by key", async () => {
  let crashes = 0;
  await fc.assert(
    fc.asyncProperty(jobPlan, severalLives, async (drawn, drawnLives) => {
      const plan = timedByFlink(forCluster(drawn));
      const lives = drawnLives.map((life) => runsInParallel(plan) ? life : { ...life, parallelism: 1 });
      const { outcome } = await outcomeAtHome(plan);
      const stages = await openInOrder(plan, lives[0]!);
      await live(stages, plan, lives);
      crashes += lives.length - 1;
      assertEquals(byKey(outcomeOf(stages.results)), byKey(outcome));
    }),
    { seed: SEED, numRuns: 150 },
  );
  assert(crashes > 250, `${crashes} crashes`);
});

Deno.test("windows give through stages what they give at home though event time is far behind the records", async () => {
  let [batches, rows] = [0, 0];
  await fc.assert(
    fc.asyncProperty(jobPlan, severalLives, async (drawn, drawnLives) => {
      const plan = ofWindows(forCluster(drawn));
      const lives = drawnLives.map((life) => ({ ...life, batch: Math.max(7, life.batch) }));
      const { outcome } = await outcomeAtHome(plan);
      const stages = await StageRig.open(overTopics(plan), OPTIONS, lives[0]!);
      await live(stages, plan, lives);
      assertEquals(inNoOrder(outcomeOf(stages.results)), inNoOrder(outcome));
      batches += stages.handed.batches;
      rows += stages.handed.rows;
    }),
    { seed: SEED, numRuns: 100 },
  );
  assert(rows > 2 * batches, `${rows} rows in ${batches} batches`);
});
