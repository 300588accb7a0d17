/**
 * Prints how many bytes of V8's heap a record of each job costs in the engine, in memory. Run with a young generation that
 * takes all of a run, so that nothing is collected meanwhile.
 */
import { bookingRecords, flightRecords, hourOfBookings, NOW_MS } from "../../bench/data.ts";
import { runEngine } from "../../bench/in_memory/engine.ts";
import { inMemory } from "../../bench/in_memory/records.ts";
import { Written } from "../../bench/in_memory/written.ts";
import { writeOutput } from "../../src/utils.ts";

declare const gc: () => void;

const set = hourOfBookings(5_000);
const perRecord: Record<string, number> = {};
for (const job of ["s16", "s18", "s20"] as const) {
  const topics = inMemory(job === "s16" ? bookingRecords(set) : flightRecords(set));
  const records = [...topics.values()].flatMap(({ partitions }) => partitions).reduce(
    (sum, { length }) => sum + length,
    0,
  );
  // The last of several runs: by then the code is compiled as it will stay.
  for (let i = 0; i < 6; i++) {
    gc();
    const before = Deno.memoryUsage().heapUsed;
    await runEngine(job, topics, new Written({ digests: false }), { nowMs: NOW_MS });
    perRecord[job] = (Deno.memoryUsage().heapUsed - before) / records;
  }
}
await writeOutput(JSON.stringify(perRecord));
