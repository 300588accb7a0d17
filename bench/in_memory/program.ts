/**
 * Runs a job on the engine and as a bare loop over the same records in memory, in turn, and prints seconds of each run: a
 * process of its own, with the flags of the job's task, so that no other measurement's garbage is in the way.
 */
import { writeOutput } from "../../src/utils.ts";
import { bookingRecords, type DataSet, flightRecords, NOW_MS } from "../data.ts";
import { bareS16, bareS18, bareS20, type Topics } from "./bare_loop.ts";
import { runEngine } from "./engine.ts";
import { inMemory } from "./records.ts";
import { Written } from "./written.ts";

export interface InMemoryRequest {
  readonly job: "s16" | "s18" | "s20";
  readonly set: DataSet;
  readonly rounds: number;
}

export interface InMemoryResult {
  /** Records in. */
  readonly records: number;
  readonly bareLoopS: number[];
  readonly engineS: number[];
}

export const BARE_LOOPS = {
  s16: (topics: Topics, written: Written) => bareS16(topics, written, NOW_MS),
  s18: bareS18,
  s20: bareS20,
};

/** @throws {Error} if the two do not write the same */
export async function compareInMemory({ job, set, rounds }: InMemoryRequest): Promise<InMemoryResult> {
  const topics = inMemory(job === "s16" ? bookingRecords(set) : flightRecords(set));
  const records = [...topics.values()].flatMap(({ partitions }) => partitions).reduce(
    (sum, { length }) => sum + length,
    0,
  );
  const bareLoopS: number[] = [];
  const engineS: number[] = [];
  // The first round warms both up, and looks at every byte.
  for (let round = 0; round <= rounds; round++) {
    const expected = new Written({ digests: round === 0 });
    const found = new Written({ digests: round === 0 });
    const startMs = performance.now();
    BARE_LOOPS[job](topics, expected);
    const betweenMs = performance.now();
    await runEngine(job, topics, found, { nowMs: NOW_MS });
    const endMs = performance.now();
    if (String(found) !== String(expected)) {
      throw new Error(`${job}: the engine wrote ${found}, the bare loop ${expected}`);
    }
    if (round === 0) continue;
    bareLoopS.push((betweenMs - startMs) / 1000);
    engineS.push((endMs - betweenMs) / 1000);
  }
  return { records, bareLoopS, engineS };
}

if (import.meta.main) {
  await writeOutput(JSON.stringify(await compareInMemory(JSON.parse(Deno.args[0]!))));
}
