/** A job that is asked to stop and cannot: it ends all the same, before anybody has to kill it. */
import { assert, assertEquals } from "@std/assert";
import { FlightTopics } from "./flight_topics.ts";
import {
  embeddedBroker,
  kafkaBroker,
  mayRunPrograms,
  type Program,
  start,
  startFile,
  succeed,
  type TestBroker,
} from "./programs.ts";
import { WireProxy } from "../../chaos/wire/mod.ts";

const NOW = "2026-01-10T00:00:00";
const ALL = ["--from", "earliest", "--now", NOW];
const GEN = ["--seed", "7", "--rate", "max", "--count", "100", "--start", "2026-01-01T00:00:00"];
const DEADLINE_MS = 10_000;
/** What starting, hearing and ending may take beside it on a busy machine. */
const SLACK_MS = 20_000;

const allowed = mayRunPrograms();
const kafka = kafkaBroker();

// Both at the same time: they only wait.
Deno.test({
  name: "a job that cannot stop ends 10 s after SIGTERM, says what it waits for, and the next start does its work [" +
    (allowed ? "embedded log" : "skipped: needs permission to run programs") + (kafka === undefined ? "]" : ", Kafka]"),
  ignore: !allowed,
  // The proxy still holds back what nobody waits for any more.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    await Promise.all([withStuckSink(), kafka && withLateKafka(kafka)]);
  },
});

async function withStuckSink(): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    const broker = embeddedBroker(dir);
    await succeed(broker, "gen", ["--create", ...GEN]);
    await using job = startFile(broker, new URL("stuck_job.ts", import.meta.url), "s16", ["--from", "earliest"]);
    await job.says(/the sink is stuck/);
    await assertGivesUp(
      job,
      / warning: stuck_job: asked to stop, but waits for sink "\w+" to write; what is not committed/m,
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function withLateKafka(broker: TestBroker): Promise<void> {
  await succeed(broker, "gen", ["--create", ...GEN]);
  await using topics = await FlightTopics.open(broker, NOW);
  await using proxy = await WireProxy.start(broker.env.BOOTSTRAP_SERVERS!);
  const late = { name: "proxy", env: { BOOTSTRAP_SERVERS: proxy.bootstrapServers } };
  // Its own silence must not cost it the job before the deadline.
  await using job = start(late, "s16", [...ALL, "--session-timeout", "12s"]);
  await topics.untilExact();
  const api = ["AddPartitionsToTxn", "AddOffsetsToTxn", "Produce", "TxnOffsetCommit", "EndTxn"];
  const commits = proxy.add({ api, then: { delayMs: DEADLINE_MS + 1_000, of: "answer" } }).next();
  await succeed(broker, "gen", GEN);
  await commits;
  await assertGivesUp(job, / warning: flight_importer: asked to stop, but waits for .*; what is not committed/m);

  await succeed(broker, "s16", ["--bounded", ...ALL]);
  await topics.assertExact();
}

async function assertGivesUp(job: Program, says: RegExp): Promise<void> {
  const askedAt = performance.now();
  job.kill("SIGTERM");
  await job.says(says, DEADLINE_MS + SLACK_MS);
  await job.says(/^error: Cannot stop within 10 s/m, DEADLINE_MS + SLACK_MS);
  const { code, stderr } = await job.ended;
  const tookMs = performance.now() - askedAt;
  assertEquals(code, 1, stderr);
  assert(tookMs > DEADLINE_MS - 100 && tookMs < DEADLINE_MS + SLACK_MS, `it took ${tookMs} ms`);
}
