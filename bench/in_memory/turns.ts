/**
 * Runs a job in this process, once for each line on standard input, and prints the processor time of each run in ms: two such
 * processes that are led in turn can be compared, as what the machine does meanwhile happens to both.
 */
import process from "node:process";
import { type JobBroker, openBroker } from "../../src/connectors/mod.ts";
import { FOLLOW_FORMAT } from "../../src/engine/internal.ts";
import { SILENT } from "../../src/engine/mod.ts";
import { brokerSettings, writeOutput } from "../../src/utils.ts";
import { MemoryBroker } from "../../tests/memory_broker/memory_broker.ts";
import { bookingRecords, type DataSet, flightRecords, NOW_MS } from "../data.ts";
import { renewTopics } from "../topics.ts";
import { runEngine, runOn } from "./engine.ts";
import { inMemory } from "./records.ts";
import { Written } from "./written.ts";

/** The job, and how it is run. */
export interface TurnsRequest {
  readonly job: "s16" | "s20";
  /** Over records in memory, or those that lie at the broker of the environment. */
  readonly over: DataSet | "broker";
  /** Between two status reports, ms; 0: there are none. */
  readonly statusIntervalMs: number;
  /** Whether somebody follows a key of which no record comes; only in memory. */
  readonly followed?: boolean;
}

const JOB_NAME = "bench_turns";
const OUTPUTS = { s16: "flightdata", s20: "userstatistics" } as const;
const NOBODY = { format: FOLLOW_FORMAT, id: "nobody", atMs: 0, untilMs: 9e15, keys: ["SKY1NOBODY"], places: [] };

async function main({ job, over, statusIntervalMs, followed = false }: TurnsRequest): Promise<void> {
  if (followed) {
    MemoryBroker.prototype.notes = () => Promise.resolve([{ key: NOBODY.id, atMs: 0, text: JSON.stringify(NOBODY) }]);
  }
  const run = over === "broker" ? await atBroker(job, statusIntervalMs) : overRecords(job, over);
  for await (const _ of Deno.stdin.readable) {
    await run.prepare();
    // The garbage of the turn before is no part of this one.
    (globalThis as { readonly gc?: () => void }).gc?.();
    const before = process.cpuUsage();
    await run.turn();
    const { user, system } = process.cpuUsage(before);
    await writeOutput(`${(user + system) / 1e3}\n`);
  }
  await run.end();
}

interface Run {
  /** What must be done before a turn and does not count. */
  readonly prepare: () => Promise<void>;
  readonly turn: () => Promise<void>;
  readonly end: () => Promise<void>;
}

function overRecords(job: TurnsRequest["job"], set: DataSet): Run {
  const topics = inMemory(job === "s16" ? bookingRecords(set) : flightRecords(set));
  const nothing = () => Promise.resolve();
  return {
    prepare: nothing,
    turn: () => runEngine(job, topics, new Written({ digests: false }), { nowMs: NOW_MS }),
    end: nothing,
  };
}

async function atBroker(job: TurnsRequest["job"], statusIntervalMs: number): Promise<Run> {
  const broker: JobBroker = await openBroker({ settings: brokerSettings(), logger: SILENT });
  const options = { jobName: JOB_NAME, nowMs: NOW_MS, statusIntervalMs, reset: true, logger: SILENT };
  return {
    prepare: () => renewTopics(broker.port, [OUTPUTS[job]]),
    turn: () => runOn(broker, job, options),
    end: async () => {
      await broker.port.dropJob(JOB_NAME);
      await broker[Symbol.asyncDispose]();
    },
  };
}

if (import.meta.main) await main(JSON.parse(Deno.args[0]!));
