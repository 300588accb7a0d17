/** The experiment of `deno task chaos --flink`, in short, and what it would notice. */
import { assert, assertEquals } from "@std/assert";
import { isExact } from "../../chaos/flink/bookings.ts";
import { differencesOf, flinkText } from "../../chaos/flink/command.ts";
import { FLINK_FAULTS } from "../../chaos/flink/faults.ts";
import { disturbancesFor, type FlinkChaosOptions, rescaling, runFlinkChaos } from "../../chaos/flink/run.ts";
import { liveTest, longLiveTest, TEST_CLUSTER } from "./live.ts";

const { worker, taskManager, jobManager } = FLINK_FAULTS;

/** Runs the experiment; what it has written must be exact, and not nearly nothing. */
async function survive(experiment: Pick<FlinkChaosOptions, "disturbances" | "finite">): Promise<void> {
  const result = await runFlinkChaos({
    ...experiment,
    seed: 7,
    clusterOptions: TEST_CLUSTER,
    signal: new AbortController().signal,
    onProgress: () => {},
  });
  const differences = differencesOf(result);
  assertEquals(differences.filter((difference) => !isExact(difference)), [], flinkText(result));
  assert(differences.every(({ records }) => records > 100), flinkText(result));
  assertEquals(result.rounds.length, experiment.disturbances.length);
  assertEquals(result.finite.length, 2 * experiment.finite.length);
}

liveTest("s16 and s20 on a cluster write what they must when a worker and a TaskManager are killed", async () => {
  await survive({ disturbances: [worker, taskManager], finite: [] });
});

longLiveTest(
  "s16 and s20 on a cluster write what they must when the JobManager is killed and both are rescaled",
  async () => {
    await survive({ disturbances: [jobManager, rescaling(2, 3), worker], finite: [] });
  },
);

longLiveTest(
  "s16 and s20 on a cluster write what they must when a TaskManager is killed before their ends",
  async () => {
    await survive({ disturbances: [], finite: [taskManager] });
  },
);

Deno.test("isExact() sees what is lost, doubled, out of order and dead", () => {
  const exact = { job: "s16", records: 9, lost: 0, doubled: 0, disordered: 0, behind: 3, letters: 0 } as const;
  assert(isExact(exact));
  for (const what of ["lost", "doubled", "disordered", "letters"]) assert(!isExact({ ...exact, [what]: 1 }), what);
});

Deno.test("disturbancesFor() has every fault and both rescalings among thirty", () => {
  const names = new Set(disturbancesFor(30, 1).map(({ name }) => name));
  assertEquals(names.size, Object.keys(FLINK_FAULTS).length + 2);
});
