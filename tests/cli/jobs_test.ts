import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { jobsCommand } from "../../src/cli/jobs.ts";
import { jobsTable } from "../../src/cli/jobs/table.ts";
import { eventTimeOf, eventTimeWords, nextFiring, span } from "../../src/cli/jobs/words.ts";
import type { Broker } from "../../src/connectors/broker.ts";
import { describeProcess } from "../../src/connectors/describe_process.ts";
import { jobsOf, type SeenJob } from "../../src/connectors/seen_jobs.ts";
import {
  type AttemptStatus,
  type JobStatus,
  type NodeStatus,
  SILENT,
  StreamExecutionEnvironment,
  WatermarkStrategy,
} from "../../src/engine/mod.ts";
import { UsageError } from "../../src/utils.ts";
import { forJobs, onEachBroker } from "./brokers.ts";
import { node } from "./node_status.ts";

async function run(broker: Broker, args: readonly string[], signal = new AbortController().signal): Promise<string> {
  let output = "";
  const write = (text: string) => {
    output += text;
    return Promise.resolve();
  };
  await jobsCommand(args)(broker, { write, now: Date.now, signal });
  return output;
}

/** Runs a job that copies "words" to "out", to the end of its input. */
async function copy(broker: Broker, { job, words, out }: Record<"job" | "words" | "out", string>): Promise<void> {
  const store = forJobs(broker);
  const env = new StreamExecutionEnvironment({ jobName: job, store, from: "earliest", bounded: true, logger: SILENT });
  env.fromSource(store.textSource(words), WatermarkStrategy.forMonotonousTimestamps(), "words")
    .map((word) => {
      if (word === "bad") throw new RangeError("a bad word");
      return word;
    })
    .sinkTo(store.sink(out, { encode: (value) => ({ value }) })).name("copies");
  await env.execute();
}

onEachBroker("jobs --json has the whole report of a job that has run", async (scope) => {
  const broker = await scope.broker();
  const names = { job: scope.name("copy"), words: scope.name("words"), out: scope.name("out") };
  await broker.createTopics([names.words, names.out].map((name) => ({ name, partitions: 1 })));
  const producer = await broker.producer();
  await producer.send(["a", "b", "bad", "c"].map((word) => ({
    topic: names.words,
    key: null,
    value: new TextEncoder().encode(word),
    timestampMs: 5,
  })));
  await copy(broker, names);

  const lines = (await run(broker, ["--json"])).trim().split("\n").map((line) =>
    JSON.parse(line) as {
      job: string;
      state: string;
      instances: { state: string; status: JobStatus }[];
    }
  );
  const { state, instances } = lines.find(({ job }) => job === names.job)!;
  const [{ status }] = instances as [typeof instances[0]];
  assertEquals([state, instances.length], ["finished", 1]);
  const { records, nodes, commits, deadLetters, lag } = status.attempt!;
  assertEquals(records, { in: 4, out: 3, filtered: 0, late: 0, dead: 1, failed: 0, ahead: 0 });
  assertEquals([deadLetters, lag, status.process], [`${names.job}.dead-letters`, 0, describeProcess()]);
  assertEquals(nodes.map(({ name, recordsIn, recordsOut, dead }) => [name, recordsIn, recordsOut, dead]), [
    ["words", 4, 3, 0],
    ["map", 4, 3, 1],
    ["copies", 3, 3, 0],
  ]);
  assertEquals(nodes[0]!.splits!.map(({ id, position }) => [id, position]), [[`${names.words}-0`, 4]]);
  assertEquals(commits.newest.map(({ records }) => records).filter((n) => n > 0), [4]);

  assertMatch(await run(broker, []), new RegExp(`^${names.job} +finished .* 1 +0$`, "m"));
  await broker.dropJob(names.job);
  await broker.deleteTopics([names.words, names.out]);
});

onEachBroker("jobs --watch goes on until it is stopped", async (scope) => {
  const broker = await scope.broker();
  const stop = new AbortController();
  stop.abort();
  assertMatch(await run(broker, ["--watch"], stop.signal), /\n$/);
});

const NOW_MS = 1_000_000_000;

function job(status: Partial<JobStatus>, ago = 500): SeenJob {
  const full: JobStatus = {
    format: 1,
    job: "stats",
    instance: "0123456789",
    process: "process 7",
    startedAtMs: NOW_MS - 3_600_000 * 3,
    atMs: NOW_MS - ago,
    intervalMs: 1_000,
    sessionTimeoutMs: 10_000,
    state: "running",
    sinceMs: NOW_MS - 3_600_000 * 3,
    restarts: 2,
    ...status,
  };
  return jobsOf([{ job: full.job, instance: full.instance, atMs: full.atMs, text: JSON.stringify(full) }], NOW_MS)[0]!;
}

function split(id: string, watermarkMs: number | null, silentMs: number, idle = false) {
  return { id, status: "caughtUp", position: 1, lag: 0, watermarkMs, silentMs, idle, finished: false };
}

