/** `deno task follow`: what became of a record, step by step, over both jobs. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { buildFlight, buildSkyone } from "../builders.ts";
import type { Line } from "../../chaos/oracle.ts";
import { forEachBroker, read as readLines, run, start, succeed, type TestBroker } from "./programs.ts";

const NOW = "2026-10-19T12:00:00Z";
const S16 = ["--from", "earliest", "--bounded", "--now", NOW];
const S20 = ["--from", "earliest", "--bounded"];
/** As they were run, but that what waits for a later record is not fired by the end of the input. */
const JOBS = ["--job", `src/s16_merge.ts --now ${NOW}`, "--job", "src/s20_manage_state.ts"];

const LANDS = { flight_departure_time: "2026-10-20T08:00:00", flight_arrival_time: "2026-10-20T09:40:00" };
const LANDED = { flight_departure_time: "2026-10-18T08:00:00", flight_arrival_time: "2026-10-18T09:40:00" };

/** All records of a topic; the lines have their offsets too. */
async function read(broker: TestBroker, topic: string): Promise<(Line & { readonly offset: number })[]> {
  return await readLines(broker, topic) as (Line & { readonly offset: number })[];
}

/** A line for `topics write`. */
function line(partition: number, time: string, value: unknown, key: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return JSON.stringify({ partition, timestamp: `2026-10-19T${time}Z`, key: JSON.stringify(key), value: text });
}

function booking(time: string, confirmation: string, overrides: Record<string, string> = LANDS): string {
  const email_address = "ANNAB@email.com";
  return line(0, time, buildSkyone({ confirmation, email_address, ...overrides }), { ref: confirmation });
}

interface Step {
  readonly kind: string;
  readonly job: string;
  readonly operator: string;
  readonly [field: string]: unknown;
}

async function followed(broker: TestBroker, args: readonly string[]): Promise<Step[]> {
  const { stdout } = await succeed(broker, "follow", [...args, "--json"]);
  return stdout.split("\n").filter((text) => text !== "").map((text) => JSON.parse(text));
}

function outline(steps: readonly Step[]): string[] {
  return steps.map(({ kind, operator, job }) => operator === undefined ? `${kind} ${job}` : `${kind} ${operator}`);
}

