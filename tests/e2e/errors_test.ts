/** What a person gets wrong, or what goes wrong around them: one clear sentence, the right exit code, no stack trace. */
import { assertEquals, assertMatch } from "@std/assert";
import { type RunningKafka, startKafka } from "../../src/cli/kafka.ts";
import { expectedFlights, format } from "../../chaos/oracle.ts";
import {
  embeddedBroker,
  type Ended,
  forEachBroker,
  kafkaBroker,
  mayRunPrograms,
  read,
  run,
  start,
  succeed,
} from "./programs.ts";

const allowed = mayRunPrograms();

function test(name: string, fn: (dir: string) => Promise<void>): void {
  Deno.test({
    name: `${name}${allowed ? "" : " (skipped: needs permission to run programs)"}`,
    ignore: !allowed,
    fn: async () => {
      const dir = await Deno.makeTempDir();
      try {
        await fn(dir);
      } finally {
        await Deno.remove(dir, { recursive: true });
      }
    },
  });
}

/** One line of complaint, and nothing on standard output. */
function assertSentence({ code, stderr, stdout }: Ended, expected: { code: number; says: RegExp }): void {
  assertMatch(stderr, expected.says);
  assertEquals(code, expected.code, stderr);
  assertEquals(stderr.split("\n").filter((line) => line.startsWith("error: ")).length, 1, stderr);
  assertEquals(/^\s+at |Error:/m.test(stderr), false, `a stack trace:\n${stderr}`);
  assertEquals(stdout, "");
}

test("a flag that is not there, or a value that does not fit, ends with 2 and names it", async (dir) => {
  const broker = embeddedBroker(dir);
  const wrong: [string, string[], RegExp][] = [
    ["s16", ["--bonded"], /--bonded.*--bounded/],
    ["s16", ["--commit-interval", "fast"], /--commit-interval.*fast/],
    ["s16", ["--from", "yesterday"], /--from.*yesterday/],
    ["s16", ["--now", "2026-02-30T00:00:00"], /--now.*2026-02-30/],
    ["s20", ["--window", "0s"], /--window.*0s/],
    ["s20", ["--delivery", "twice"], /--delivery.*twice/],
    ["gen", ["--rate", "-1"], /--rate.*-1/],
    ["topics", ["rad", "skyone"], /rad.*read/],
  ];
  for (const [task, args, says] of wrong) assertSentence(await run(broker, task, args), { code: 2, says });
});

test("exactly-once to standard output is refused when the job is described", async (dir) => {
  const broker = embeddedBroker(dir);
  await succeed(broker, "gen", ["--create", "--count", "0"]);
  const ended = await run(broker, "s16", ["--bounded", "--print", "--delivery", "exactly-once"]);
  assertSentence(ended, { code: 1, says: /Cannot deliver exactly once to .*standard output/ });
});

test("a server that does not answer is named", async () => {
  const broker = { name: "nobody", env: { BOOTSTRAP_SERVERS: "127.0.0.1:1" } };
  assertSentence(await run(broker, "s16", []), { code: 1, says: /127\.0\.0\.1:1/ });
});

test("a folder that cannot be made is named", async (dir) => {
  await Deno.writeTextFile(`${dir}/file`, "");
  assertSentence(await run(embeddedBroker(`${dir}/file/log`), "s16", []), { code: 1, says: /file\/log/ });
});

test("a stack trace shows only where it helps: never for a stop by Ctrl-C", async (dir) => {
  const broker = embeddedBroker(dir);
  await succeed(broker, "gen", ["--create", "--count", "10", "--rate", "max"]);
  const job = start(broker, "s16", ["--from", "earliest"]);
  await job.says(/starts/);
  job.kill("SIGINT");
  const { code, stderr } = await job.ended;
  assertEquals(code, 130, stderr);
  assertMatch(stderr, /stopped after a commit/);
});

forEachBroker("a topic that is missing is named, and not made by asking for it", async (broker) => {
  await succeed(broker, "gen", ["--create", "--count", "0"]);
  await succeed(broker, "topics", ["delete", "sunset"]);
  assertSentence(await run(broker, "s16", ["--bounded"]), { code: 1, says: /sunset/ });
  assertSentence(await run(broker, "topics", ["read", "sunset", "--bounded"]), { code: 1, says: /sunset/ });
  assertSentence(await run(broker, "gen", ["--count", "1"]), { code: 1, says: /sunset.*--create/ });
  const { stdout } = await succeed(broker, "topics", ["list"]);
  assertEquals(stdout.includes("sunset"), false, stdout);
});

