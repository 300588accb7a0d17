/** The engine in memory beside a bare loop, bytes to bytes. */
import type { Context } from "../context.ts";
import { hourOfBookings } from "../data.ts";
import { runInMemory } from "../in_memory/run.ts";
import { range, ratios } from "../measurement.ts";
import type { Row, Section } from "../report.ts";

export async function measureEngine({ short, rounds, log, signal }: Context): Promise<Section[]> {
  const rows: Row[] = [];
  for (const job of ["s16", "s18", "s20"] as const) {
    log(`${job} in memory, ${rounds} rounds`);
    const set = hourOfBookings(short ? 50_000 : 250_000);
    const { records, bareLoopS, engineS } = await runInMemory({ job, set, rounds }, signal);
    rows.push(
      { what: `${job}, bare loop`, unit: "records/s", measured: range(bareLoopS.map((s) => records / s)) },
      { what: `${job}, engine`, unit: "records/s", measured: range(engineS.map((s) => records / s)) },
      {
        what: `${job}, engine to bare loop`,
        unit: "×",
        measured: ratios(bareLoopS, engineS),
        target: { atLeast: 0.85 },
      },
    );
  }
  const notes = [
    "Records lie in memory as a fetch brings them. The bare loop gets them in the order of time, decodes, checks types, " +
    "computes and encodes, and does nothing else: no partitions, no commits, no late records, no bad ones. One process " +
    "for each job, with its task's flags; the two run in turn, and write the same.",
  ];
  return [{ title: "The engine in memory", rows, notes }];
}
