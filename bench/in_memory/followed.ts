/**
 * What it costs a job that somebody follows a key of which no record comes: processor time beside the same job that nobody follows,
 * in one process and in turn. `deno run -A bench/in_memory/followed.ts`
 */
import process from "node:process";
import { FOLLOW_FORMAT } from "../../src/engine/internal.ts";
import type { Note } from "../../src/connectors/broker.ts";
import { writeOutput } from "../../src/utils.ts";
import { MemoryBroker } from "../../tests/memory_broker/memory_broker.ts";
import { bookingRecords, flightRecords, hourOfBookings, NOW_MS } from "../data.ts";
import { runEngine } from "./engine.ts";
import { inMemory } from "./records.ts";
import { Written } from "./written.ts";

const ROUNDS = 16;
/** Those before are for the compiler. */
const WARM_UP = 3;

const REQUEST = { format: FOLLOW_FORMAT, id: "nobody", atMs: 0, untilMs: 9e15, keys: ["SKY1NOBODY"], places: [] };

/** Processor time of one run, ms. */
async function run(job: "s16" | "s20", topics: ReturnType<typeof inMemory>, notes: readonly Note[]): Promise<number> {
  MemoryBroker.prototype.notes = () => Promise.resolve([...notes]);
  const before = process.cpuUsage();
  await runEngine(job, topics, new Written({ digests: false }), { nowMs: NOW_MS });
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e3;
}

for (const job of ["s16", "s20"] as const) {
  const set = hourOfBookings(15_000);
  const topics = inMemory(job === "s16" ? bookingRecords(set) : flightRecords(set));
  const times: { nobody: number[]; followed: number[] } = { nobody: [], followed: [] };
  for (let round = 0; round < ROUNDS + WARM_UP; round++) {
    const nobody = await run(job, topics, []);
    const followed = await run(job, topics, [{ key: "nobody", atMs: 0, text: JSON.stringify(REQUEST) }]);
    if (round < WARM_UP) continue;
    times.nobody.push(nobody);
    times.followed.push(followed);
  }
  // The least: what the machine does beside it can only add to a run.
  const [least, leastFollowed] = [Math.min(...times.nobody), Math.min(...times.followed)];
  await writeOutput(
    `${job}: ${least.toFixed(1)} ms, followed ${leastFollowed.toFixed(1)} ms: ${(leastFollowed / least).toFixed(3)}\n`,
  );
}
