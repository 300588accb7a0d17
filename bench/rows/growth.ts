/** What a record costs, and what memory a job takes, when there is more of everything: records, travellers, partitions. */
import { kafkaPrerequisites } from "../../src/cli/kafka.ts";
import { type Context, type Place, startOwnKafka, withEmbeddedLog } from "../context.ts";
import { type DataSet, flightRecords, hourOfBookings } from "../data.ts";
import { ExpectedStatistics } from "../expected.ts";
import { runInMemory } from "../in_memory/run.ts";
import { range, ratios } from "../measurement.ts";
import type { Row, Section } from "../report.ts";
import { ours } from "../systems.ts";
import { fill, renewTopics } from "../topics.ts";
import { runOnce } from "./jobs.ts";

/** One size of the thing that grows, or shrinks: the first is what the others are compared with. */
interface Size {
  readonly label: string;
  readonly set: DataSet;
  readonly partitions: number;
  /** What it may cost, as a multiple of the first size. */
  readonly atMost?: number;
}

interface Growth {
  /** Whether the bare loop is asked the same: a larger map is slower to look into for anybody. */
  readonly besideBareLoop?: true;
  readonly over: "embedded log" | "Kafka";
  /** The first is what the others are compared with. */
  readonly sizes: readonly Size[];
  readonly rounds: number;
  /** Whether peaks of memory are of interest. */
  readonly withMemory?: boolean;
}

export async function measureGrowth(context: Context): Promise<Section[]> {
  const { short, rounds, tree } = context;
  if (tree === undefined) return [];
  const rows: Row[] = [];
  for (const growth of growths(short, rounds)) {
    if (growth.over === "Kafka" && await kafkaPrerequisites() !== undefined) continue;
    rows.push(...await measure(context, growth));
    if (growth.besideBareLoop) rows.push(...await measureInMemory(context, growth));
  }
  const notes = [
    "`deno task s20 --from earliest --bounded`, each size in a log or a Kafka of its own, runs interleaved; outputs " +
    "compared. More records are more hours of the same density. Of travellers each has two flights in each minute, so that " +
    "every run has the same number of records in and out and only the number of keys differs; of few travellers the windows " +
    "open and close between two commits, of many what is in open windows is written with each commit: with 1,000,000 travellers " +
    "all of them are in an open window at once.",
  ];
  return [{ title: "Cost as work grows, processor time per record", rows, notes }];
}

function growths(short: boolean, rounds: number): Growth[] {
  const scale = short ? 20 : 1;
  const hour = hourOfBookings(500_000 / scale);
  const growing = (travellers: number, atMost?: number): Size => {
    const pairs = 1_000_000 / scale;
    // Two flights of each within every minute.
    const spanMs = pairs / travellers * 60_000;
    return {
      label: `${count(travellers)} travellers`,
      set: { pairs, travellers, spanMs, landed: 0, order: "in turn" },
      partitions: 5,
      ...atMost !== undefined && { atMost },
    };
  };
  const partitioned = (partitions: number): Size => ({
    label: `${partitions} partitions`,
    set: hour,
    partitions,
    atMost: 1.15,
  });
  return [
    {
      over: "embedded log",
      rounds: Math.min(rounds, 2),
      sizes: [1, 5].map((times) => ({
        label: `${count(times * 1_000_000 / scale)} records`,
        set: { ...hour, landed: 0, pairs: hour.pairs * times, spanMs: hour.spanMs * times },
        partitions: 5,
        atMost: 1.25,
      })),
    },
    {
      over: "embedded log",
      rounds,
      sizes: [growing(1_000), growing(100_000 / scale, 1.2), growing(1_000_000 / scale, 1.6)],
      besideBareLoop: true,
      withMemory: true,
    },
    { over: "embedded log", rounds, sizes: [5, 50].map(partitioned) },
    { over: "Kafka", rounds, sizes: [5, 50].map(partitioned) },
  ];
}

