/**
 * Processor time of a late record that becomes a dead letter, as a multiple of one that is counted only, on the embedded log:
 * `deno run -A bench/in_memory/late.ts [RECORDS] [ROUNDS]`. The smallest of the rounds counts, as other programs only add. With
 * `--json` it prints µs a record of each round instead.
 */
import process from "node:process";
import { type JobBroker, openBroker } from "../../src/connectors/mod.ts";
import {
  OutputTag,
  SILENT,
  StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  WatermarkStrategy,
} from "../../src/engine/mod.ts";
import { writeOutput } from "../../src/utils.ts";

const TOPIC = "bookings";
const EMAILS = 1_000;

interface Booking {
  readonly email: string;
  readonly flights: number;
}

/** One booking of the second minute, and behind it as many as are asked for of the first. */
async function fill(broker: JobBroker, records: number): Promise<void> {
  await broker.port.createTopics([{ name: TOPIC, partitions: 1 }]);
  const env = new StreamExecutionEnvironment({ jobName: "fill", store: broker, logger: SILENT });
  env.fromSequence(0, records).sinkTo(broker.sink<number>(TOPIC, {
    encode: (i) => ({
      key: `SKY${i}`,
      value: JSON.stringify({ email: `traveller ${i * 7_919 % EMAILS}`, flights: 1, confirmation: `SKY1${i}` }),
      timestampMs: i === 0 ? 60_000 : 1_000,
    }),
  }));
  await env.execute();
}

/** @returns processor time of a record, µs */
async function lateUs(broker: JobBroker, records: number, areKept: boolean): Promise<number> {
  const jobName = areKept ? "kept" : "counted";
  const env = new StreamExecutionEnvironment({
    jobName,
    store: broker,
    logger: SILENT,
    from: "earliest",
    bounded: true,
  });
  const late = new OutputTag<Booking>("late");
  const bookings = env.fromSource(
    broker.source<Booking>(TOPIC, { decode: ({ value }) => JSON.parse(new TextDecoder().decode(value!)) }),
    WatermarkStrategy.forMonotonousTimestamps(),
    "bookings",
  ).keyBy(({ email }) => email).window(TumblingEventTimeWindows.of(10_000));
  if (!areKept) bookings.sideOutputLateData(late);
  bookings.sum("flights").filter(() => false).print();
  const before = process.cpuUsage();
  await env.execute();
  const { user, system } = process.cpuUsage(before);
  await broker.port.dropJob(jobName);
  return (user + system) / records;
}

/** What a record costs, µs of each round. */
export interface LateCosts {
  readonly counted: number[];
  readonly kept: number[];
}

if (import.meta.main) {
  const asJson = Deno.args[0] === "--json";
  const [records = 100_000, rounds = 5] = Deno.args.slice(asJson ? 1 : 0).map(Number);
  const dir = await Deno.makeTempDir({ prefix: "late-" });
  {
    await using broker = await openBroker({ settings: { broker: "embedded", dir, sync: "normal" }, logger: SILENT });
    await fill(broker, records);
    const costs: LateCosts = { counted: [], kept: [] };
    // The first round warms up.
    for (let round = 0; round <= rounds; round++) {
      for (const kind of ["counted", "kept"] as const) {
        const us = await lateUs(broker, records, kind === "kept");
        if (round > 0) costs[kind].push(us);
      }
    }
    const [counted, kept] = [Math.min(...costs.counted), Math.min(...costs.kept)];
    const ratio = (kept / counted).toFixed(2);
    const line = `counted ${counted.toFixed(2)} µs, dead letters ${kept.toFixed(2)} µs a record: ${ratio} ×\n`;
    await writeOutput(asJson ? JSON.stringify(costs) : line);
  }
  await Deno.remove(dir, { recursive: true });
}