const ATTEMPT: AttemptStatus = {
  records: { in: 1_200, out: 40, filtered: 0, late: 0, dead: 3, failed: 1, ahead: 0 },
  inPerSecond: 1_234.4,
  outPerSecond: 4,
  lag: 20_000,
  time: { busy: 0.5, waiting: 0.1, idle: 0.4 },
  nodes: [
    node("other", { kind: "source", outputWatermarkMs: null, splits: [split("other-0", null, 900)] }),
    node("flights", {
      kind: "source",
      outputWatermarkMs: NOW_MS - 4_200,
      splits: [
        split("flightdata-0", NOW_MS - 4_200, 2_000),
        split("flightdata-1", NOW_MS - 1_000, 0),
        split("flightdata-2", NOW_MS - 90_000, 90_000, true),
      ],
    }),
    node("user_statistics", {
      operation: "window reduce",
      inputWatermarkMs: NOW_MS - 4_200,
      timers: { count: 41, nextMs: NOW_MS + 28_800 },
    }),
  ],
  edges: [{ from: "flights", to: "user_statistics", keyed: true }],
  commits: {
    intervalMs: 1_000,
    count: 9,
    uncommitted: 0,
    newest: [{ atMs: NOW_MS - 700, durationMs: 8, bytes: 90, entries: 3, records: 2 }],
  },
  deadLetters: "stats.dead-letters",
};

Deno.test("jobs shows how a job is doing, and what its next window waits for, in relative times", () => {
  assertEquals(jobsTable([job({ attempt: ATTEMPT })], NOW_MS), [
    "JOB    STATE    FOR  RECORDS/S     LAG  EVENT TIME  LAST COMMIT      HEARD  DEAD  RESTARTS",
    "stats  running  3 h      1,234  20,000   4.2 s ago    0.7 s ago  0.5 s ago     4         2",
    "  in process 7",
    '  the first of 41 windows of "user_statistics" closes in 33 s, waits for flightdata-0, silent for 2 s',
  ]);
});

Deno.test("jobs names no time at which a window closes whose partition has been silent for longer", () => {
  const [other, flights, statistics] = ATTEMPT.nodes;
  const splits = [split("flightdata-0", NOW_MS - 4_200, 34_000)];
  const seen = job({ attempt: { ...ATTEMPT, nodes: [other!, { ...flights!, splits }, statistics!] } });
  assertEquals(
    jobsTable([seen], NOW_MS).at(-1),
    '  the first of 41 windows of "user_statistics" closes when event time is 33 s further, waits for flightdata-0, silent for 34 s',
  );
});

Deno.test("jobs says in a sentence what is wrong with a job", () => {
  const noteOf = (seen: SeenJob) => jobsTable([seen], NOW_MS).slice(2).join("\n");
  assertEquals(noteOf(job({}, 15_000)), "  was running in process 7, and has not been heard of for 15 s");
  assertEquals(
    noteOf(job({ attempt: { ...ATTEMPT, stuck: { forMs: 12_300, waitsFor: "Kafka at x:1 to commit" } } })),
    "  no progress for 12 s: waits for Kafka at x:1 to commit",
  );
  const lastError = { atMs: 1, name: "OperatorError", message: 'Operator "map" failed: x', line: "file:///job.ts:3:9" };
  assertEquals(noteOf(job({ state: "failed", lastError })), '  Operator "map" failed: x (file:///job.ts:3:9)');
  assertEquals(
    noteOf(job({ state: "restarting", lastError })),
    '  Operator "map" failed: x (file:///job.ts:3:9); it begins again from its last commit',
  );
  assertEquals(
    noteOf(job({ state: "standby", holder: "process 9" })),
    "  process 7 stands by: process 9 is active",
  );
  assertEquals(jobsTable([], NOW_MS), ["No job has reported within a day"]);
});

Deno.test("nextFiring() names a timer, a partition without a record, and nothing that is not there", () => {
  const [, flights] = ATTEMPT.nodes as [NodeStatus, NodeStatus];
  const timer = node("timeout", { timers: { count: 1, nextMs: NOW_MS }, inputWatermarkMs: null });
  const edges = [{ from: "flights", to: "timeout" }];
  const empty = { ...flights, splits: [split("flightdata-0", null, 61_000), split("flightdata-1", 5, 0)] };
  assertEquals(
    nextFiring({ ...ATTEMPT, nodes: [empty, timer], edges }),
    'the timer of "timeout" fires, waits for flightdata-0, without a record for 61 s',
  );
  assertEquals(nextFiring({ ...ATTEMPT, nodes: [timer], edges: [] }), 'the timer of "timeout" fires');
  assertEquals(nextFiring({ ...ATTEMPT, nodes: [flights] }), undefined);
});

Deno.test("span() and eventTimeWords() have the unit that a person would take", () => {
  assertEquals([0, 950, 9_999, 10_000, 119_000, 120_000, 7_199_000, 7_200_000, 172_800_000, -5].map(span), [
    "0 s",
    "0.9 s",
    "9.9 s",
    "10 s",
    "119 s",
    "2 min",
    "119 min",
    "2 h",
    "2 d",
    "0 s",
  ]);
  const of = (outputWatermarkMs: number | null) =>
    eventTimeWords(eventTimeOf({ ...ATTEMPT, nodes: [node("s", { kind: "source", outputWatermarkMs })] }), NOW_MS);
  assertEquals([of(null), of(Number.MAX_SAFE_INTEGER), of(NOW_MS + 2_000), of(NOW_MS - 60_000)], [
    "none",
    "ended",
    "2 s ahead",
    "60 s ago",
  ]);
});

Deno.test("jobs takes no arguments but its flags", () => {
  assertThrows(() => jobsCommand(["stats"]), UsageError);
  assertThrows(() => jobsCommand(["--jsn"]), UsageError, "--json");
});
