/**
 * How fast the two jobs are: in memory next to a bare loop, over the embedded log and, where one answers, over Kafka; and what
 * a start and 100,000 travellers cost. Ratios come from interleaved runs: rates of one machine differ from hour to hour.
 */
import { parseFlags, runMain, wholeNumber, writeOutput } from "../src/utils.ts";
import { type Measurement, median, range } from "./measurement.ts";
import { measurePrograms, type ProgramFigures } from "./programs.ts";

const JOBS = ["s16", "s20"] as const;
export type Job = typeof JOBS[number];

interface Results {
  readonly deno: string;
  readonly cores: number;
  readonly records: number;
  readonly rounds: number;
  /** Records per second, and the median of the rounds' ratios. */
  readonly inMemory: Record<Job, { bareLoop: Measurement; engine: Measurement }>;
  readonly engineToBareLoop: Record<Job, number>;
  /** Records in per second, start to committed end; null where there is no such broker. */
  readonly embeddedLog: Record<Job, Measurement>;
  readonly kafka: Record<Job, Measurement> | null;
  readonly programs: ProgramFigures;
}

async function main(): Promise<void> {
  const flags = parseFlags(Deno.args, {
    json: { help: "print one JSON object" },
    short: { help: "fewer records and rounds, under a minute" },
    rounds: {
      value: "N",
      parse: wholeNumber({ min: 1 }),
      otherwise: undefined,
      help: "runs of each kind, interleaved (default: 5, with --short 3)",
    },
  }, {
    command: "deno task bench",
    describe: "Records per second of s16 and s20, next to a bare loop without an engine.",
  });
  const records = flags.short ? 150_000 : 1_000_000;
  const rounds = flags.rounds ?? (flags.short ? 3 : 5);

  const inMemory = await perJob((job) =>
    ask<{ bareLoop: number[]; engine: number[] }>("in_memory", { job, records, rounds })
  );
  const embedded = await perJob((job) => ask<number[]>("embedded", { job, records, rounds }));
  const kafka = await perJob((job) => ask<number[] | null>("kafka", { job, records: records / 4, rounds }));
  const results: Results = {
    deno: Deno.version.deno,
    cores: navigator.hardwareConcurrency,
    records,
    rounds,
    inMemory: mapJobs((job) => ({ bareLoop: range(inMemory[job].bareLoop), engine: range(inMemory[job].engine) })),
    engineToBareLoop: mapJobs((job) => {
      const { engine, bareLoop } = inMemory[job];
      return Number(median(engine.map((rate, round) => rate / bareLoop[round]!)).toFixed(3));
    }),
    embeddedLog: mapJobs((job) => range(embedded[job])),
    kafka: kafka.s16 === null ? null : mapJobs((job) => range(kafka[job] as number[])),
    programs: await measurePrograms({ travellers: flags.short ? 10_000 : 100_000 }),
  };
  await writeOutput(flags.json ? `${JSON.stringify(results, undefined, 2)}\n` : table(results));
}

/** Measures in an isolate of its own: no other run's types or garbage are in the way. */
function ask<R>(kind: "in_memory" | "embedded" | "kafka", question: unknown): Promise<R> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  return new Promise<R>((resolve, reject) => {
    worker.onmessage = ({ data }) => "error" in data ? reject(new Error(data.error)) : resolve(data.result as R);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message));
    };
    worker.postMessage({ kind, question });
  }).finally(() => worker.terminate());
}

async function perJob<R>(measure: (job: Job) => Promise<R>): Promise<Record<Job, R>> {
  return { s16: await measure("s16"), s20: await measure("s20") };
}

function mapJobs<R>(make: (job: Job) => R): Record<Job, R> {
  return { s16: make("s16"), s20: make("s20") };
}

function table(results: Results): string {
  const rate = ({ median, min, max }: Measurement) =>
    [median, min, max].map((n) => Math.round(n).toLocaleString("en-US").padStart(11)).join("");
  const rows = JOBS.flatMap((job) => [
    `${job}  bare loop     ${rate(results.inMemory[job].bareLoop)}`,
    `${job}  engine        ${rate(results.inMemory[job].engine)}   ${
      results.engineToBareLoop[job].toFixed(2)
    } of the bare loop`,
    `${job}  embedded log  ${rate(results.embeddedLog[job])}`,
    results.kafka === null ? `${job}  Kafka         none answers` : `${job}  Kafka         ${rate(results.kafka[job])}`,
  ]);
  const { programs } = results;
  return [
    `Deno ${results.deno}, ${results.cores} cores, ${
      results.records.toLocaleString("en-US")
    } records, ${results.rounds} rounds`,
    "",
    `records per second      ${["median", "min", "max"].map((word) => word.padStart(11)).join("")}`,
    ...rows,
    "",
    `s16, start to its first record out: ${programs.startToFirstRecordMs} ms (embedded log)`,
    programs.residentMb === null
      ? `s20, ${programs.travellers.toLocaleString("en-US")} travellers: memory is measured on Linux only`
      : `s20, ${programs.travellers.toLocaleString("en-US")} travellers: ${programs.residentMb} MB resident at most`,
    "",
  ].join("\n");
}

if (import.meta.main) await runMain(main);
