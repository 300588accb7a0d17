/** What it costs that a late record is kept as a dead letter, to one that is only counted. */
import type { Context } from "../context.ts";
import type { LateCosts } from "../in_memory/late.ts";
import { runProgram } from "../in_memory/run.ts";
import { range, ratios } from "../measurement.ts";
import type { Section } from "../report.ts";

export async function measureLate({ short, rounds, signal, log }: Context): Promise<Section[]> {
  log(`late records, ${rounds} rounds`);
  const records = short ? 20_000 : 100_000;
  const args = ["--json", String(records), String(rounds)];
  const { counted, kept } = await runProgram<LateCosts>("late.ts", { job: "s20", args, signal });
  return [{
    title: "Late records",
    rows: [
      {
        what: "late record that becomes a dead letter, to one that is only counted",
        unit: "×",
        measured: ratios(kept, counted),
        target: { atMost: 2 },
      },
      { what: "late record that is only counted", unit: "µs per record", measured: range(counted) },
      { what: "late record that becomes a dead letter", unit: "µs per record", measured: range(kept) },
    ],
    notes: [
      `Processor time of a job over the embedded log whose ${
        records.toLocaleString("en-US")
      } records come a minute too late for ` +
      "their windows: with a side output for them, and without one, so that they become dead letters. Both in one process, in turn.",
    ],
  }];
}
