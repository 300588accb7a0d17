import { assert, assertEquals } from "@std/assert";
import type { SeenJob } from "../../src/connectors/seen_jobs.ts";
import { History, HISTORY_MS } from "../../src/dashboard/history.ts";
import { seenJob } from "./seen_job.ts";

/** A job as its report of that moment shows it. */
function at(atMs: number, of: Partial<Parameters<typeof seenJob>[0]> = {}): SeenJob {
  return seenJob({ atMs, ...of });
}

Deno.test("History keeps a point for each report, once, and forgets it after an hour", () => {
  const history = new History();
  for (let second = 0; second <= 4_000; second++) {
    history.add(at(second * 1_000, { attempt: { inPerSecond: second } }));
    history.add(at(second * 1_000)); // looked at twice between two reports
  }
  const points = history.of("job");
  assertEquals(points.length, HISTORY_MS / 1_000);
  assertEquals([points[0]!.atMs, points.at(-1)!.atMs], [401_000, 4_000_000]);
  assertEquals(points.at(-1)!.inPerSecond, 4_000);
  assertEquals(history.of("job", 3_998_000).map(({ atMs }) => atMs), [3_999_000, 4_000_000]);
  assertEquals(history.of("job", 9e15), []);
  assertEquals(history.of("another"), []);
});

Deno.test("History has the longest of the commits since the last point, and nothing of those before", () => {
  const history = new History();
  const commit = (atMs: number, durationMs: number, latencyMs?: number) => ({
    atMs,
    durationMs,
    bytes: 1,
    entries: 1,
    records: 1,
    ...latencyMs !== undefined && { latencyMs },
  });
  history.add(at(1_000, { commits: [commit(500, 9), commit(900, 3, 40)] }));
  history.add(at(2_000, { commits: [commit(500, 9), commit(900, 3, 40)] }));
  history.add(at(3_000, { commits: [commit(900, 3, 40), commit(2_500, 5, 70), commit(2_900, 4)] }));
  assertEquals(history.of("job").map(({ commitMs, latencyMs }) => [commitMs, latencyMs]), [[9, 40], [null, null], [
    5,
    70,
  ]]);
});

Deno.test("History keeps nothing of a job that is gone or stands by, and 500 jobs at most", () => {
  const history = new History();
  history.add(at(1_000, { state: "gone" }));
  history.add(at(1_000, { state: "standby" }));
  assertEquals(history.of("job"), []);
  for (let n = 0; n <= 500; n++) history.add(at(1_000, { job: `job-${n}` }));
  assertEquals(history.of("job-0"), [], "the one that was heard of first is forgotten");
  assert(history.of("job-1").length === 1 && history.of("job-500").length === 1);
});
