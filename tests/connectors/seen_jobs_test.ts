import { assertEquals } from "@std/assert";
import { jobsOf } from "../../src/connectors/seen_jobs.ts";
import type { AttemptStatus, JobStatus } from "../../src/engine/mod.ts";

const NOW_MS = 1_000_000;

/** The report of an instance, so many ms old. */
function report(instance: string, ago: number, status: Partial<JobStatus>) {
  const full = {
    format: 1,
    job: "stats",
    instance,
    startedAtMs: 0,
    atMs: NOW_MS - ago,
    intervalMs: 1_000,
    sessionTimeoutMs: 10_000,
    state: "running",
    sinceMs: 0,
    restarts: 0,
    ...status,
  };
  return { job: full.job, instance, atMs: full.atMs, text: JSON.stringify(full) };
}

/** "stats running a, standby b c": each job with its state, the instance at work and those that stand by. */
function seen(...reports: readonly ReturnType<typeof report>[]): string[] {
  return jobsOf(reports, NOW_MS).map(({ job, state, instance, standby }) =>
    [job, state, instance.status.instance, ...standby.map(({ status }) => status.instance)].join(" ")
  );
}

Deno.test("a job is what its living instance is, beside those that stand by and those that have ended", () => {
  assertEquals(
    seen(
      report("failed", 500, { state: "failed" }),
      report("second", 100, { state: "standby", startedAtMs: 2 }),
      report("first", 200, { state: "standby", startedAtMs: 1 }),
      report("active", 900, {}),
    ),
    ["stats running active first second"],
  );
  assertEquals(seen(report("a", 0, { job: "b" }), report("c", 0, { job: "a" })), ["a running c", "b running a"]);
});

Deno.test("an instance that has reported nothing for its session timeout is gone, unless it has ended", () => {
  assertEquals(seen(report("a", 11_000, {})), ["stats running a"]);
  assertEquals(seen(report("a", 11_001, {})), ["stats gone a"]);
  assertEquals(seen(report("a", 11_001, { state: "restarting" })), ["stats gone a"]);
  assertEquals(seen(report("a", 3_001, { sessionTimeoutMs: 2_000 })), ["stats gone a"]);
  assertEquals(seen(report("a", 80_000_000, { state: "finished" })), ["stats finished a"]);
  // The one that stood by takes over.
  assertEquals(seen(report("a", 12_000, {}), report("b", 100, { state: "standby" })), ["stats standby b"]);
  assertEquals(seen(report("a", 12_000, {}), report("b", 100, {})), ["stats running b"]);
});

Deno.test("an instance that ended is the job only until another one reports later", () => {
  assertEquals(seen(report("a", 20_000, { state: "stopped" }), report("b", 15_000, {})), ["stats gone b"]);
  assertEquals(seen(report("a", 15_000, { state: "stopped" }), report("b", 20_000, {})), ["stats stopped a"]);
});

Deno.test("an instance that runs without progress is stuck", () => {
  const attempt = { stuck: { forMs: 12_000, waitsFor: "the commit" } } as AttemptStatus;
  assertEquals(seen(report("a", 0, { attempt })), ["stats stuck a"]);
  assertEquals(seen(report("a", 0, { attempt, state: "restarting" })), ["stats restarting a"]);
});

Deno.test("reports of another format are left out", () => {
  assertEquals(seen(report("a", 0, { format: 2 }), { job: "x", instance: "y", atMs: 0, text: "broken" }), []);
});