async function measure(context: Context, { over, sizes, rounds, withMemory = false }: Growth): Promise<Row[]> {
  const { log } = context;
  return await withPlaces(over, sizes, async (places) => {
    const costs = sizes.map((): number[] => []);
    const peaksMb = sizes.map((): number[] => []);
    const inputs: number[] = [];
    const ofSet = new Map([...new Set(sizes.map(({ set }) => set))].map((set) => [set, new ExpectedStatistics(set)]));
    for (const [i, { label, set, partitions }] of sizes.entries()) {
      log(`growth: filling, ${over}, ${label}`);
      const { port } = places[i]!.broker;
      await renewTopics(port, ["flightdata"], partitions);
      inputs.push(await fill(port, flightRecords(set)));
    }
    for (let round = 0; round < rounds; round++) {
      for (const [i, { label, set, partitions }] of sizes.entries()) {
        const { programs, broker: { port } } = places[i]!;
        const comparison = ofSet.get(set)!.compare(`s20 of ${label}`, { finalOnly: false });
        const system = ours("ours", { programs, port });
        const { cpuS, peakBytes } = await runOnce(context, { job: "s20", system, comparison, partitions });
        costs[i]!.push(cpuS! / inputs[i]! * 1e6);
        peaksMb[i]!.push(peakBytes! / 1e6);
        log(`growth, round ${round + 1} of ${rounds}: ${over}, ${label}: ${costs[i]!.at(-1)!.toFixed(2)} µs a record`);
      }
    }
    return [
      ...rowsOf(over, sizes, costs),
      ...withMemory
        ? sizes.map(({ label }, i): Row => ({
          what: `${label}, ${over}, peak resident memory`,
          unit: "MB",
          measured: range(peaksMb[i]!),
        }))
        : [],
    ];
  });
}

/**
 * What the first and the last size cost without a broker, as the engine and as a bare loop: how much of the growth is the processor's
 * caches. It explains what is measured, and has no target: a round is enough.
 */
async function measureInMemory({ log, signal }: Context, { sizes }: Growth): Promise<Row[]> {
  const ends = [sizes[0]!, sizes.at(-1)!].map(({ atMost: _, ...size }): Size => size);
  const bareLoop: number[][] = [];
  const engine: number[][] = [];
  for (const { label, set } of ends) {
    log(`growth: in memory, ${label}`);
    const { records, bareLoopS, engineS } = await runInMemory({ job: "s20", set, rounds: 1 }, signal);
    bareLoop.push(bareLoopS.map((s) => s / records * 1e6));
    engine.push(engineS.map((s) => s / records * 1e6));
  }
  return [...rowsOf("bare loop in memory", ends, bareLoop), ...rowsOf("engine in memory", ends, engine)];
}

/** What a record costs at each size, and how that compares with the first. */
function rowsOf(where: string, sizes: readonly Size[], costs: readonly number[][]): Row[] {
  return sizes.flatMap(({ label, atMost }, i): Row[] => [
    { what: `${label}, ${where}`, unit: "µs per record", measured: range(costs[i]!) },
    ...(i === 0 ? [] : [{
      what: `${label} to ${sizes[0]!.label}, ${where}`,
      unit: "×",
      measured: ratios(costs[i]!, costs[0]!),
      ...atMost !== undefined && { target: { atMost } },
    }]),
  ]);
}

/** Gives `work` a broker of its own for each of `things`. */
async function withPlaces<R>(
  over: Growth["over"],
  things: readonly unknown[],
  work: (places: readonly Place[]) => Promise<R>,
): Promise<R> {
  if (things.length === 0) return await work([]);
  const withOthers = (first: Place) => withPlaces(over, things.slice(1), (others) => work([first, ...others]));
  if (over === "embedded log") return await withEmbeddedLog(withOthers);
  await using kafka = await startOwnKafka();
  return await withOthers(kafka.place);
}

function count(number: number): string {
  return number.toLocaleString("en-US");
}
