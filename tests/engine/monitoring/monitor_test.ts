import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { StreamExecutionEnvironment } from "../../../src/engine/api/environment.ts";
import { JobError } from "../../../src/engine/errors.ts";
import { ProcessFunction } from "../../../src/engine/functions/process_functions.ts";
import type { Collector, RuntimeContext } from "../../../src/engine/functions/functions.ts";
import type { ProcessContext } from "../../../src/engine/functions/process_functions.ts";
import { OperatorMetrics } from "../../../src/engine/functions/metric_group.ts";
import type { AttemptStatus, InstanceState, JobStatus } from "../../../src/engine/job_status.ts";
import { healthOf, readinessOf } from "../../../src/engine/monitoring/health.ts";
import { METRICS } from "../../../src/engine/monitoring/metrics_table.ts";
import { parseAddress } from "../../../src/engine/monitoring/monitor.ts";
import { MemoryJobStore } from "../../../src/engine/testing/memory_job_store.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { windowCounts } from "../counting_job.ts";
import { at, bad, ScriptSource } from "../script_source.ts";
import { METRICS_DOC, unaligned, withTables } from "./metrics_doc.ts";

const mayServe = ["net", "read"].every((name) =>
  Deno.permissions.querySync({ name } as Deno.PermissionDescriptor).state === "granted"
);

/** Counts its records, and knows the length of the last one. */
class Measured extends ProcessFunction<string, string> {
  #length = 0;
  #count = () => {};

  override open(context: RuntimeContext): void {
    const counter = context.metrics().counter("measured");
    this.#count = () => counter.inc();
    context.metrics().gauge("length", () => this.#length);
  }

  override processElement(text: string, _context: ProcessContext, out: Collector<string>): void {
    this.#length = text.length;
    this.#count();
    out.collect(text);
  }
}

interface Page {
  readonly status: number;
  readonly body: string;
}

/** Runs a job with a server of its own, and lets `look` get pages of it; "/" is not needed. */
async function served(look: (get: (path: string) => Promise<Page>) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const found = Promise.withResolvers<string>();
  const store = new MemoryJobStore();
  const source = new ScriptSource<string>({ 's-"0"': [at(1, "a 1"), at(2, "b 1"), bad(3, "no text"), at(25, "a 1")] });
  const env = new StreamExecutionEnvironment({
    jobName: "stats",
    store,
    from: "earliest",
    http: "0",
    commitIntervalMs: 10,
    signal: stop.signal,
    logger: {
      debug: () => {},
      info: (line) => {
        const [, url] = /metrics at (http:\S+)\/metrics/.exec(line) ?? [];
        if (url !== undefined) found.resolve(url);
      },
      warn: () => {},
      error: () => {},
    },
  });
  const texts = env.fromSource(source, WatermarkStrategy.forMonotonousTimestamps(), "texts");
  windowCounts(texts.process(new Measured()).name("measured")).sinkTo(store.sink("out")).name("out");
  const running = env.execute();
  try {
    const url = await found.promise;
    // The second commit has the output: from then on all is said.
    while (store.output.length < 2) await new Promise((wake) => setTimeout(wake, 5));
    await look(async (path) => {
      const response = await fetch(`${url}${path}`);
      return { status: response.status, body: await response.text() };
    });
  } finally {
    stop.abort();
    await running;
  }
}

function servingTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: mayServe ? name : `${name} (skipped: it needs the network)`, ignore: !mayServe, fn });
}

