/** Peak resident memory with many travellers; that with a thousand stands with the jobs, that of windows that are all open with growth. */
import { type Context, type Place, withEmbeddedLog } from "../context.ts";
import type { DataSet } from "../data.ts";
import { range } from "../measurement.ts";
import type { Row, Section } from "../report.ts";
import { ours } from "../systems.ts";
import { ExpectedStatistics } from "../expected.ts";
import { removeTopics } from "../topics.ts";
import { fillInputs, runOnce } from "./jobs.ts";

export async function measureMemory(context: Context): Promise<Section[]> {
  const { short, kafka, log, tree } = context;
  if (tree === undefined) return [];
  const travellers = short ? 50_000 : 1_000_000;
  // A run takes long, and peaks differ by a few percent.
  const rounds = Math.min(context.rounds, 3);
  const set: DataSet = { pairs: travellers, travellers, spanMs: 3_600_000, landed: 0, order: "in turn" };
  const expected = new ExpectedStatistics(set);
  return await withEmbeddedLog(async (embedded) => {
    const places: readonly Place[] = [...(kafka === undefined ? [] : [kafka]), embedded];
    const rows: Row[] = [];
    for (const { name, programs, broker: { port } } of places) {
      const what = `s20, ${travellers.toLocaleString("en-US")} travellers within an hour, ${name}`;
      log(what);
      await fillInputs(port, "s20", set);
      const peaksMb: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const comparison = expected.compare("s20", { finalOnly: false });
        const system = ours("ours", { programs, port });
        const { peakBytes, startToExitS } = await runOnce(context, { job: "s20", system, comparison });
        peaksMb.push(peakBytes! / 1e6);
        log(`${what}: ${Math.round(peakBytes! / 1e6)} MB, ${startToExitS.toFixed(1)} s`);
      }
      rows.push({ what, unit: "MB", measured: range(peaksMb), ...(!short && { target: { atMost: 1_200 } }) });
      await removeTopics(port, ["flightdata"]);
    }
    const notes = ["Two flights of each traveller: the state has all of them."];
    return [{ title: "Peak resident memory", rows, notes }];
  });
}
