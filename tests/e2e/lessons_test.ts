/** The lessons as a person runs them: by themselves on a sample, over a broker, and before there is anything to see. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { byTraveller, expectedFlights, expectedStatistics, format, type Line } from "../../chaos/oracle.ts";
import {
  embeddedBroker,
  forEachBroker,
  mayRunPrograms,
  read,
  run,
  start,
  startDeno,
  succeed,
  type TestBroker,
} from "./programs.ts";

const NOW = "2026-01-10T00:00:00";
const GEN = ["--create", "--seed", "7", "--rate", "max", "--start", "2026-01-01T00:00:00", "--step", "1s"];
const ALL = ["--bounded", "--from", "earliest"];

const allowed = mayRunPrograms();

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `${name}${allowed ? "" : " (skipped: needs permission to run programs)"}`, ignore: !allowed, fn });
}

/** For what no broker makes a difference to. */
function onEmbeddedLog(name: string, fn: (broker: TestBroker) => Promise<void>): void {
  test(name, async () => {
    const dir = await Deno.makeTempDir();
    try {
      await fn(embeddedBroker(dir));
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  });
}

/** A program that opened this broker would fail. */
const NOBODY: TestBroker = { name: "nobody", env: { BOOTSTRAP_SERVERS: "127.0.0.1:1" } };

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

test("lessons without topics print what their headers promise", async () => {
  const [s04, operators, process, s15] = await Promise.all([
    succeed(NOBODY, "s04", []),
    succeed(NOBODY, "s11:transformation", []),
    succeed(NOBODY, "s11:process", []),
    succeed(NOBODY, "s15", []),
  ]);
  assertEquals(lines(s04.stdout), ["2", "4", "6", "8", "10"]);
  assertMatch(s04.stderr, /map +double +← numbers[^]*5 in, 5 out/);

  assertEquals(blocks(operators.stdout), {
    map: "10 20 30 40",
    flatMap: "1 1 2 1 2 3 1 2 3 4",
    filter: "2 4",
    reduce: '{"of":"odd","sum":1} {"of":"even","sum":2} {"of":"odd","sum":4} {"of":"even","sum":6}',
  });
  assertEquals(blocks(process.stdout), { process: blocks(operators.stdout).reduce });
  const ways = blocks(s15.stdout);
  assertEquals(Object.keys(ways), ["even", "odd", "upToTwo", "larger", "coMap", "coFlatMap", "coProcess"]);
  assertEquals([ways.even, ways.odd, ways.upToTwo], ["2 4", "1 3", "1 2"]);
  assertEquals(ways.coProcess, "2 is called two 4 is called four");
});

/** What stands behind `name> `, by name. */
function blocks(text: string): Record<string, string> {
  const found: Record<string, string[]> = {};
  for (const line of lines(text)) {
    const [, name, value] = /^(\w+)> (.*)$/.exec(line)!;
    (found[name!] ??= []).push(value!);
  }
  return Object.fromEntries(Object.entries(found).map(([name, values]) => [name, values.join(" ")]));
}

test("--sample shows what a lesson does without any broker", async () => {
  const tasks = ["s08", "s10", "s12", "s14", "s16", "s18", "s20"];
  const ended = await Promise.all(tasks.map((task) => succeed(NOBODY, task, ["--sample"])));
  const [s08, s10, s12, s14, s16, s18, s20] = ended.map(({ stdout }) => lines(stdout));
  for (const { stderr } of ended) assertMatch(stderr, /finished: \d in, \d out/);

  assertEquals(s08!.map((line) => line.slice(0, 6)), ['{"emai', '{"emai', '{"emai', "<html>", '{"emai']);
  assertEquals(s10, [
    "SKY1AAAAAA: ANNA@email.com flies from ATL to DFW for 700",
    "SKY1BBBBBB: BEN@email.com flies from DEN to SEA for 550",
    "SKY1CCCCCC: ANNA@email.com flies from DFW to ATL for 820",
  ]);
  assertMatch(ended[1]!.stderr, /value is not JSON, it starts with "<html>[^]*field "ticket_price" is missing/);
  const confirmations = (found: string[]) => found.map((line) => JSON.parse(line).confirmation);
  assertEquals(confirmations(s12!), ["SKY1AAAAAA", "SKY1CCCCCC"]);
  assertEquals(keys(s14!), ['{"confirmation":"SKY1AAAAAA"}', '{"confirmation":"SKY1CCCCCC"}']);
  assertEquals(confirmations(values(s14!)), ["SKY1AAAAAA", "SKY1CCCCCC"]);
  assertEquals(confirmations(values(s16!)).sort(), ["SKY1AAAAAA", "SKY1CCCCCC", "SUNDDDDDD"]);
  assertEquals(s18, [
    `2026-03-01T12:00:59.999Z ${statistics("ANNA", 195, 2)}`,
    `2026-03-01T12:00:59.999Z ${statistics("BEN", 100, 1)}`,
    `2026-03-01T12:01:59.999Z ${statistics("ANNA", 60, 1)}`,
    `2026-03-01T12:01:59.999Z ${statistics("CLEO", 190, 1)}`,
    `2026-03-01T12:02:59.999Z ${statistics("BEN", 120, 1)}`,
  ]);
  assertEquals(keys(s20!).slice(0, 2), ['{"email_address":"ANNA@email.com"}', '{"email_address":"BEN@email.com"}']);
  assertEquals(values(s20!), [
    statistics("ANNA", 195, 2),
    statistics("BEN", 100, 1),
    statistics("ANNA", 255, 3),
    statistics("CLEO", 190, 1),
    statistics("BEN", 220, 2),
  ]);
});

/** Of lines such as `{"ref":"A"} {"price":3}`, as `--sample` prints what a job has written. */
function keys(found: readonly string[]): string[] {
  return found.map((line) => line.slice(0, line.indexOf(" ")));
}

function values(found: readonly string[]): string[] {
  return found.map((line) => line.slice(line.indexOf(" ") + 1));
}

function statistics(name: string, minutes: number, flights: number): string {
  const email_address = `${name}@email.com`;
  return JSON.stringify({ email_address, total_flight_duration: minutes, number_of_flights: flights });
}

test("deno task s11 runs both parts of the lesson", async () => {
  const { code, stdout } = await startDeno(NOBODY, ["task", "s11"]).ended;
  assertEquals([code, Object.keys(blocks(stdout))], [0, ["map", "flatMap", "filter", "reduce", "process"]]);
});

test("--sample takes another present by --now, and leaves no file behind", async () => {
  const dir = await Deno.makeTempDir();
  const broker: TestBroker = { ...NOBODY, env: { ...NOBODY.env, TMPDIR: dir } };
  try {
    const { stdout } = await succeed(broker, "s12", ["--sample", "--now", "2026-03-03T00:00:00"]);
    assertEquals(lines(stdout).map((line) => JSON.parse(line).confirmation), ["SKY1CCCCCC"]);
    assertEquals(await Array.fromAsync(Deno.readDir(dir)), []);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

forEachBroker("each lesson emits what a plain computation gives, and s10 keeps a dead letter", async (broker) => {
  await succeed(broker, "gen", [...GEN, "--count", "300"]);
  await succeed(broker, "topics", ["write", "skyone"], '{"value":"<html>","timestamp":1}');
  const [s08, s10, s12, all, sunset] = await Promise.all([
    succeed(broker, "s08", ALL),
    succeed(broker, "s10", ALL),
    succeed(broker, "s12", [...ALL, "--now", NOW]),
    read(broker, "skyone"),
    read(broker, "sunset"),
    succeed(broker, "s14", [...ALL, "--now", NOW]),
  ]);
  const skyone = all.filter(({ value }) => value !== "<html>");
  const ofSkyone = expectedFlights(skyone, [], NOW).sort();
  assertEquals(lines(s08.stdout).sort(), all.map(({ value }) => value).sort());
  assertEquals(lines(s10.stdout).sort(), skyone.map(lineAbout).sort());
  assertEquals(lines(s12.stdout).sort(), ofSkyone.map((line) => line.split(" ").slice(2).join(" ")).sort());

  const [s18, flights, aside] = await Promise.all([
    succeed(broker, "s18", ALL),
    read(broker, "flightdata"),
    succeed(broker, "topics", ["read", "s10_deserialization.dead-letters", "--headers", "--bounded"]),
    succeed(broker, "s20", ALL),
  ]);
  assertEquals(flights.map(format).sort(), ofSkyone);
  assertMatch(aside.stdout, /<html>.*dead-letter.error-message.*value is not JSON/);
  assertEquals(lines(s18.stdout).sort(), countedByMinute(flights).sort());
  assertEquals(byTraveller(await read(broker, "userstatistics")), expectedStatistics(flights));

  // It adds its flights to those that lesson 14 has written.
  await succeed(broker, "s16", [...ALL, "--now", NOW]);
  const ofBoth = expectedFlights(skyone, sunset, NOW);
  assertEquals((await read(broker, "flightdata")).map(format).sort(), [...ofSkyone, ...ofBoth].sort());
});

function lineAbout({ value }: Line): string {
  const b = JSON.parse(value);
  return `${b.confirmation}: ${b.email_address} flies from ${b.iata_departure_code} to ${b.iata_arrival_code} for ${b.ticket_price}`;
}

/** What lesson 18 must print, in no order: differences of what lesson 20 must write. */
function countedByMinute(flights: readonly Line[]): string[] {
  return [...expectedStatistics(flights)].flatMap(([email_address, totals]) => {
    let minutes = 0;
    let count = 0;
    return totals.map((line) => {
      const [timestamp, , json] = line.split(" ") as [string, string, string];
      const total = JSON.parse(json);
      const [total_flight_duration, number_of_flights] = [
        total.total_flight_duration - minutes,
        total.number_of_flights - count,
      ];
      [minutes, count] = [total.total_flight_duration, total.number_of_flights];
      const value = JSON.stringify({ email_address, total_flight_duration, number_of_flights });
      return `${new Date(Number(timestamp)).toISOString()} ${value}`;
    });
  });
}

forEachBroker("a lesson says early that there is nothing to read, and goes on when there is", async (broker) => {
  await succeed(broker, "gen", ["--create", "--count", "0"]);
  const s08 = start(broker, "s08", []);
  const s18 = start(broker, "s18", []);
  await s08.says(
    /nothing in topic "skyone" yet: run "deno task gen" in another terminal, or this lesson with --sample/,
  );
  await s18.says(/nothing in topic "flightdata" yet: run "deno task gen" and "deno task s16" in other terminals/);
  await succeed(broker, "gen", ["--count", "1"]);
  await s08.prints(/"confirmation":"SKY1/);
  for (const program of [s08, s18]) program.kill("SIGTERM");
  assertEquals([(await s08.ended).code, (await s18.ended).code], [0, 0]);
});

onEmbeddedLog("a lesson whose topic is missing says how to make it", async (broker) => {
  await succeed(broker, "gen", ["--create", "--count", "0"]);
  await succeed(broker, "topics", ["delete", "skyone", "flightdata"]);
  for (const [task, topic] of [["s12", "skyone"], ["s20", "flightdata"]] as const) {
    const { code, stderr } = await run(broker, task, ["--bounded"]);
    assertEquals(code, 1);
    assertStringIncludes(
      stderr,
      `error: Cannot open topic "${topic}": it does not exist; run "deno task gen --create" in another terminal first`,
    );
  }
});

onEmbeddedLog("--close-idle closes the last windows of s18 and s20 though nothing comes any more", async (broker) => {
  await succeed(broker, "gen", [...GEN, "--count", "20"]);
  await succeed(broker, "s16", [...ALL, "--now", NOW]);
  const args = ["--from", "earliest", "--window", "1s", "--close-idle", "500ms", "--print"];
  const programs = [start(broker, "s18", args), start(broker, "s20", args)];
  const windows = [...expectedStatistics(await read(broker, "flightdata"), 1000).values()].flat().length;
  await Promise.all(programs.map((program) => program.prints(new RegExp(`^(.*\\n){${windows}}$`))));
  for (const program of programs) program.kill("SIGTERM");
  for (const program of programs) assertEquals((await program.ended).code, 0);
});
