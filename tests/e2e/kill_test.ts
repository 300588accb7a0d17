/**
 * kill -9 in the middle of the main job, again and again: what readers of committed data see in the end is what they see
 * without any kill. TEST_KILLS=10 does it more often than the usual test run has time for.
 */
import { assertEquals } from "@std/assert";
import { openBroker } from "../../src/connectors/mod.ts";
import { brokerSettings } from "../../src/utils.ts";
import { format } from "../../chaos/oracle.ts";
import { forEachBroker, mayRunPrograms, read, start, succeed, type TestBroker } from "./programs.ts";

const kills = Number(mayRunPrograms() ? Deno.env.get("TEST_KILLS") ?? 2 : 0);
const GEN = [
  "--create",
  "--seed",
  "7",
  "--count",
  String(20_000 * kills),
  "--rate",
  "max",
  "--start",
  "2026-01-01T00:00:00.000",
];
const JOB_ARGS = {
  s16: ["--bounded", "--from", "earliest", "--now", "2026-01-10T00:00:00.000"],
  s20: ["--bounded", "--from", "earliest"],
};
// Short, so that there is something to see between two kills, and little to wait for after them.
const OFTEN = ["--commit-interval", "10ms", "--session-timeout", "1s"];

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

forEachBroker(
  `s16 and s20 killed ${kills} times each write what they write undisturbed, record for record`,
  async (broker) => {
    await succeed(broker, "gen", GEN);
    await succeed(broker, "s16", JOB_ARGS.s16);
    await succeed(broker, "s20", JOB_ARGS.s20);
    const undisturbed = [await sequence(broker, "flightdata"), await sequence(broker, "userstatistics")];

    await succeed(broker, "gen", GEN);
    await runWithKills(broker, "s16", "flightdata");
    await runWithKills(broker, "s20", "userstatistics");

    const disturbed = [await sequence(broker, "flightdata"), await sequence(broker, "userstatistics")];
    assertEquals(disturbed[0]!.length, undisturbed[0]!.length);
    assertEquals(disturbed, undisturbed);
  },
);

async function sequence(broker: TestBroker, topic: string): Promise<string[]> {
  return (await read(broker, topic)).map((line) => `${line.partition} ${format(line)}`);
}

/** Each kill waits for output that was committed since the last, so every attempt has worked; all hit before the end. */
async function runWithKills(broker: TestBroker, job: "s16" | "s20", output: string): Promise<void> {
  await using open = await openBroker({
    settings: brokerSettings({ get: (name) => broker.env[name] }),
    logger: SILENT,
  });
  const committed = async () => (await open.port.describeTopics([output]))[0]!.endOffsets.reduce((a, b) => a + b, 0);
  let before = await committed();
  for (let kill = 1; kill <= kills; kill++) {
    const program = start(broker, job, [...JOB_ARGS[job], ...OFTEN]);
    let now = before;
    while (now === before) {
      if (program.over) throw new Error(`${job} ended before kill ${kill} could hit:\n${program.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
      now = await committed();
    }
    program.kill("SIGKILL");
    const ended = await program.ended;
    assertEquals(ended.signal, "SIGKILL", `kill ${kill} came too late:\n${ended.stderr}`);
    // What was committed between the look and the kill was before this kill too.
    before = await committed();
  }
  await succeed(broker, job, [...JOB_ARGS[job], ...OFTEN]);
}
