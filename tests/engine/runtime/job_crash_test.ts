/**
 * Jobs of random shape over random records, which arrive in random pieces and die at random points: what lasts must be what
 * one undisturbed run over all of it gives, record for record.
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { CrashPoint } from "../../../src/engine/testing/crash.ts";
import { HastyClock } from "./hasty_clock.ts";
import { jobPlan, pieces } from "./random_plans.ts";
import { Run } from "./random_run.ts";

/** A moment at which a job dies: so far through all of its kind that an undisturbed run has. */
interface Death {
  readonly kind: "beforeRecord" | "beforeOutput" | "beforeCommit" | "afterCommit";
  readonly part: number;
}

const deaths: fc.Arbitrary<Death[]> = fc.array(
  fc.record({
    kind: fc.constantFrom("beforeRecord", "beforeOutput", "beforeCommit", "afterCommit"),
    part: fc.double({ min: 0, max: 0.999, noNaN: true }),
  }),
  { minLength: 1, maxLength: 3 },
);

/** When these deaths come, seen from an undisturbed run. */
function crashPointsOf(deaths: readonly Death[], { harness: { store }, recordsIn }: Run): CrashPoint[] {
  const totals = {
    beforeRecord: recordsIn,
    beforeOutput: store.output.length,
    beforeCommit: store.commits.length,
    afterCommit: store.commits.length,
  };
  return deaths.map(({ kind, part }) => ({ [kind]: 1 + Math.floor(part * totals[kind]) }) as unknown as CrashPoint);
}

/** The same runs each time. */
const SEED = 20_260_303;

Deno.test("a job gives the same whether its records come all at once or in pieces", async () => {
  await fc.assert(
    fc.asyncProperty(jobPlan, pieces, async (plan, pieces) => {
      const whole = await new Run(plan).toTheEnd();
      const inPieces = await new Run(plan, pieces).toTheEnd();
      assertEquals(inPieces.lasting(), whole.lasting());
    }),
    { seed: SEED, numRuns: 200 },
  );
});

Deno.test("a job whose windows and timers fire in slices gives the same, also when it dies", async () => {
  await fc.assert(
    fc.asyncProperty(jobPlan, pieces, deaths, async (plan, pieces, deaths) => {
      const atOnce = await new Run(plan, pieces, [], { idleMs: 0 }).toTheEnd();
      const hasty = () => ({ idleMs: 0, clock: new HastyClock() });
      const inSlices = await new Run(plan, pieces, [], hasty()).toTheEnd();
      assertEquals(inSlices.lasting(), atOnce.lasting());
      const disturbed = await new Run(plan, pieces, crashPointsOf(deaths, inSlices), hasty()).toTheEnd();
      assertEquals(disturbed.lasting(), atOnce.lasting());
    }),
    { seed: SEED, numRuns: 150 },
  );
});

Deno.test("a job that dies, and dies again, gives what an undisturbed run gives, record for record", async () => {
  let [crashes, records] = [0, 0];
  await fc.assert(
    fc.asyncProperty(jobPlan, pieces, fc.array(deaths, { minLength: 4, maxLength: 4 }), async (plan, pieces, lives) => {
      const undisturbed = await new Run(plan, pieces).toTheEnd();
      for (const deaths of lives) {
        const disturbed = await new Run(plan, pieces, crashPointsOf(deaths, undisturbed)).toTheEnd();
        assertEquals(disturbed.lasting(), undisturbed.lasting());
        crashes += disturbed.crashes;
        records += disturbed.harness.store.output.length;
      }
    }),
    { seed: SEED, numRuns: 300 },
  );
  // Not for lack of either.
  assert(crashes > 1_000 && records > 10_000, `${crashes} crashes, ${records} records`);
});
