/**
 * Processor time of each kind of window, as a multiple of what tumbling windows with `reduce()` take, over the same records in one
 * process: `deno run bench/in_memory/windows.ts [RECORDS] [ROUNDS]`. The smallest of the rounds counts, as other programs only add.
 * With `--json` it prints µs a record of each round instead, by kind.
 */
import process from "node:process";
import {
  type AggregateFunction,
  EventTimeSessionWindows,
  type KeyedStream,
  SlidingEventTimeWindows,
  StreamExecutionEnvironment,
  Time,
  TumblingEventTimeWindows,
  WatermarkStrategy,
} from "../../src/engine/mod.ts";
import { writeOutput } from "../../src/utils.ts";

interface Booking {
  readonly email: string;
  readonly flights: number;
  readonly atMs: number;
}

/** Each of so many travellers books every five seconds. */
const TRAVELLERS = 1_000;
const APART_MS = 5;

const addFlights = (a: Booking, b: Booking): Booking => ({ ...a, flights: a.flights + b.flights });
const countFlights: AggregateFunction<Booking, number, number> = {
  createAccumulator: () => 0,
  add: ({ flights }, sum) => sum + flights,
  getResult: (sum) => sum,
  merge: (a, b) => a + b,
};
const tenSeconds = TumblingEventTimeWindows.of(Time.seconds(10));

const KINDS: Readonly<Record<string, (bookings: KeyedStream<Booking, string>) => { print(): unknown }>> = {
  "tumbling, reduce()": (bookings) => none(bookings.window(tenSeconds).reduce(addFlights)),
  "tumbling, aggregate()": (bookings) => none(bookings.window(tenSeconds).aggregate(countFlights)),
  "tumbling, process()": (bookings) =>
    none(
      bookings.window(tenSeconds).process({
        process: (_email, _context, all, out) => out.collect([...all].reduce((sum, { flights }) => sum + flights, 0)),
      }),
    ),
  "tumbling, a second late": (bookings) =>
    none(bookings.window(tenSeconds).allowedLateness(Time.seconds(1)).reduce(addFlights)),
  "sliding, two windows": (bookings) =>
    none(bookings.window(SlidingEventTimeWindows.of(Time.seconds(10), Time.seconds(5))).reduce(addFlights)),
  "sessions that grow": (bookings) =>
    none(bookings.window(EventTimeSessionWindows.withGap(Time.seconds(8))).reduce(addFlights)),
  "sessions, process()": (bookings) =>
    none(
      bookings.window(EventTimeSessionWindows.withGap(Time.seconds(8))).process({
        process: (_email, _context, all, out) => out.collect([...all].reduce((sum, { flights }) => sum + flights, 0)),
      }),
    ),
  "sessions of one record": (bookings) =>
    none(bookings.window(EventTimeSessionWindows.withGap(Time.seconds(4))).reduce(addFlights)),
};

/** Results go nowhere: the windows are measured, and not a sink. */
function none<T>(results: { filter(predicate: (value: T) => boolean): { print(): unknown } }): { print(): unknown } {
  return results.filter(() => false);
}

async function cpuUs(kind: string, bookings: readonly Booking[]): Promise<number> {
  const env = new StreamExecutionEnvironment();
  const inOrder = WatermarkStrategy.forMonotonousTimestamps<Booking>().withTimestampAssigner(({ atMs }) => atMs);
  const keyed = env.fromCollection(bookings).assignTimestampsAndWatermarks(inOrder).keyBy(({ email }) => email);
  KINDS[kind]!(keyed).print();
  const before = process.cpuUsage();
  await env.execute();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / bookings.length;
}

function table(all: ReadonlyMap<string, readonly number[]>): string {
  const least = [...all].map(([kind, us]) => ({ kind, us: Math.min(...us) }));
  return least.map(({ kind, us }) =>
    `${kind.padEnd(24)} ${us.toFixed(2).padStart(5)} µs a record ${(us / least[0]!.us).toFixed(1).padStart(5)} ×\n`
  ).join("");
}

if (import.meta.main) {
  const asJson = Deno.args[0] === "--json";
  const [records = 100_000, rounds = 7] = Deno.args.slice(asJson ? 1 : 0).map(Number);
  const bookings = Array.from({ length: records }, (_, i): Booking => ({
    email: `traveller ${i * 7_919 % TRAVELLERS}`,
    flights: 1,
    atMs: Date.UTC(2026, 0) + i * APART_MS,
  }));
  const all = new Map(Object.keys(KINDS).map((kind): [string, number[]] => [kind, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const kind of Object.keys(KINDS)) {
      const us = await cpuUs(kind, bookings);
      // The first round warms up.
      if (round > 0) all.get(kind)!.push(us);
    }
  }
  if (asJson) await writeOutput(JSON.stringify(Object.fromEntries(all)));
  else await writeOutput(table(all));
}