forEachBroker(
  "follow shows a booking from skyone to userstatistics, one filtered out, one bad, one late",
  async (broker) => {
    await succeed(broker, "gen", ["--create", "--count", "0"]);
    const bookings = [
      booking("12:00:10", "SKY1FIRST"),
      booking("12:00:20", "SKY1GONE", LANDED),
      line(0, "12:00:25", "<html>no</html>", { ref: "SKY1BAD" }),
      booking("12:00:30", "SKY1SECOND"),
      booking("12:01:10", "SKY1NEXT"),
    ];
    await succeed(broker, "topics", ["write", "skyone"], bookings.join("\n"));
    await succeed(broker, "s16", S16);
    await succeed(broker, "s20", S20);
    const before = [await read(broker, "flightdata"), await read(broker, "userstatistics")];

    const steps = await followed(broker, ["skyone", "0", "3", ...JOBS]);

    assertEquals(outline(steps), [
      "job flight_importer",
      "read skyone_source",
      "decoded skyone_source",
      "emitted flight_from_skyone",
      "emitted still_to_land",
      "sent flightdata_sink",
      "end flight_importer",
      "job user_statistics",
      "read flightdata_source",
      "decoded flightdata_source",
      "emitted statistics_from_flight",
      "window user_statistics",
      "fired user_statistics",
      "state user_statistics",
      "emitted user_statistics",
      "sent userstatistics_sink",
      "end user_statistics",
    ]);
    const [flights, statistics] = before as [typeof before[number], typeof before[number]];
    const flight = flights.find(({ key }) => key === '{"confirmation":"SKY1SECOND"}')!;
    const { found } = steps[5] as unknown as { found: Record<string, unknown> };
    assertEquals([found.partition, found.offset, found.isSame, found.value], [
      flight.partition,
      flight.offset,
      true,
      flight.value,
    ]);
    const both = { email_address: "ANNAB@email.com", total_flight_duration: 200, number_of_flights: 2 };
    const [window, fired, state, result] = steps.slice(11, 15) as [Step, Step, Step, Step];
    assertEquals([window.key, window.window, window.contents], [
      "ANNAB@email.com",
      "[2026-10-19T12:00:00.000Z, 2026-10-19T12:01:00.000Z)",
      both,
    ]);
    assertEquals([fired.dueMs, fired.contents], [Date.parse("2026-10-19T12:00:59.999Z"), both]);
    assertEquals([state.state, state.before, state.after], ["total", undefined, both]);
    assertEquals(result.value, both);
    const written = statistics.find(({ value }) => value === JSON.stringify(both))!;
    const { found: total } = steps[15] as unknown as { found: Record<string, unknown> };
    assertEquals([total.partition, total.offset, total.isSame], [written.partition, written.offset, true]);

    const { stdout } = await succeed(broker, "follow", ["skyone", "--key", "SKY1SECOND", ...JOBS]);
    assertMatch(stdout, /still_to_land +passes \(flight\) => landsAfter\(flight, now\(\)\)/);
    assertStringIncludes(stdout, `sent to flightdata-${flight.partition} offset ${flight.offset}`);
    assertStringIncludes(stdout, 'window 2026-10-19 12:00:00–12:01:00 of "ANNAB@email.com" fired');
    assertStringIncludes(stdout, `sent to userstatistics-${written.partition} offset ${written.offset}`);

    const gone = await followed(broker, ["skyone", "0", "1", ...JOBS]);
    assertEquals(outline(gone).slice(3), [
      "emitted flight_from_skyone",
      "filtered still_to_land",
      "end flight_importer",
    ]);
    assertEquals(gone[4]!.function, "(flight) => landsAfter(flight, now())");

    const bad = await followed(broker, ["skyone", "0", "2", ...JOBS]);
    assertEquals(outline(bad).slice(1), ["read skyone_source", "dead skyone_source", "end flight_importer"]);
    assertMatch(bad[2]!.message as string, /offset 2: value is not JSON, it starts with "<html>no<\/html>"/);

    // The last one waits for a record that comes after its minute, or for silence: here its partition is silent since long.
    const last = await followed(broker, ["skyone", "0", "4", ...JOBS]);
    assertEquals([last.at(-2)!.kind, last.at(-1)!.open], ["window", 1]);
    assertMatch(last.at(-1)!.why as string, /1 window of "user_statistics" is open/);

    const late = [
      line(0, "12:01:13", buildFlight({ confirmation: "A" }), { confirmation: "A" }),
      line(0, "12:00:56.999", buildFlight({ confirmation: "B" }), { confirmation: "B" }),
    ];
    await succeed(broker, "topics", ["write", "flightdata"], late.join("\n"));
    const { partition, offset } = (await read(broker, "flightdata")).findLast(({ value }) => value.includes('"B"'))!;
    const bounded = ["--job", "src/s20_manage_state.ts --bounded"];
    const found2 = await followed(broker, ["flightdata", String(partition), String(offset), ...bounded]);
    const lateStep = found2.find(({ kind }) => kind === "late")!;
    assertEquals([lateStep.operator, lateStep.lateByMs, lateStep.to], ["user_statistics", 13_000, "dead letters"]);

    // Nothing was written.
    const [flightsAfter, statisticsAfter] = [await read(broker, "flightdata"), await read(broker, "userstatistics")];
    assertEquals(flightsAfter.length, flights.length + late.length);
    assertEquals(statisticsAfter, statistics);
  },
);

