import { assert, assertEquals, assertMatch } from "@std/assert";
import { JobsWatch } from "../../src/cli/top.ts";
import { renderTop } from "../../src/cli/top/screen.ts";
import type { Broker } from "../../src/connectors/broker.ts";
import { BrokerUnavailableError } from "../../src/connectors/broker_errors.ts";
import { jobsOf, type SeenJob } from "../../src/connectors/seen_jobs.ts";
import type { InstanceState, JobStatus } from "../../src/engine/mod.ts";
import { node } from "./node_status.ts";

const NOW_MS = Date.parse("2026-03-01T12:34:56.789Z");

function report(job: string, state: InstanceState = "running", ago = 500, of: Partial<JobStatus> = {}) {
  const status: JobStatus = {
    format: 1,
    job,
    instance: job,
    process: "process 7",
    startedAtMs: NOW_MS - 65_000,
    atMs: NOW_MS - ago,
    intervalMs: 1_000,
    sessionTimeoutMs: 10_000,
    state,
    sinceMs: NOW_MS - 65_000,
    restarts: 0,
    attempt: {
      records: { in: 4_000, out: 40, filtered: 0, late: 0, dead: 2, failed: 0, ahead: 0 },
      inPerSecond: 31.5,
      outPerSecond: 9.6,
      lag: 12,
      time: { busy: 0.25, waiting: 0, idle: 0.75 },
      nodes: [
        node("flights", {
          kind: "source",
          operation: 'topic "flightdata"',
          outputWatermarkMs: NOW_MS - 1_500,
          inPerSecond: 31.5,
          recordsIn: 4_000,
          splits: [{
            id: "flightdata-3",
            status: "caughtUp",
            position: 1,
            lag: 12,
            watermarkMs: NOW_MS - 1_500,
            silentMs: 2_000,
            idle: false,
            finished: false,
          }],
        }),
        node("totals", {
          operation: "window reduce",
          inputWatermarkMs: NOW_MS - 1_500,
          timers: { count: 67, nextMs: NOW_MS + 2_500 },
          stateEntries: { contents: 67, total: 100 },
          topKeys: {
            samples: 1_000,
            keys: [{ key: "ANNA@email.com", count: 214 }, { key: "BEN@email.com", count: 33 }],
          },
        }),
        node("results", { kind: "sink", operation: 'topic "userstatistics"' }),
      ],
      edges: [{ from: "flights", to: "totals" }, { from: "totals", to: "results" }],
      commits: {
        intervalMs: 1_000,
        count: 1,
        uncommitted: 0,
        newest: [{ atMs: NOW_MS - 600, durationMs: 3, bytes: 1, entries: 1, records: 1 }],
      },
    },
    ...of,
  };
  return { job, instance: job, atMs: status.atMs, text: JSON.stringify(status) };
}

function render(jobs: readonly SeenJob[], size: { columns?: number; rows?: number } = {}, trouble?: string): string[] {
  const full = { columns: 94, rows: 14, colours: false, ...size };
  return renderTop({ broker: "embedded log in .broker", jobs, nowMs: NOW_MS, trouble }, full);
}

Deno.test("top shows what flows through a job, what it waits for, and its operators", () => {
  assertEquals(render(jobsOf([report("stats")], NOW_MS)).map((line) => line.trimEnd()), [
    " top  embedded log in .broker                                                       12:34:56Z",
    "",
    " stats  running 65 s            12 behind  2 dead letters  commit 0.6 s ago (3 ms)  busy 25 %",
    "   flightdata  31.5/s ──▶ 9.6/s  userstatistics",
    "   in process 7",
    '   the first of 67 windows of "totals" closes in 4 s, waits for flightdata-3, silent for 2 s',
    "                in/s  out/s     in  event time  kept",
    "     flights  31.5/s  0.0/s  4,000     1 s ago",
    "     totals    0.0/s  0.0/s      0        none  67 windows, 167 entries",
    "     results   0.0/s  0.0/s      0        none",
    "     top keys of totals  ANNA@email.com 21 %  BEN@email.com 3.3 %",
    "",
    "",
    "",
  ]);
});

Deno.test("top is as large as the terminal, whatever there is to show", () => {
  const jobs = jobsOf(
    Array.from({ length: 60 }, (_, i) => report(`${"long_name_".repeat(i)}${i}`, i % 3 === 0 ? "failed" : "running")),
    NOW_MS,
  );
  for (const columns of [20, 40, 80, 200]) {
    for (const rows of [1, 5, 24, 400]) {
      const lines = render(jobs, { columns, rows }, "the broker is away");
      assertEquals(lines.length, rows);
      for (const line of lines) assertEquals([...line].length, columns, `${columns}×${rows}: ${line}`);
    }
  }
});

Deno.test("top drops operators first, and then says how many jobs have no room", () => {
  const jobs = jobsOf([report("a"), report("b"), report("c"), report("d")], NOW_MS);
  const shown = (rows: number) => {
    const lines = render(jobs, { rows }).map((line) => line.trim());
    return {
      jobs: lines.filter((line) => /^[a-d] {2}running/.test(line)).length,
      tables: lines.filter((line) => line.startsWith("in/s")).length,
      last: lines.findLast((line) => line !== "")!,
    };
  };
  assertEquals([shown(60).jobs, shown(60).tables], [4, 4]);
  assertEquals([shown(26).jobs, shown(26).tables], [4, 1]);
  assertEquals([shown(21).jobs, shown(21).tables], [4, 0]);
  assertEquals([shown(14).jobs, shown(14).last], [2, "and 2 more: deno task jobs"]);
});

Deno.test("top shows jobs that run unless all are asked for, and goes on when the broker does not answer", async () => {
  let isAway = false;
  const broker = {
    description: "Kafka at x:1",
    statusReports: () => {
      if (isAway) return Promise.reject(new BrokerUnavailableError("Kafka does not answer"));
      return Promise.resolve([
        report("a"),
        report("b", "finished"),
        report("c", "running", 60_000),
        report("d", "failed"),
      ]);
    },
  } as unknown as Broker;
  const named = ({ jobs }: { jobs: readonly SeenJob[] }) => jobs.map(({ job, state }) => `${job} ${state}`);
  const watch = new JobsWatch(broker, false);
  await watch.look(NOW_MS);
  assertEquals(named(watch.state(NOW_MS)), ["a running", "d failed"]);
  const all = new JobsWatch(broker, true);
  await all.look(NOW_MS);
  assertEquals(named(all.state(NOW_MS)), ["a running", "b finished", "c gone", "d failed"]);

  isAway = true;
  await watch.look(NOW_MS);
  assertEquals(named(watch.state(NOW_MS)), ["a running", "d failed"]);
  const [, second] = renderTop(watch.state(NOW_MS), { columns: 80, rows: 10, colours: true });
  assertMatch(second!, /Kafka does not answer/);
  isAway = false;
  await watch.look(NOW_MS);
  assert(watch.state(NOW_MS).trouble === undefined);
});
