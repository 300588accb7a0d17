/** The jobs of this version and of another one, in turn: pairs of runs, which the same moments of the machine have met. */
import { Checkout } from "../checkout.ts";
import { type Context, type Place, withEmbeddedLog } from "../context.ts";
import { hourOfBookings } from "../data.ts";
import { range, ratios } from "../measurement.ts";
import type { Row, Section } from "../report.ts";
import { ours } from "../systems.ts";
import { removeTopics } from "../topics.ts";
import { runInTurn } from "./jobs.ts";
import { BROKER_CPU, CPU, type Figure, PEAK_MB, RATE, type Runs } from "./jobs_table.ts";

/** What is compared, and how it is called. */
const FIGURES: readonly (readonly [what: string, unit: string, figure: Figure])[] = [
  ["processor time", "s per million records", CPU],
  ["the broker's processor time", "s per million records", BROKER_CPU],
  ["throughput", "records/s", RATE],
  ["peak resident memory", "MB", PEAK_MB],
];

export async function measurePairs(context: Context): Promise<Section[]> {
  const { short, kafka, against } = context;
  await using other = await Checkout.of(against!);
  const set = hourOfBookings(short ? 50_000 : 500_000);
  return await withEmbeddedLog(async (embedded) => {
    const sections: Section[] = [];
    for (const place of [...(kafka === undefined ? [] : [kafka]), embedded] as readonly (Place & { pid?: number })[]) {
      const { name, programs, broker: { port }, pid } = place;
      const at = { programs, port, brokerPid: pid };
      const systems = [ours("here", at), ours(other.commit, { ...at, root: other.root })];
      for (const job of ["s16", "s20"] as const) {
        // A first round that does not count fills Deno's cache for the other version.
        const { all: [here, there], failures, repeated } = await runInTurn(context, {
          job,
          set,
          systems,
          unmeasured: 1,
        });
        sections.push({
          title: `${job} over ${name === "Kafka" ? "Kafka" : `the ${name}`}, here to ${other.commit}`,
          rows: here === undefined || there === undefined ? [] : pairRows(here, there),
          notes: repeated,
          failures,
        });
      }
      await removeTopics(port, ["skyone", "sunset", "flightdata", "userstatistics"]);
    }
    const notes = [
      `\`here\`: the files of this folder as they are; \`${other.commit}\`: that commit's, in a git worktree. Each round runs both, ` +
      "and begins with the other one than the round before; a ratio is that of one round. A first round does not count. Every " +
      "run's output was compared with the plain computation, record by record.",
    ];
    const last = sections.at(-1)!;
    return sections.with(-1, { ...last, notes: [...last.notes, ...notes] });
  });
}

/** Of each figure the ratio of each pair, and what both are. */
export function pairRows(here: Runs, there: Runs): Row[] {
  return FIGURES.flatMap(([what, unit, figure]): Row[] => {
    const [ofHere, ofThere] = [figure(here), figure(there)];
    if (ofHere === undefined || ofThere === undefined) return [];
    return [
      { what: `${what}, here to ${there.system.name}`, unit: "×", measured: ratios(ofHere, ofThere) },
      { what: `${what}, here`, unit, measured: range(ofHere) },
      { what: `${what}, ${there.system.name}`, unit, measured: range(ofThere) },
    ];
  });
}