forEachBroker(
  "follow goes on from the last commit if the record lies behind it, and finds no result there yet",
  async (broker) => {
    await succeed(broker, "gen", ["--create", "--count", "0"]);
    await succeed(broker, "topics", ["write", "skyone"], booking("12:00:10", "SKY1FIRST"));
    await succeed(broker, "s16", S16);
    await succeed(broker, "topics", ["write", "skyone"], booking("12:00:20", "SKY1LATER"));
    const [job, ...steps] = await followed(broker, ["skyone", "0", "1", "--job", `src/s16_merge.ts --now ${NOW}`]);
    assertEquals(job!.from, "the last commit");
    const sent = steps.find(({ kind }) => kind === "sent")!;
    assertEquals([sent.to, sent.found], ['topic "flightdata"', null]);
    // Functions see the time of the record, at which this flight was still to land; without --now too.
    const lived = await followed(broker, ["skyone", "0", "1", "--job", "src/s16_merge.ts"]);
    assertEquals(outline(lived).slice(3, 6), [
      "emitted flight_from_skyone",
      "emitted still_to_land",
      "sent flightdata_sink",
    ]);
    const [again] = await followed(broker, ["skyone", "0", "0", "--job", `src/s16_merge.ts --now ${NOW}`]);
    assertEquals(again!.from, "the beginning");
  },
);

forEachBroker("follow says what is wrong with what it was asked for", async (broker) => {
  await succeed(broker, "gen", ["--create", "--count", "0"]);
  await succeed(broker, "topics", ["write", "skyone"], booking("12:00:10", "SKY1FIRST"));
  const asked: readonly [args: string[], says: RegExp][] = [
    [["skyone"], /Which record\? Its PARTITION and OFFSET are missing, or --key KEY/],
    [["skyone", "0", "1"], /Cannot follow "skyone" partition 0 offset 1: the partition has the offsets 0 to 0/],
    [["skyone", "9", "0"], /Cannot follow a record of "skyone" partition 9: it has 5, counted from 0/],
    [["skyone", "0", "x"], /Cannot use PARTITION 0 and OFFSET x: "x" is not a whole number/],
    [["skyone", "--key", "nobody"], /Cannot follow key nobody of "skyone": no record there has it/],
    [
      ["skyone", "0", "0", "--job", "src/s20_manage_state.ts"],
      /no job reads it \(src\/s20_manage_state\.ts reads flightdata\)/,
    ],
    [["skyone", "0", "0", "--job", "src/models.ts"], /it describes no job, as it never calls env\.execute\(\)/],
    [["skyone", "0", "0", "--job", "src/s16_merge.ts --windov 1s"], /Unknown flag --windov/],
  ];
  for (const [args, says] of asked) {
    const { code, stderr } = await run(broker, "follow", args);
    assertEquals([args, code === 0], [args, false]);
    assertMatch(stderr, says);
  }
});

forEachBroker(
  "follow --wait goes on with the records that come, until the result lies in its topic",
  async (broker) => {
    await succeed(broker, "gen", ["--create", "--count", "0"]);
    const flight = (time: string, confirmation: string) =>
      line(0, time, buildFlight({ confirmation }), { confirmation });
    await succeed(broker, "topics", ["write", "flightdata"], flight("12:00:10", "FIRST"));
    // Its partition alone has records, and the others are silent: so only a later record of it brings event time further.
    await using following = start(broker, "follow", ["flightdata", "0", "0", "--wait"]);
    await following.says(/user_statistics: waits: 1 window of "user_statistics" is open/);
    assertEquals(following.stdout, "");
    await succeed(broker, "topics", ["write", "flightdata"], flight("12:01:00", "NEXT"));
    await following.says(/waits: the job itself to write it to "userstatistics"/);
    await succeed(broker, "s20", ["--from", "earliest", "--bounded"]);
    const { code, stdout } = await following.ended;
    assertEquals(code, 0);
    assertMatch(
      stdout,
      /window 2026-10-19 12:00:00–12:01:00 of ".*" fired, as event time reached 2026-10-19 12:00:59\.999/,
    );
    assertMatch(stdout, /sent to userstatistics-\d offset 0/);
  },
);

forEachBroker("follow --wait ends at a signal, and its job's process with it", async (broker) => {
  await succeed(broker, "gen", ["--create", "--count", "0"]);
  await succeed(
    broker,
    "topics",
    ["write", "flightdata"],
    line(0, "12:00:10", buildFlight({ confirmation: "FIRST" }), { confirmation: "FIRST" }),
  );
  await using following = start(broker, "follow", ["flightdata", "0", "0", "--wait"]);
  await following.says(/waits: 1 window/);
  following.kill("SIGTERM");
  const { code, stdout } = await following.ended;
  assertEquals([code, stdout], [0, ""]);
});

