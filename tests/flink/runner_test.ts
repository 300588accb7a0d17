/** The Java part, by its own tests: Flink's operator harness around a small worker, and the golden frames. */
import { assert } from "@std/assert";
import { runnerJar } from "../../src/cli/flink/runner_jar.ts";
import { javaMissing, mavenMissing } from "../../src/cli/maven.ts";

const mayRun = (await Deno.permissions.query({ name: "run" })).state === "granted";
const missing = mayRun
  ? await javaMissing("the runner's tests") ?? await mavenMissing("build the runner")
  : "it needs to run Java and Maven";

Deno.test({
  name: missing === undefined
    ? "the runner is built, and its tests in Java pass"
    : `the runner is built, and its tests in Java pass (skipped: ${missing})`,
  ignore: missing !== undefined,
  async fn() {
    const { path } = await runnerJar();
    assert((await Deno.stat(path)).size > 1_000_000);
  },
});