servingTest(
  "/metrics has what the job did, with its own metrics, and labels that nothing can break",
  () =>
    served(async (get) => {
      const { status, body } = await get("/metrics");
      assertEquals(status, 200);
      const lines = body.split("\n");
      for (
        const line of [
          'stream_numRecordsIn_total{job_name="stats",operator_name="texts"} 4',
          'stream_numRecordsInErrors_total{job_name="stats",operator_name="texts"} 1',
          'stream_numRecordsIn_total{job_name="stats",operator_name="out"} 2',
          'stream_numEventTimeTimers{job_name="stats",operator_name="counts"} 1',
          'stream_currentInputWatermark{job_name="stats",operator_name="counts"} 24',
          'stream_pendingRecords{job_name="stats",operator_name="texts"} 0',
          'stream_partitionCurrentWatermark{job_name="stats",operator_name="texts",partition="s-\\"0\\""} 24',
          'stream_user_measured_total{job_name="stats",operator_name="measured"} 3',
          'stream_user_length{job_name="stats",operator_name="measured"} 3',
          'stream_numDeadLetters_total{job_name="stats"} 1',
          'stream_jobState{job_name="stats",state="running"} 1',
          'stream_jobState{job_name="stats",state="standby"} 0',
        ]
      ) assert(lines.includes(line), `${line} is not in\n${body}`);
      assertMatch(body, /^stream_checkpointDuration_seconds_count\{job_name="stats"\} [1-9]/m);
      assertMatch(body, /^stream_latency_seconds_count\{job_name="stats"\} [1-9]/m);
    }),
);

servingTest("/healthz and /readyz answer in words, and nothing else is there", () =>
  served(async (get) => {
    assertEquals(await get("/healthz"), { status: 200, body: "stats: running\n" });
    assertEquals(await get("/readyz"), { status: 200, body: "stats: running\n" });
    assertEquals((await get("/")).status, 404);
  }));

const PROMLINT = new URL("../../promlint/", import.meta.url);

/** Names as Flink has them, in milliseconds where Flink has those. */
const AS_IN_FLINK = [/camelCase/, /should use.*unit|non-base unit|abbreviated/i];

async function go(args: string[], input = ""): Promise<{ code: number; output: string }> {
  const child = new Deno.Command("go", { args, cwd: PROMLINT, stdin: "piped", stdout: "piped", stderr: "piped" })
    .spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, output: decoder.decode(code === 0 ? stdout : stderr) };
}

async function whyNoGo(): Promise<string | undefined> {
  if (!mayServe || Deno.permissions.querySync({ name: "run" }).state !== "granted") return "it needs to run go";
  try {
    return (await go(["mod", "download"])).code === 0 ? undefined : "go cannot fetch Prometheus' parser";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "there is no go";
    throw error;
  }
}

const noGo = await whyNoGo();

Deno.test({
  name: `Prometheus' own parser reads /metrics, and its linter finds nothing but Flink's names${
    noGo === undefined ? "" : ` (skipped: ${noGo})`
  }`,
  ignore: noGo !== undefined,
  fn: () =>
    served(async (get) => {
      const { body } = await get("/metrics");
      const { code, output } = await go(["run", "."], body);
      assertEquals(code, 0, output);
      const [families, ...problems] = output.trim().split("\n");
      assert(Number(families!.split(" ")[1]) > METRICS.length * 0.8, families);
      assertEquals(problems.filter((problem) => !AS_IN_FLINK.some((allowed) => allowed.test(problem))), []);
      // That a parser is at work shows in what it refuses.
      assertEquals((await go(["run", "."], `${body}\nbroken{ 1\n`)).code, 1);
    }),
});

servingTest("a port that is taken ends the job with a sentence", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const env = new StreamExecutionEnvironment({ jobName: "stats", http: String(port) });
  env.fromSequence(1, 2).print();
  await assertRejects(
    () => env.execute(),
    JobError,
    `Cannot serve metrics of "stats" at 127.0.0.1:${port}: another program listens there; choose another --http`,
  );
});

Deno.test("parseAddress() takes a port for this machine, or host and port", () => {
  assertEquals(parseAddress("9464"), { hostname: "127.0.0.1", port: 9464 });
  assertEquals(parseAddress("0.0.0.0:80"), { hostname: "0.0.0.0", port: 80 });
  assertEquals(parseAddress("[::1]:80"), { hostname: "::1", port: 80 });
  for (const text of ["", "x", "70000", "1:", ":", "host:"]) assertThrows(() => parseAddress(text), RangeError, "port");
});

