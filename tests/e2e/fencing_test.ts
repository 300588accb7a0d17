/**
 * Two processes of one job: one works, the other stands by. Whatever happens to the first, the results are those of one
 * process that is never disturbed.
 */
import { assertEquals, assertMatch } from "@std/assert";
import { createTopics, inputsOf, writeInputs } from "../../chaos/data.ts";
import { frozenLife, type Laboratory, undisturbedLife } from "../../chaos/life.ts";
import { openBroker } from "../../src/connectors/mod.ts";
import { SILENT } from "../../src/engine/mod.ts";
import { brokerSettings } from "../../src/utils.ts";
import { forEachBroker, type Program, start, succeed, type TestBroker } from "./programs.ts";
import { FlightTopics } from "./flight_topics.ts";

const NOW = "2026-01-10T00:00:00.000";
const JOB = ["--from", "earliest", "--now", NOW, "--commit-interval", "10ms", "--session-timeout", "1s"];
const gen = (
  count: number,
) => ["--seed", "7", "--rate", "max", "--count", `${count}`, "--start", "2026-01-01T00:00:00"];
const TAKES_OVER = /: takes over$/m;

forEachBroker(
  "a job that is stopped like a laptop that sleeps is taken over, and what wakes up writes nothing more and stands by",
  async (broker) => {
    await succeed(broker, "gen", ["--create", ...gen(2_000)]);
    await using topics = await FlightTopics.open(broker, NOW);
    await using first = start(broker, "s16", JOB);
    await using second = await standby(broker, first);
    await topics.untilExact();

    first.kill("SIGSTOP");
    await second.says(TAKES_OVER);
    // More to do while the first one sleeps, and still more when it is awake: it must take none of it.
    await succeed(broker, "gen", gen(2_000));
    await topics.untilExact();
    first.kill("SIGCONT");
    await first.says(/Cannot .*(taken over|no sign of life)/);
    await first.says(new RegExp(`stands by: process ${second.pid}\\b`));
    await succeed(broker, "gen", gen(2_000));
    await topics.untilExact();
    assertEquals(TAKES_OVER.test(first.stderr), false, `it took the job back:\n${first.stderr}`);
    assertEquals(/Cannot|stands by/.test(since(second, TAKES_OVER)), false, `it lost the job:\n${second.stderr}`);

    // The one that slept is a good standby: it goes on when the other one ends.
    second.kill("SIGTERM");
    assertEquals((await second.ended).code, 0, second.stderr);
    await first.says(TAKES_OVER);
    await succeed(broker, "gen", gen(2_000));
    await topics.untilExact();
    first.kill("SIGTERM");
    assertEquals((await first.ended).code, 0, first.stderr);
    await topics.assertNoDeadLetters();
  },
);

forEachBroker(
  "both processes of a job are replaced in turn while records come: no gap, nothing twice",
  async (broker) => {
    await succeed(broker, "gen", ["--create", ...gen(0)]);
    await using topics = await FlightTopics.open(broker, NOW);
    // A stream that goes on through all of it; it takes as long as the replacement does.
    await using feed = start(broker, "gen", ["--seed", "7", "--rate", "2000", "--start", "2026-01-01T00:00:00"]);
    await using started = new AsyncDisposableStack();
    let active = started.use(start(broker, "s16", JOB));
    let waiting = started.use(await standby(broker, active));
    for (let replaced = 0; replaced < 2; replaced++) {
      await topics.untilGrown();
      active.kill("SIGTERM");
      assertEquals((await active.ended).code, 0, active.stderr);
      await waiting.says(TAKES_OVER);
      active = waiting;
      waiting = started.use(await standby(broker, active));
    }
    await topics.untilGrown();
    feed.kill("SIGTERM");
    assertEquals((await feed.ended).code, 0, feed.stderr);
    await topics.untilExact();
    for (const program of [waiting, active]) program.kill("SIGTERM");
    for (const program of [waiting, active]) assertEquals((await program.ended).code, 0, program.stderr);
    await topics.assertExact();
    await topics.assertNoDeadLetters();
  },
);

forEachBroker("a process that freezes in the middle of a commit adds nothing when it goes on", async ({ env }) => {
  const settings = brokerSettings({ get: (name) => env[name] });
  await using broker = await openBroker({ settings, logger: SILENT });
  const { port } = broker;
  const lab: Laboratory = {
    port,
    env: { BOOTSTRAP_SERVERS: "", BROKER: "", BROKER_DIR: "", LOG_LEVEL: "", ...env },
    place: "frozen",
    sessionTimeoutMs: 1_000,
    pairs: 4_000,
    seed: 7,
    chance: () => 0,
    signal: new AbortController().signal,
  };
  // In the embedded log a transaction ends before anything else happens.
  const points = port.kind === "embedded" ? ["commit: before the store"] : [
    "commit: before the store",
    "commit: partitions are in the transaction",
    "commit: records are sent",
    "commit: positions are sent",
    "commit: before it is decided",
  ];
  await createTopics(port, inputsOf("s16", lab.place));
  try {
    await writeInputs(port, "s16", lab.place, lab);
    const { evidence } = await undisturbedLife(lab, "s16");
    const differences = await Promise.all(
      points.map((faultPoint, index) =>
        frozenLife(lab, "s16", { name: `${index}`, faultPoint, frozenMs: 5_000, expected: evidence })
      ),
    );
    const none = { lost: 0, doubled: 0, moved: 0, state: [] };
    assertEquals(differences, points.map(() => none));
  } finally {
    await port.deleteTopics(inputsOf("s16", lab.place));
  }
});

/** A second process, once it has found the first one at work. */
async function standby(broker: TestBroker, active: Program): Promise<Program> {
  await active.says(/starts|goes on from/);
  const program = start(broker, "s16", JOB);
  try {
    await program.says(new RegExp(`stands by: process ${active.pid}\\b`));
    return program;
  } catch (error) {
    await program[Symbol.asyncDispose]();
    throw error;
  }
}

/** What a program has said after `mark`. */
function since(program: Program, mark: RegExp): string {
  assertMatch(program.stderr, mark);
  return program.stderr.split(mark).at(-1)!;
}
