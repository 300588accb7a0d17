/**
 * Chains of two jobs, one at home and one on a real Flink cluster, or both there: behind each other they lose nothing, write nothing
 * twice and have nothing late, as they catch up on an hour and as they run live. With TEST_FLINK_LIVE_SECONDS all chains are run,
 * live for so long; without it those that depend on the order of what is written on the cluster.
 */
import { assert, assertEquals } from "@std/assert";
import { hasReadAll } from "../../chaos/has_read_all.ts";
import { read, start, succeed } from "../e2e/programs.ts";
import { type LiveWorld, longLiveTest } from "./live.ts";
import { until } from "./until.ts";

const WITHIN_MS = 180_000;
const WANTED_S = Deno.permissions.querySync({ name: "env" }).state === "granted"
  ? Deno.env.get("TEST_FLINK_LIVE_SECONDS")
  : undefined;
const LIVE_S = Number(WANTED_S ?? 10);
/** One pair of bookings each 720 ms, so that an hour has 5,000. */
const HOUR = "--create --seed 3 --rate max --start 2026-11-01T00:00:00Z --step 720ms --count 5000".split(" ");

/** Where a job runs. */
type Place = "home" | "Flink";

/** A job that runs. */
interface Running {
  /** Its clean end; with `drain` its last windows fire first. */
  stop(options?: { readonly drain?: boolean }): Promise<void>;
}

const FILES = { s16: "src/s16_merge.ts", s20: "src/s20_manage_state.ts" } as const;

async function run(
  { broker }: LiveWorld,
  task: "s16" | "s20",
  place: Place,
  flags: readonly string[],
): Promise<Running> {
  if (place === "Flink") {
    const own = ["run", FILES[task], "--parallelism", "2", "--detached", "--", ...flags];
    const id = (await succeed(broker, "flink", own)).stdout.trim();
    return {
      stop: async ({ drain = false } = {}) => {
        await succeed(broker, "flink", ["stop", id, ...drain ? ["--drain"] : []]);
      },
    };
  }
  const program = start(broker, task, [...flags, ...task === "s20" ? ["--drain"] : []]);
  return {
    stop: async () => {
      program.kill("SIGTERM");
      const { code, stderr } = await program.ended;
      assertEquals(code, 0, stderr);
    },
  };
}

/** Topic, partition, time, key and value of each record; their order is that of the partition. */
async function records({ broker }: LiveWorld, topic: string) {
  return (await read(broker, topic)).map(({ partition, timestamp, key, value }) => ({
    partition,
    timestamp,
    key,
    value,
  }));
}

const texts = (lines: readonly unknown[]) => lines.map((line) => JSON.stringify(line)).sort();

/** s20 has read all flights: only then a clean end with its last windows shows all of them. */
async function untilAllRead({ kafka }: LiveWorld, place: Place): Promise<void> {
  const flights = { job: "user_statistics", topic: "flightdata" };
  await until(() => hasReadAll(kafka.bootstrapServers, flights), `s20 at ${place} has read all flights`, WITHIN_MS);
}

/** What would be late goes there; the topic is made for the first. */
async function assertNothingLate({ broker }: LiveWorld): Promise<void> {
  const { stdout } = await succeed(broker, "topics", ["list"]);
  assert(!stdout.includes("user_statistics.dead-letters"), stdout);
}

/** A chain, named by where its jobs run. */
interface Chain {
  readonly merge: Place;
  readonly count: Place;
  /** Whether it runs without TEST_FLINK_LIVE_SECONDS, too: those that depend on the order of what is written on the cluster. */
  readonly always?: { readonly catchingUp?: boolean; readonly live?: boolean };
}

const CHAINS: readonly Chain[] = [
  { merge: "home", count: "Flink" },
  { merge: "Flink", count: "home", always: { live: true } },
  { merge: "Flink", count: "Flink", always: { catchingUp: true } },
];