forEachBroker(
  "a topic that was made anew is an error that names --reset, shorter or longer than before",
  async (broker) => {
    await succeed(broker, "gen", ["--create", "--count", "100", "--rate", "max"]);
    await succeed(broker, "s16", ["--bounded", "--from", "earliest"]);
    await succeed(broker, "topics", ["delete", "skyone"]);
    await succeed(broker, "topics", ["create", "skyone", "--partitions", "5"]);
    const says = /Cannot go on reading "skyone": it was deleted and created anew since the last commit.*--reset/;
    assertSentence(await run(broker, "s16", ["--bounded"]), { code: 1, says });
    await succeed(broker, "gen", ["--count", "300", "--rate", "max"]);
    assertSentence(await run(broker, "s16", ["--bounded"]), { code: 1, says });
    await succeed(broker, "s16", ["--bounded", "--reset", "--from", "earliest"]);
  },
);

forEachBroker("state of windows of another length is refused with both lengths named", async (broker) => {
  await succeed(broker, "gen", ["--create", "--count", "100", "--rate", "max", "--start", "2026-01-01T00:00:00"]);
  await succeed(broker, "s16", ["--bounded", "--from", "earliest", "--now", "2026-01-01T00:00:00"]);
  await succeed(broker, "s20", ["--bounded", "--from", "earliest"]);
  const ended = await run(broker, "s20", ["--bounded", "--window", "10s"]);
  assertSentence(ended, { code: 1, says: /user_statistics.*60000.*10000.*--reset/ });
});

forEachBroker("gen --create refuses while a job that reads the topics is running, and names it", async (broker) => {
  await succeed(broker, "gen", ["--create", "--count", "10", "--rate", "max"]);
  const job = start(broker, "s16", ["--from", "earliest"]);
  await job.says(/starts/);
  assertSentence(await run(broker, "gen", ["--create", "--count", "10"]), { code: 1, says: /flight_importer/ });
  assertSentence(await run(broker, "s16", ["--reset", "--bounded"]), { code: 1, says: /flight_importer/ });
  job.kill("SIGTERM");
  assertEquals((await job.ended).code, 0);
  await succeed(broker, "gen", ["--create", "--count", "10", "--rate", "max"]);
  const fresh = await succeed(broker, "s16", ["--bounded", "--from", "earliest"]);
  assertMatch(fresh.stderr, /starts at the oldest records/);
});

const kafkaHere = kafkaBroker() !== undefined;
Deno.test({
  name: `a Kafka that dies in the middle and comes back costs nothing${
    kafkaHere ? "" : " (skipped: no TEST_BOOTSTRAP_SERVERS)"
  }`,
  ignore: !allowed || !kafkaHere,
  fn: async () => {
    const kafka: RunningKafka = await startKafka();
    try {
      const broker = { name: "Kafka", env: { BOOTSTRAP_SERVERS: kafka.bootstrapServers } };
      const gen = ["--seed", "7", "--rate", "max", "--count", "5000", "--start", "2026-01-01T00:00:00"];
      await succeed(broker, "gen", ["--create", ...gen]);
      const args = ["--from", "earliest", "--now", "2026-01-10T00:00:00"];
      const job = start(broker, "s16", [...args, "--session-timeout", "2s", "--commit-interval", "100ms"]);
      const lines = async () => (await read(broker, "flightdata")).map(format).sort();
      while (!job.over && (await lines()).length === 0);
      await kafka.kill();
      await job.says(/tries again/, 30_000);
      await kafka.restart();
      await succeed(broker, "gen", gen);
      const [skyone, sunset] = await Promise.all([read(broker, "skyone"), read(broker, "sunset")]);
      const expected = expectedFlights(skyone, sunset, "2026-01-10T00:00:00").sort();
      const deadline = Date.now() + 60_000;
      let found = await lines();
      while (found.length < expected.length && !job.over && Date.now() < deadline) found = await lines();
      job.kill("SIGTERM");
      const { code, stderr } = await job.ended;
      assertEquals(await lines(), expected, stderr);
      assertEquals(code, 0, stderr);
    } finally {
      await kafka.stop();
    }
  },
});