function status(
  state: InstanceState,
  of: Partial<JobStatus> = {},
  attempt: Partial<AttemptStatus["commits"]> = {},
): JobStatus {
  const commits = { intervalMs: 1_000, count: 1, uncommitted: 0, newest: [], ...attempt };
  return {
    format: 1,
    job: "stats",
    instance: "a",
    startedAtMs: 0,
    atMs: 100_000,
    intervalMs: 1_000,
    sessionTimeoutMs: 10_000,
    state,
    sinceMs: 0,
    restarts: 0,
    attempt: { commits } as AttemptStatus,
    ...of,
  };
}

function commit(atMs: number) {
  return { newest: [{ atMs, durationMs: 1, bytes: 1, entries: 1, records: 1 }] };
}

Deno.test("a job is healthy while it works, waits, stands by or begins again; only one that works is ready", () => {
  for (const state of ["starting", "standby", "running", "restarting"] as const) {
    assertEquals([healthOf(status(state)).isOk, readinessOf(status(state)).isOk], [true, state === "running"], state);
  }
  assertEquals(readinessOf(status("standby", { holder: "process 7" })).words, "stats: standby, as process 7 is active");
  assertEquals(healthOf(status("running", {}, { uncommitted: 5, ...commit(95_000) })).isOk, true);
  assertEquals(healthOf(status("running", {}, { uncommitted: 0, ...commit(5_000) })).isOk, true);
});

Deno.test("a job that is stuck, reads without a commit or has failed is neither healthy nor ready, and says why", () => {
  const stuck = {
    stuck: { forMs: 12_000, waitsFor: "Kafka at x:1 to commit" },
    commits: status("running").attempt!.commits,
  };
  const lastError = { atMs: 1, name: "JobError", message: "Cannot go on with job: 51% could not be processed" };
  const cases: [JobStatus, string][] = [
    [
      status("running", { attempt: stuck as unknown as AttemptStatus }),
      "stats: no progress for 12 s: waits for Kafka at x:1 to commit",
    ],
    [status("running", {}, { uncommitted: 5, ...commit(89_000) }), "stats: 5 records read, and no commit for 11 s"],
    [status("running", { sinceMs: 80_000 }, { uncommitted: 5 }), "stats: 5 records read, and no commit for 20 s"],
    [status("failed", { lastError }), "stats: failed: Cannot go on with job: 51% could not be processed"],
  ];
  for (const [each, words] of cases) {
    assertEquals(healthOf(each), { isOk: false, words });
    assertEquals(readinessOf(each).isOk, false);
  }
  // Ten intervals are waited for, however long they are.
  assertEquals(healthOf(status("running", {}, { uncommitted: 5, intervalMs: 5_000, ...commit(55_000) })).isOk, true);
});

Deno.test("metrics of a function have one name each, and what a gauge throws is no value", () => {
  const metrics = new OperatorMetrics("lookup");
  assertEquals(metrics.values(), undefined);
  metrics.counter("hits").inc();
  metrics.counter("hits").inc(4);
  metrics.gauge("broken", () => {
    throw new Error("not now");
  });
  metrics.gauge("size", () => 3);
  assertEquals(metrics.values(), { hits: { type: "counter", value: 5 }, size: { type: "gauge", value: 3 } });
  assertThrows(
    () => metrics.gauge("hits", () => 1),
    RangeError,
    'Cannot add the metric "hits" to "lookup": there is one',
  );
  assertThrows(() => metrics.counter("size"), RangeError, "there is one of that name");
  assertThrows(() => metrics.counter("a-b"), RangeError, "a name is a letter");
});

servingTest("docs/metrics.md has every metric of the table", async () => {
  const page = await Deno.readTextFile(METRICS_DOC);
  assertEquals(unaligned(page), unaligned(withTables(page)));
});
