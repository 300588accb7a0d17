/** What each kind of window costs, to tumbling windows with `reduce()`. */
import type { Context } from "../context.ts";
import { runProgram } from "../in_memory/run.ts";
import { range, ratios } from "../measurement.ts";
import type { Row, Section } from "../report.ts";

/** Kinds that may cost so many times what tumbling windows with `reduce()` cost. */
const AT_MOST: Readonly<Record<string, number>> = {
  "tumbling, aggregate()": 3.3,
  "tumbling, process()": 3.3,
  "sessions that grow": 3.3,
  "sessions, process()": 3.3,
  "sessions of one record": 3.3,
};

export async function measureWindows({ short, rounds, signal, log }: Context): Promise<Section[]> {
  log(`windows in memory, ${rounds} rounds`);
  const args = ["--json", String(short ? 20_000 : 100_000), String(rounds)];
  const costs = await runProgram<Record<string, number[]>>("windows.ts", { job: "s20", args, signal });
  const [[first, ofFirst], ...others] = Object.entries(costs) as [[string, number[]], ...[string, number[]][]];
  const rows: Row[] = [
    { what: first, unit: "µs per record", measured: range(ofFirst) },
    ...others.map(([kind, us]): Row => ({
      what: `${kind}, to ${first}`,
      unit: "×",
      measured: ratios(us, ofFirst),
      ...AT_MOST[kind] !== undefined && { target: { atMost: AT_MOST[kind] } },
    })),
  ];
  const notes = [
    "Processor time of a job in memory that does nothing but its windows, whose results go nowhere: a thousand travellers, each with " +
    "a record every five seconds, in windows of ten seconds. All kinds in one process, in turn.",
  ];
  return [{ title: "Kinds of windows", rows, notes }];
}
