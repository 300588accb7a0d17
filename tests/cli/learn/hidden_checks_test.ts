import { assertEquals } from "@std/assert";
import { type Check, wrong } from "../../../src/cli/learn/checks.ts";
import { runChecks } from "../../../src/cli/learn/run_checks.ts";

Deno.test("runChecks() shows what a hidden check is about when it passes, and not before", async () => {
  const passes: Check<object> = { hidden: true, shows: "one", run() {} };
  const fails: Check<object> = { hidden: true, shows: "two", run: () => wrong("no") };
  const waits: Check<object> = { hidden: true, shows: "three", run() {} };
  const { results } = await runChecks([passes, fails, waits], {}, { source: "", fileName: "a.ts" });
  const HIDDEN = "a check that you see when it passes";
  assertEquals(results.map(({ shows, status }) => [shows, status]), [
    ["one", "passed"],
    [HIDDEN, "failed"],
    [HIDDEN, "waiting"],
  ]);
});
