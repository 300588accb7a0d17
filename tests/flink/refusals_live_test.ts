/** What goes wrong with a job on a cluster is one clear sentence, and the job does not start again and again. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { freePorts } from "../../src/cli/ports.ts";
import { mayRunPrograms, run, succeed, type TestBroker } from "../e2e/programs.ts";
import { liveTest } from "./live.ts";

const JOB = "tests/flink/jobs/odd_job.ts";

/** How `deno task flink run` ends for the odd job. */
async function refused(broker: TestBroker, how: string): Promise<string> {
  const { code, stderr } = await run(broker, "flink", ["run", JOB, "--", how, "--from", "earliest"]);
  assertEquals(code, 1, stderr);
  return stderr;
}

liveTest(
  "a missing topic, another description and a bundle that does not load are one sentence each",
  async ({ broker }) => {
    assertMatch(await refused(broker, "plain"), /^error: Cannot submit the job: .*"odd-in".*$/m);
    await succeed(broker, "topics", ["create", "odd-in", "--partitions", "2"]);

    assertMatch(
      await refused(broker, "differs"),
      /^error: Job "odd_job" failed on the cluster: Cannot run a worker of job "odd_job": it describes another job here than where it was submitted; main\(\) must describe the same whenever it runs, whatever the time and the machine$/m,
    );
    assertMatch(
      await refused(broker, "unloadable"),
      /^error: Job "odd_job" failed on the cluster: The worker of "map", subtask 0 ended with exit code 1:\nerror: .*NotCapable: Requires read access to "\/etc\/hosts"/m,
    );
  },
);

Deno.test({
  name: "no cluster at the address is one sentence",
  ignore: !mayRunPrograms(),
  fn: async () => {
    const [port] = freePorts([0]);
    const address = `http://127.0.0.1:${port}`;
    const nobody = { name: "nobody", env: { FLINK_REST: address, BOOTSTRAP_SERVERS: "127.0.0.1:1" } };
    const { code, stderr } = await run(nobody, "flink", ["run", JOB]);
    assertEquals(code, 1);
    assertStringIncludes(
      stderr,
      `error: No Flink answers at ${address}: start one here with "deno task flink up", or set FLINK_REST to where one is`,
    );
    assertEquals(stderr.trimEnd().split("\n").length, 1, stderr);
  },
});
