/**
 * Trouble between a job and its Kafka, and with its topics, while it runs: what passes costs nothing, what does not is said in
 * one sentence.
 */
import { assertEquals, assertMatch } from "@std/assert";
import { FlightTopics } from "./flight_topics.ts";
import { forEachBroker, kafkaBroker, mayRunPrograms, type Program, read, start, succeed } from "./programs.ts";
import { WireProxy } from "../../chaos/wire/mod.ts";

const NOW = "2026-01-10T00:00:00.000";
const JOB = ["--from", "earliest", "--now", NOW, "--commit-interval", "10ms", "--session-timeout", "3s"];
const GEN = ["--seed", "7", "--rate", "max", "--start", "2026-01-01T00:00:00"];
const kafka = kafkaBroker();

function kafkaTest(name: string, fn: (servers: string) => Promise<void>): void {
  Deno.test({
    name: `${name}${kafka === undefined ? " (skipped: no TEST_BOOTSTRAP_SERVERS)" : ""}`,
    ignore: kafka === undefined || !mayRunPrograms(),
    fn: () => fn(kafka!.env.BOOTSTRAP_SERVERS!),
  });
}

kafkaTest(
  "a job heals when connections to Kafka are dropped, reset, late, cut in an answer or refused",
  async (servers) => {
    await succeed(kafka!, "gen", ["--create", "--count", "0"]);
    await using topics = await FlightTopics.open(kafka!, NOW);
    await using proxy = await WireProxy.start(servers);
    await using job = start({ name: "proxy", env: { BOOTSTRAP_SERVERS: proxy.bootstrapServers } }, "s16", JOB);
    // Records go to Kafka directly, all the time.
    await using feed = start(kafka!, "gen", ["--seed", "7", "--rate", "2000", "--start", "2026-01-01T00:00:00"]);
    const failed = job.ended.then(({ stderr }) => Promise.reject(new Error(`the job gave up:\n${stderr}`)));
    failed.catch(() => {});
    await topics.untilGrown();
    for (const lost of [() => proxy.drop(), () => proxy.reset()]) {
      // It comes back, and by no way past the proxy.
      const back = proxy.connected();
      lost();
      await Promise.race([back, failed]);
      await topics.untilGrown();
    }
    const cut = proxy.add({ every: 10, times: 4, then: { cut: "within" } });
    while (cut.hits < 4) {
      await Promise.race([cut.next(), failed]);
      await topics.untilGrown();
    }
    const slow = proxy.add({ then: { delayMs: 30, of: "answer" } });
    await topics.untilGrown();
    slow.remove();
    await proxy.refuse();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await proxy.accept();
    await topics.untilGrown();
    feed.kill("SIGTERM");
    assertEquals((await feed.ended).code, 0, feed.stderr);
    await topics.untilExact();
    assertEquals(job.over, false, job.stderr);
    job.kill("SIGTERM");
    assertEquals((await job.ended).code, 0, job.stderr);
    await topics.assertExact();
    await topics.assertNoDeadLetters();
  },
);

forEachBroker("a topic that is deleted under a job ends it with a sentence that names it", async (broker) => {
  await succeed(broker, "gen", ["--create", ...GEN, "--count", "1000"]);
  await using topics = await FlightTopics.open(broker, NOW);
  await using job = start(broker, "s16", JOB);
  await topics.untilExact();
  await succeed(broker, "topics", ["delete", "sunset"]);
  assertSentence(await job.ended.then(() => job), /^error: .*"sunset".*$/m);
});

kafkaTest(
  "partitions that are added under a job are read from their start, without a restart by hand",
  async (servers) => {
    await succeed(kafka!, "gen", ["--create", ...GEN, "--count", "1000"]);
    const before = await FlightTopics.open(kafka!, NOW);
    await using job = start(kafka!, "s16", JOB);
    await before.untilExact();
    await before[Symbol.asyncDispose]();

    const admin = await openAdmin(servers);
    await admin.createPartitions({ topicPartitions: [{ topic: "skyone", count: 7 }] });
    await admin.disconnect();
    await using feed = start(kafka!, "gen", ["--seed", "8", "--rate", "200", "--start", "2026-01-01T00:01:40"]);
    await job.says(/"skyone" has 7 partitions now, this job reads 5 of them; goes back to its last commit/);
    feed.kill("SIGTERM");
    assertEquals((await feed.ended).code, 0, feed.stderr);
    await succeed(kafka!, "gen", [...GEN, "--count", "1000"]);
    await using topics = await FlightTopics.open(kafka!, NOW);
    await topics.untilExact();
    assertEquals((await read(kafka!, "skyone")).some(({ partition }) => partition > 4), true);
    job.kill("SIGTERM");
    assertEquals((await job.ended).code, 0, job.stderr);
  },
);

kafkaTest(
  "records that are deleted before a job has read them end it with a sentence that names --reset",
  async (servers) => {
    await succeed(kafka!, "gen", ["--create", ...GEN, "--count", "1000"]);
    await using job = start(kafka!, "s16", JOB);
    await using topics = await FlightTopics.open(kafka!, NOW);
    await topics.untilExact();
    // It sleeps, and when it wakes up what came meanwhile is gone.
    job.kill("SIGSTOP");
    await succeed(kafka!, "gen", [...GEN, "--count", "1000"]);
    const admin = await openAdmin(servers);
    const partitions = (await admin.fetchTopicOffsets("skyone")).map(({ partition }) => ({ partition, offset: "-1" }));
    await admin.deleteTopicRecords({ topic: "skyone", partitions });
    await admin.disconnect();
    job.kill("SIGCONT");
    assertSentence(
      await job.ended.then(() => job),
      /^error: Cannot go on reading "skyone" partition \d at offset \d+: it begins at offset \d+ now.*--reset$/m,
    );
  },
);

function assertSentence({ stderr }: Program, says: RegExp): void {
  assertMatch(stderr, says);
  assertEquals(stderr.match(/^error: /gm)?.length, 1, stderr);
  assertEquals(/^\s+at /m.test(stderr), false, `a stack trace:\n${stderr}`);
}

async function openAdmin(servers: string) {
  // Not before there is a Kafka: kafkajs reads the environment while it loads.
  const { Kafka, logLevel } = await import("kafkajs");
  const admin = new Kafka({ brokers: [servers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  return admin;
}
