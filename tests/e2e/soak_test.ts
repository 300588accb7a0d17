/**
 * The soak of `deno task chaos --soak`, in short: what grows where nothing may grow. The whole of it, an hour of event time, is
 * `deno task chaos --soak 60m`.
 */
import { assert, assertEquals } from "@std/assert";
import { chanceOf } from "../../chaos/chance.ts";
import { fingerprintOf, Ledger } from "../../chaos/ledger.ts";
import { resourcesOf } from "../../chaos/resources.ts";
import { type JobSoak, runSoak, type SoakResult } from "../../chaos/soak.ts";
import type { Sample } from "../../chaos/soak_job.ts";
import { Feed } from "../../chaos/soak_feed.ts";
import { complaintsOf, coursesOf, soakText } from "../../chaos/soak_report.ts";
import { killMarks, LONG_LIFE } from "../../chaos/soak_schedule.ts";
import { openBroker } from "../../src/connectors/mod.ts";
import { SILENT, StreamExecutionEnvironment, WatermarkStrategy } from "../../src/engine/mod.ts";
import { brokerSettings, encodeJson } from "../../src/utils.ts";
import { embeddedBroker, forEachBroker, mayRunPrograms } from "./programs.ts";
import { later } from "../later.ts";

const STRICT = { sanitizeOps: true, sanitizeResources: true, sanitizeExit: true };
/** Descriptors that come and go with the processes that are asked for their number. */
const ASKING = 8;
const isLinux = Deno.build.os === "linux";