forEachBroker("follow --live shows the steps that running jobs take, as they take them", async (broker) => {
  await succeed(broker, "gen", ["--create", "--count", "0"]);
  // Partition 0 alone has records, and the others are not waited for.
  await using importer = start(broker, "s16", ["--from", "earliest", "--now", NOW]);
  await using statistics = start(broker, "s20", ["--from", "earliest", "--idle", "1s", "--window", "10s"]);
  await importer.says(/flight_importer: starts/);
  await statistics.says(/user_statistics: starts/);
  await using following = start(broker, "follow", ["skyone", "--key", "SKY1LIVE", "--live", "--json"]);
  await using gone = start(broker, "follow", ["skyone", "--key", "SKY1GONE", "--live", "--json"]);
  await using bad = start(broker, "follow", ["skyone", "--key", "SKY1BAD", "--live", "--json"]);
  await using late = start(broker, "follow", ["flightdata", "--key", "SKY1LATE", "--live", "--json"]);
  for (const each of [following, gone, bad, late]) {
    await each.says(/flight_importer follows/);
    await each.says(/user_statistics follows/);
  }
  const bookings = [
    booking("12:00:20", "SKY1GONE", LANDED),
    line(0, "12:00:25", "<html>no</html>", { ref: "SKY1BAD" }),
    booking("12:00:30", "SKY1LIVE"),
    booking("12:02:10", "SKY1NEXT"),
  ];
  await succeed(broker, "topics", ["write", "skyone"], bookings.join("\n"));
  const stepsOf = ({ stdout }: { readonly stdout: string }): Step[] =>
    stdout.split("\n").slice(0, -1).map((text) => JSON.parse(text));
  await following.prints(/"operator":"flightdata_sink"/, 60_000);
  await following.prints(/"operator":"userstatistics_sink"/, 60_000);
  // In the order of each job; one may be ahead of the other.
  const byJob = Object.groupBy(stepsOf(following), ({ job }) => job);
  assertEquals(outline([...byJob.flight_importer!, ...byJob.user_statistics!]), [
    "read skyone_source",
    "decoded skyone_source",
    "emitted flight_from_skyone",
    "emitted still_to_land",
    "sent flightdata_sink",
    "read flightdata_source",
    "decoded flightdata_source",
    "emitted statistics_from_flight",
    "window user_statistics",
    "fired user_statistics",
    "state user_statistics",
    "emitted user_statistics",
    "sent userstatistics_sink",
  ]);
  const total = { email_address: "ANNAB@email.com", total_flight_duration: 100, number_of_flights: 1 };
  const [sent, written] = [byJob.flight_importer!.at(-1), byJob.user_statistics!.at(-1)];
  const flight = (await read(broker, "flightdata")).find(({ value }) => value.includes("SKY1LIVE"))!;
  const result = (await read(broker, "userstatistics")).find(({ value }) => value === JSON.stringify(total))!;
  assertEquals([sent!.found, written!.found], [
    { topic: "flightdata", partition: flight.partition, offset: flight.offset, value: flight.value, isSame: true },
    { topic: "userstatistics", partition: result.partition, offset: result.offset, value: result.value, isSame: true },
  ]);
  await gone.prints(/"kind":"filtered"/);
  assertEquals(outline(stepsOf(gone)).slice(2), ["emitted flight_from_skyone", "filtered still_to_land"]);
  await bad.prints(/"kind":"dead"/);
  assertMatch(stepsOf(bad)[1]!.message as string, /value is not JSON, it starts with "<html>no<\/html>"/);

  const tooLate = line(0, "12:00:09", buildFlight({ confirmation: "SKY1LATE" }), { confirmation: "SKY1LATE" });
  await succeed(broker, "topics", ["write", "flightdata"], tooLate);
  await late.prints(/"kind":"late"/);
  const [, , , step] = stepsOf(late);
  assertEquals([step!.kind, step!.operator, step!.to], ["late", "user_statistics", "dead letters"]);
  following.kill("SIGTERM");
  assertEquals((await following.ended).code, 0);
});
