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
const HOUR = [
  ...[
    "--create",
    "--seed",
    "3",
    "--rate",
    "max",
    "--start",
    "2026-11-01T00:00:00Z",
    "--step",
    "720ms",
    "--count",
    "5000",
  ],
];

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
type Chain = readonly [merge: Place, count: Place];

const CATCHING_UP: readonly Chain[] = WANTED_S === undefined
  ? [["Flink", "Flink"]]
  : [["Flink", "Flink"], ["home", "Flink"], ["Flink", "home"]];
const LIVE: readonly Chain[] = WANTED_S === undefined ? [["Flink", "home"]] : [["home", "Flink"], ["Flink", "home"]];

longLiveTest(
  "chains that catch up on an hour at home and on Flink lose nothing, double nothing and have nothing late",
  async (world) => {
    const { broker } = world;
    const now = ["--now", "2026-11-01T00:00:00"];
    await succeed(broker, "gen", HOUR);
    await succeed(broker, "s16", ["--from", "earliest", "--bounded", ...now]);
    await succeed(broker, "s20", ["--from", "earliest", "--bounded"]);
    const flights = texts(await records(world, "flightdata"));
    const statistics = texts(await records(world, "userstatistics"));
    const lastMs = Math.max(...statistics.map((line) => JSON.parse(line).timestamp as number));
    const beforeLast = statistics.filter((line) => JSON.parse(line).timestamp < lastMs).length;

    for (const chain of CATCHING_UP) {
      const [merge, count] = chain;
      await succeed(broker, "gen", HOUR);
      const counting = await run(world, "s20", count, ["--from", "earliest"]);
      const merging = await run(world, "s16", merge, ["--from", "earliest", ...now]);
      const has = async (topic: string, wanted: number) => (await read(broker, topic)).length >= wanted;
      await until(() => has("flightdata", flights.length), `all flights, ${chain}`, WITHIN_MS);
      await until(() => has("userstatistics", beforeLast), `all statistics, ${chain}`, WITHIN_MS);
      await merging.stop();
      await untilAllRead(world, count);
      await counting.stop({ drain: true });
      assertEquals(texts(await records(world, "flightdata")), flights, `flights, ${chain}`);
      assertEquals(texts(await records(world, "userstatistics")), statistics, `statistics, ${chain}`);
      await assertNothingLate(world);
    }
  },
);

longLiveTest(
  "chains that run live at home and on Flink lose nothing, double nothing and have nothing late",
  async (world) => {
    const { broker } = world;
    for (const [merge, count] of LIVE) {
      await succeed(broker, "gen", ["--create", "--count", "1", "--rate", "max"]);
      const counting = await run(world, "s20", count, ["--from", "earliest", "--window", "2s"]);
      // A booking that has landed is no flight: here all are still to land.
      const merging = await run(world, "s16", merge, ["--from", "earliest", "--now", "2020-01-01T00:00:00"]);
      await succeed(broker, "gen", ["--rate", "50", "--count", String(50 * LIVE_S)]);
      const bookings = 2 * (50 * LIVE_S + 1);
      await until(
        async () => (await read(broker, "flightdata")).length >= bookings,
        `a flight for each booking, s16 runs at ${merge}`,
        WITHIN_MS,
      );
      await merging.stop();
      await untilAllRead(world, count);
      await counting.stop({ drain: true });

      const flights = await records(world, "flightdata");
      assertEquals([flights.length, new Set(flights.map(({ key }) => key)).size], [bookings, bookings]);
      for (const [partition, some] of Map.groupBy(flights, (flight) => flight.partition)) {
        const times = some.map(({ timestamp }) => timestamp);
        assertEquals(times, times.toSorted((a, b) => a - b), `partition ${partition}, s16 runs at ${merge}`);
      }
      await assertNothingLate(world);
      const totals = new Map(
        (await records(world, "userstatistics"))
          .toSorted((a, b) => a.timestamp - b.timestamp)
          .map(({ key, value }) => [key, (JSON.parse(value!) as { number_of_flights: number }).number_of_flights]),
      );
      assertEquals(totals.values().reduce((sum, flights) => sum + flights, 0), bookings, `s20 runs at ${count}`);
    }
  },
);