forEachBroker(
  "s20 behind s16, both killed at random instants: nothing lost, nothing twice, no descriptor more",
  async ({ env }) => {
    await using broker = await openBroker({
      settings: brokerSettings({ get: (name) => env[name] }),
      logger: SILENT,
    });
    const result = await runSoak({
      port: broker.port,
      env: { BOOTSTRAP_SERVERS: "", BROKER: "", BROKER_DIR: "", LOG_LEVEL: "warn", ...env },
      durationMs: 65_000,
      kills: 4,
      seed: 7,
      sessionTimeoutMs: 1_000,
      travellers: 1_000,
      commitIntervalMs: 100,
    });
    const text = soakText(result);
    assertEquals(complaintsOf(result), [], text);
    for (const job of result.jobs) {
      assertEquals([job.kills, job.lost, job.doubled, job.altered], [2, 0, 0, 0], text);
      // Each kill was followed by new work.
      assertEquals(job.backMs.length, job.kills, text);
      const { memory, descriptors } = coursesOf(job, result.records);
      if (isLinux) assert(descriptors.end! > 0 && memory.end! > 0, text);
    }
    const [s16, s20] = result.jobs as [JobSoak, JobSoak];
    assertEquals(result.records, 325_000 + 32, "bookings, and damaged ones");
    assert(s16.expected > 200_000 && s20.expected === 2 * 1_000, text);
    // At its most it has windows open; what s20 keeps for ever is one total for each traveller.
    assert(/\d user_statistics\//.test(s20.state), text);
    assertEquals(result.checkpoints.at(-1)!.commits.s20.entries, 1_000 + 5 + 1);
  },
);

Deno.test({
  name: `a job that fails and begins again 200 times in one process leaves no timer, no file, no socket behind${
    mayRunPrograms() ? "" : " (skipped: needs permission to run programs)"
  }`,
  ignore: !mayRunPrograms(),
  ...STRICT,
  fn: async () => {
    const dir = await Deno.makeTempDir();
    const before = await descriptors();
    try {
      const counts = await failAgainAndAgain(dir, 200);
      const after = await descriptors();
      assert(after <= before + ASKING, `${before} before, ${after} after it`);
      // While it goes on, too: with an open file for each attempt there would be a hundred more in the end.
      const half = counts.length >> 1;
      const most = (some: readonly number[]) => Math.max(...some);
      assert(most(counts.slice(half)) <= most(counts.slice(0, half)) + ASKING, counts.join(" "));
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});

/** @returns descriptors of this process, looked at again and again while the job runs */
async function failAgainAndAgain(dir: string, failures: number): Promise<number[]> {
  const { env: { BROKER_DIR } } = embeddedBroker(dir);
  await using broker = await openBroker({
    settings: { broker: "embedded", dir: BROKER_DIR!, sync: "normal" },
    logger: SILENT,
  });
  const { port } = broker;
  await port.createTopics([{ name: "in", partitions: 2 }, { name: "out", partitions: 1 }]);
  const producer = await port.producer();
  const texts = Array.from({ length: failures * 10 }, (_, i) => String(i));
  const encoder = new TextEncoder();
  await producer.send(
    texts.map((text, i) => ({ topic: "in", partition: i % 2, key: null, value: encoder.encode(text), timestampMs: i })),
  );
  await producer.close();

  const failed = new Set<number>();
  const env = new StreamExecutionEnvironment({
    jobName: "unsteady",
    store: broker,
    from: "earliest",
    bounded: true,
    onError: "fail",
    commitIntervalMs: 1,
    restartStrategy: { type: "fixed-delay", attempts: failures, delayMs: 1 },
  });
  env.fromSource(broker.textSource("in"), WatermarkStrategy.forMonotonousTimestamps(), "in")
    .map((text) => {
      const number = Number(text);
      if (number % 10 === 9 && !failed.has(number)) {
        failed.add(number);
        throw new Error(`${number} fails once`);
      }
      return { number };
    }).name("fails_now_and_then")
    .keyBy(({ number }) => number % 7)
    .reduce((_, next) => next)
    .sinkTo(broker.sink({
      name: "out",
      key: ({ number }: { number: number }) => number,
      schema: undefined as never,
    })).name("out");
  let over = false;
  const running = later(env.execute().finally(() => over = true));
  const counts: number[] = [];
  while (!over) {
    counts.push(await descriptors());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await running;
  assertEquals(failed.size, failures);
  assertEquals((await port.describeTopics(["out"]))[0]!.endOffsets, [texts.length]);
  return counts;
}

/** 0 where they cannot be counted. */
async function descriptors(): Promise<number> {
  return (await resourcesOf(Deno.pid))?.descriptors ?? 0;
}

Deno.test("Ledger counts what is lost, doubled and altered", () => {
  const ledger = new Ledger(4);
  for (const index of [0, 1, 2, 3]) ledger.expect(index, 100 + index);
  ledger.take(0, 100);
  ledger.take(1, 101);
  ledger.take(1, 101);
  ledger.take(2, 7);
  ledger.take(9, 1);
  ledger.take(-1, 1);
  assertEquals([ledger.expected, ledger.lost(), ledger.doubled, ledger.altered], [4, 1, 3, 1]);
});

Deno.test("Feed knows its own records again, and no others", () => {
  const feed = new Feed({ seed: 7, durationMs: 4_000, travellers: 10, skyone: "a", sunset: "b" });
  const letters = [];
  for (let records = feed.next(); records.length > 0; records = feed.next()) {
    letters.push(...records.filter(({ value }) => !value!.toBase64().endsWith("fQ==") && value!.at(-1) !== 125));
  }
  assertEquals([feed.records, feed.letters.expected, letters.length], [20_002, 2, 2]);
  for (const letter of letters) feed.tookDeadLetter({ offset: 0, headers: undefined, ...letter });
  assertEquals([feed.letters.lost(), feed.letters.doubled, feed.letters.altered], [0, 0, 0]);
  const unknown = { offset: 0, headers: undefined, key: encodeJson({ confirmation: "SKY1A" }), value: encodeJson({}) };
  feed.tookFlight({ ...unknown, timestampMs: 1 });
  feed.tookStatistics({ ...unknown, key: encodeJson({ email_address: "nobody@email.com" }), timestampMs: 59_999 });
  assertEquals([feed.flights.doubled, feed.statistics.doubled], [1, 1]);
});

Deno.test("fingerprintOf() tells times and bytes apart", () => {
  const prints = [
    fingerprintOf(1, encodeJson("a")),
    fingerprintOf(2, encodeJson("a")),
    fingerprintOf(1, encodeJson("b")),
  ];
  assertEquals(new Set(prints).size, 3);
  assertEquals(prints[0], fingerprintOf(1, encodeJson("a")));
});

Deno.test("killMarks() are random, apart from one another, and leave a long life", () => {
  for (let seed = 0; seed < 50; seed++) {
    const marks = killMarks(9, chanceOf(seed));
    assertEquals(marks.length, 9);
    assertEquals(marks, marks.toSorted((a, b) => a - b));
    assertEquals(marks.filter((mark) => mark > LONG_LIFE.from && mark < LONG_LIFE.to), []);
    const gaps = marks.slice(1).map((mark, i) => mark - marks[i]!);
    assert(Math.min(...gaps) >= LONG_LIFE.from / 5 / 2, `${gaps}`);
  }
  assert(killMarks(3, chanceOf(1))[0] !== killMarks(3, chanceOf(2))[0]);
});

Deno.test("complaintsOf() names records that differ, memory that grows and descriptors that stay open", () => {
  assertEquals(complaintsOf(soak({})), []);
  assertEquals(complaintsOf(soak({ lost: 2, doubled: 1 })), ["s16: 2 records lost, 1 doubled, 0 with other content"]);
  const [growing] = complaintsOf(soak({}, { residentBytes: (part) => (100 + 100 * part) * 2 ** 20 }));
  assertEquals(growing, "s16: memory, within the longest life: 191 MB at the end, 154 MB in the middle");
  const [later] = complaintsOf(
    soak({ kills: 5, samples: lives((life) => (100 + 20 * life) * 2 ** 20) }, {}, 9_000_000),
  );
  assertEquals(later, "s16: memory, 225,000 records and more after a start: 200 MB at the end, 160 MB in the middle");
  const short = soak({}, { residentBytes: (part) => (100 + 100 * part) * 2 ** 20 }, 2_000_000);
  assertEquals(complaintsOf(short), [], "a heap that comes to rest");
  const [leaking] = complaintsOf(soak({}, { sockets: (part) => Math.round(5 + 10 * part) }));
  assertEquals(leaking, "s16: sockets of these: 14 at the end, 10 in the middle");
});

/** Six lives one after the other. */
function lives(residentBytes: (life: number) => number): Sample[] {
  return Array.from({ length: 6 }, (_, life) => ({
    life,
    sent: 1_500_000 * life,
    age: 300_000,
    residentBytes: residentBytes(life),
    peakBytes: 2 ** 20,
    descriptors: 20,
    sockets: 5,
  }));
}

/** A soak of one life whose figures go by how much of it is over, 0 to 1. */
function soak(
  change: Partial<JobSoak>,
  figures: { readonly residentBytes?: (part: number) => number; readonly sockets?: (part: number) => number } = {},
  records = 3_000_000,
): SoakResult {
  const { residentBytes = () => 2 ** 20, sockets = () => 5 } = figures;
  const samples = Array.from({ length: 100 }, (_, i) => ({
    life: 0,
    sent: i * records / 100,
    age: i * records / 100,
    residentBytes: residentBytes(i / 100),
    peakBytes: 2 ** 20,
    descriptors: 20,
    sockets: sockets(i / 100),
  }));
  const none = { kills: 1, backMs: [], samples, expected: 10, lost: 0, doubled: 0, altered: 0, state: "" };
  return { jobs: [{ lesson: "s16", ...none, ...change }], checkpoints: [], records, elapsedMs: 1 };
}
