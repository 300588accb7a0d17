/** The main job from end to end, against a plain computation and against what real Flink gave. */
import { assertEquals, assertMatch } from "@std/assert";
import { byTraveller, expectedFlights, expectedStatistics, format, type Line } from "../../chaos/oracle.ts";
import { forEachBroker, read, start, succeed, type TestBroker } from "./programs.ts";

const GEN = ["--create", "--seed", "7", "--rate", "max", "--start", "2026-01-01T00:00:00.000"];
const MANY = [...GEN, "--count", "100000"];
const SOME = [...GEN, "--count", "20000"];
const NOW = "2026-01-10T00:00:00.000";
const S16 = ["--bounded", "--from", "earliest", "--now", NOW];
const S20 = ["--bounded", "--from", "earliest"];

async function runMainJob(
  broker: TestBroker,
  gen: string[],
): Promise<{ flights: Line[]; statistics: Line[]; said: string }> {
  await succeed(broker, "gen", gen);
  const s16 = await succeed(broker, "s16", S16);
  const s20 = await succeed(broker, "s20", S20);
  const [flights, statistics] = await Promise.all([read(broker, "flightdata"), read(broker, "userstatistics")]);
  return { flights, statistics, said: s16.stderr + s20.stderr };
}

forEachBroker("gen, s16 and s20 give what a plain computation gives, and nothing is late", async (broker) => {
  const { flights, statistics, said } = await runMainJob(broker, MANY);
  const [skyone, sunset] = await Promise.all([read(broker, "skyone"), read(broker, "sunset")]);
  assertEquals([skyone.length, sunset.length], [100_000, 100_000]);
  assertEquals(flights.map(format).sort(), expectedFlights(skyone, sunset, NOW).sort());
  assertEquals(byTraveller(statistics), expectedStatistics(flights));
  assertEquals(/ late| bad/.test(said), false, said);
});

forEachBroker(
  "gen, s16 and s20 into fresh topics give the same sequence again, partition by partition",
  async (broker) => {
    const sequence = (lines: Line[]) => lines.map((line) => `${line.partition} ${format(line)}`);
    const first = await runMainJob(broker, SOME);
    const second = await runMainJob(broker, SOME);
    assertEquals(sequence(second.flights), sequence(first.flights));
    assertEquals(sequence(second.statistics), sequence(first.statistics));
  },
);

forEachBroker("the example's bookings give what real Flink gave, keys and timestamps included", async (broker) => {
  const example = (name: string): Line[] =>
    Deno.readTextFileSync(new URL(`example/${name}.jsonl`, import.meta.url)).trim().split("\n").map((line) =>
      JSON.parse(line)
    );
  await succeed(broker, "gen", ["--create", "--count", "0"]);
  for (const topic of ["skyone", "sunset"]) {
    const lines = example(topic).map((line) => JSON.stringify(line)).join("\n");
    await succeed(broker, "topics", ["write", topic], lines);
  }
  await succeed(broker, "s16", ["--bounded", "--from", "earliest", "--now", "2026-01-01T00:00:00"]);
  await succeed(broker, "s20", S20);

  const flights = await read(broker, "flightdata");
  assertEquals(flights.map(format).sort(), example("flightdata").map(format).sort());
  const statistics = await read(broker, "userstatistics");
  assertEquals(byTraveller(statistics), byTraveller(example("userstatistics")));
});

forEachBroker(
  "an undisturbed run at least once writes every flight once, and --print shows them too",
  async (broker) => {
    await succeed(broker, "gen", [...GEN, "--count", "1000"]);
    const { stdout } = await succeed(broker, "s16", [...S16, "--delivery", "at-least-once", "--print"]);
    const [skyone, sunset] = await Promise.all([read(broker, "skyone"), read(broker, "sunset")]);
    const flights = await read(broker, "flightdata");
    assertEquals(flights.map(format).sort(), expectedFlights(skyone, sunset, NOW).sort());
    assertEquals(stdout.trim().split("\n").sort(), flights.map(({ value }) => value).sort());
  },
);

forEachBroker(
  "--from TIME begins at the records of that time, and a second run goes on behind them",
  async (broker) => {
    await succeed(broker, "gen", [...GEN, "--count", "1000", "--step", "1s"]);
    await succeed(broker, "s16", ["--bounded", "--from", "2026-01-01T00:10:00", "--now", NOW]);
    const [skyone, sunset] = await Promise.all([read(broker, "skyone"), read(broker, "sunset")]);
    const sinceMs = new Date("2026-01-01T00:10:00").getTime();
    const since = (lines: Line[]) => lines.filter(({ timestamp }) => timestamp >= sinceMs);
    const expected = expectedFlights(since(skyone), since(sunset), NOW).sort();
    assertEquals((await read(broker, "flightdata")).map(format).sort(), expected);

    const { stderr } = await succeed(broker, "s16", ["--bounded", "--from", "earliest", "--now", NOW]);
    assertMatch(stderr, /goes on from its last commit/);
    assertEquals((await read(broker, "flightdata")).length, expected.length);
  },
);

forEachBroker(
  "a second process of a job stands by, and ends with 0 when the first has finished its bounded run",
  async (broker) => {
    // Enough to keep the first at work while the second starts.
    await succeed(broker, "gen", [...GEN, "--count", "80000"]);
    const first = start(broker, "s16", S16);
    await first.says(/starts/);
    const second = start(broker, "s16", S16);
    await second.says(/stands by/);

    assertEquals((await first.ended).code, 0);
    const ended = await second.ended;
    assertEquals(ended.code, 0, ended.stderr);
    assertMatch(ended.stderr, /ends, as the active instance has finished/);
    assertMatch(first.stderr, /finished: 160,000 in/);
  },
);

forEachBroker(
  "a second process of a job takes over when the first leaves, and goes on from its commit",
  async (broker) => {
    await succeed(broker, "gen", SOME);
    const first = start(broker, "s16", ["--from", "earliest", "--now", NOW]);
    await first.says(/starts/);
    const second = start(broker, "s16", S16);
    await second.says(/stands by/);
    first.kill("SIGTERM");

    assertEquals((await first.ended).code, 0);
    assertEquals((await second.ended).code, 0);
    assertMatch(second.stderr, /takes over/);
    const [skyone, sunset] = await Promise.all([read(broker, "skyone"), read(broker, "sunset")]);
    const flights = await read(broker, "flightdata");
    assertEquals(flights.map(format).sort(), expectedFlights(skyone, sunset, NOW).sort());
  },
);