/** What both jobs make of the hour at home. */
interface AtHome {
  readonly flights: readonly string[];
  readonly statistics: readonly string[];
  /** Statistics that are there before the end of event time fires the last windows. */
  readonly beforeLast: number;
}

const NOW = ["--now", "2026-11-01T00:00:00"];
let known: AtHome | undefined;

async function atHome(world: LiveWorld): Promise<AtHome> {
  if (known !== undefined) return known;
  const { broker } = world;
  await succeed(broker, "gen", HOUR);
  await succeed(broker, "s16", ["--from", "earliest", "--bounded", ...NOW]);
  await succeed(broker, "s20", ["--from", "earliest", "--bounded"]);
  const flights = texts(await records(world, "flightdata"));
  const statistics = texts(await records(world, "userstatistics"));
  const lastMs = Math.max(...statistics.map((line) => JSON.parse(line).timestamp as number));
  const beforeLast = statistics.filter((line) => JSON.parse(line).timestamp < lastMs).length;
  return known = { flights, statistics, beforeLast };
}

async function catchUp(world: LiveWorld, { merge, count }: Chain): Promise<void> {
  const { broker } = world;
  const { flights, statistics, beforeLast } = await atHome(world);
  await succeed(broker, "gen", HOUR);
  const counting = await run(world, "s20", count, ["--from", "earliest"]);
  const merging = await run(world, "s16", merge, ["--from", "earliest", ...NOW]);
  const has = async (topic: string, wanted: number) => (await read(broker, topic)).length >= wanted;
  await until(() => has("flightdata", flights.length), "all flights", WITHIN_MS);
  await until(() => has("userstatistics", beforeLast), "all statistics", WITHIN_MS);
  await merging.stop();
  await untilAllRead(world, count);
  await counting.stop({ drain: true });
  assertEquals(texts(await records(world, "flightdata")), flights);
  assertEquals(texts(await records(world, "userstatistics")), statistics);
  await assertNothingLate(world);
}

async function runLive(world: LiveWorld, { merge, count }: Chain): Promise<void> {
  const { broker } = world;
  await succeed(broker, "gen", ["--create", "--count", "1", "--rate", "max"]);
  const counting = await run(world, "s20", count, ["--from", "earliest", "--window", "2s"]);
  // A booking that has landed is no flight: here all are still to land.
  const merging = await run(world, "s16", merge, ["--from", "earliest", "--now", "2020-01-01T00:00:00"]);
  await succeed(broker, "gen", ["--rate", "50", "--count", String(50 * LIVE_S)]);
  const bookings = 2 * (50 * LIVE_S + 1);
  const written = async () => (await read(broker, "flightdata")).length >= bookings;
  await until(written, "a flight for each booking", WITHIN_MS);
  await merging.stop();
  await untilAllRead(world, count);
  await counting.stop({ drain: true });

  const flights = await records(world, "flightdata");
  assertEquals([flights.length, new Set(flights.map(({ key }) => key)).size], [bookings, bookings]);
  for (const [partition, some] of Map.groupBy(flights, (flight) => flight.partition)) {
    const times = some.map(({ timestamp }) => timestamp);
    assertEquals(times, times.toSorted((a, b) => a - b), `partition ${partition}`);
  }
  await assertNothingLate(world);
  const totals = new Map(
    (await records(world, "userstatistics"))
      .toSorted((a, b) => a.timestamp - b.timestamp)
      .map(({ key, value }) => [key, (JSON.parse(value!) as { number_of_flights: number }).number_of_flights]),
  );
  assertEquals(totals.values().reduce((sum, flights) => sum + flights, 0), bookings);
}

for (const chain of CHAINS) {
  const { merge, count, always } = chain;
  const name = `s16 at ${merge} and s20 at ${count} lose nothing, double nothing and have nothing late`;
  if (WANTED_S !== undefined || always?.live) longLiveTest(`${name}, live`, (world) => runLive(world, chain));
  if (WANTED_S !== undefined || always?.catchingUp) {
    longLiveTest(`${name}, catching up on an hour`, (world) => catchUp(world, chain));
  }
}
