/**
 * A broker that answers UNKNOWN_SERVER_ERROR now and then, to each request that a job makes, before or after it has acted, as
 * Redpanda does for trouble that passes: nothing is lost, nothing is doubled, nothing hangs.
 */
import { assertEquals } from "@std/assert";
import { type ActiveRule, asRedpanda, WireProxy } from "../../chaos/wire/mod.ts";
import { FlightTopics } from "./flight_topics.ts";
import { byTraveller, expectedStatistics } from "../../chaos/oracle.ts";
import { kafkaBroker, mayRunPrograms, type Program, read, start, succeed } from "./programs.ts";

const NOW = "2026-01-10T00:00:00.000";
const GEN = ["--seed", "7", "--rate", "500", "--start", "2026-01-01T00:00:00"];
const JOB = ["--from", "earliest", "--commit-interval", "50ms", "--session-timeout", "6s"];
const UNKNOWN_SERVER_ERROR = -1;
/** Errors altogether, at least; `TEST_INJECTIONS=100` makes it longer. */
const INJECTIONS = Number(mayReadEnv() ? Deno.env.get("TEST_INJECTIONS") ?? 40 : 0);

/** One of so many requests of each kind fails: the more often they are made, the more. */
const EVERY: Readonly<Record<string, number>> = {
  Fetch: 200,
  ListOffsets: 100,
  Metadata: 5,
  FindCoordinator: 4,
  JoinGroup: 4,
  SyncGroup: 4,
  Heartbeat: 3,
  InitProducerId: 4,
  AddPartitionsToTxn: 30,
  AddOffsetsToTxn: 30,
  Produce: 50,
  TxnOffsetCommit: 30,
  EndTxn: 30,
};

const kafka = kafkaBroker();

Deno.test({
  name: "−1 to each request of s16 and s20, before and after the broker has acted, costs nothing" +
    (kafka === undefined ? " (skipped: no TEST_BOOTSTRAP_SERVERS)" : ""),
  ignore: kafka === undefined || !mayRunPrograms(),
  fn: async () => {
    await succeed(kafka!, "gen", ["--create", "--count", "0"]);
    await using topics = await FlightTopics.open(kafka!, NOW);
    await using proxy = await WireProxy.start(kafka!.env.BOOTSTRAP_SERVERS!, asRedpanda());
    const behind = { name: "as Redpanda", env: { BOOTSTRAP_SERVERS: proxy.bootstrapServers } };
    await using s16 = start(behind, "s16", [...JOB, "--now", NOW]);
    await using s20 = start(behind, "s20", JOB);
    // Records go to Kafka directly, all the time.
    await using feed = start(kafka!, "gen", GEN);
    await topics.untilGrown();

    const rules = Object.entries(EVERY).flatMap(([api, every]) =>
      (["before", "after"] as const).map((at, turn) => {
        return proxy.add({ api, every: every + turn, then: { error: UNKNOWN_SERVER_ERROR, at } });
      })
    );
    // A coordinator that has forgotten its members: else nobody would join the group a second time.
    const UNKNOWN_MEMBER_ID = 25;
    rules.push(proxy.add({ api: "Heartbeat", every: 5, then: { error: UNKNOWN_MEMBER_ID, at: "before" } }));
    await untilHit(rules, [s16, s20, feed]);
    for (const rule of rules) rule.remove();
    await topics.untilGrown();

    feed.kill("SIGTERM");
    assertEquals((await feed.ended).code, 0, feed.stderr);
    await topics.untilExact();
    for (const job of [s16, s20]) {
      job.kill("SIGTERM");
      assertEquals((await job.ended).code, 0, job.stderr);
    }
    await topics.assertExact();
    await topics.assertNoDeadLetters();
    // What is still open in its windows.
    const { stderr } = await succeed(kafka!, "s20", ["--bounded"]);
    assertEquals(/ late| bad/.test(s20.stderr + stderr), false, s20.stderr + stderr);
    const statistics = byTraveller(await read(kafka!, "userstatistics"));
    assertEquals(statistics, expectedStatistics(await read(kafka!, "flightdata")));
    assertEquals(proxy.refused, []);
  },
});

/** Waits until each rule has made its errors, and all of them enough. */
async function untilHit(rules: readonly ActiveRule[], programs: readonly Program[]): Promise<void> {
  const hits = () => rules.map(({ hits, rule: { api, then } }) => `${api} ${"at" in then ? then.at : ""}: ${hits}`);
  const deadline = performance.now() + 60_000 + INJECTIONS * 1_000;
  const enough = () =>
    rules.every(({ hits }) => hits > 0) && rules.reduce((sum, { hits }) => sum + hits, 0) >= INJECTIONS;
  while (!enough()) {
    const over = programs.find(({ over }) => over);
    if (over !== undefined) throw new Error(`A job gave up, after ${hits().join(", ")}:\n${over.stderr}`);
    if (performance.now() > deadline) throw new Error(`There are too few errors: ${hits().join(", ")}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function mayReadEnv(): boolean {
  return Deno.permissions.querySync({ name: "env" }).state === "granted";
}
