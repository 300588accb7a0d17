/** The report of an experiment on a cluster. */
import { formatCount } from "../../src/utils.ts";
import { aligned } from "../table.ts";
import type { ClusterChaosResult } from "./run.ts";

/** How many differences of each kind are shown. */
const SHOWN = 3;

/** A table of the jobs, the faults, and the first differences. */
export function clusterText({ jobs, bookings, moves, faults, failures }: ClusterChaosResult): string {
  const cells = [
    ["job", "records", "lost", "doubled", "late"],
    ...jobs.map(({ job, expected, lost, doubled, late }) => [
      job,
      ...[expected, lost.length, doubled.length, late.length].map(formatCount),
    ]),
  ];
  const struck = [["leader moved", moves] as const, ...faults].map(([name, count]) =>
    `${formatCount(count)} × ${name}`
  );
  const wrong = jobs.flatMap(({ job, lost, doubled, late }) =>
    Object.entries({ lost, doubled, late }).flatMap(([kind, records]) =>
      records.slice(0, SHOWN).map((record) => `${job} ${kind}: ${record}`)
    )
  );
  return [
    aligned(cells, (column) => column === 0),
    `${formatCount(bookings)} bookings; ${struck.join(", ")}`,
    `${formatCount(failures.length)} processes ended by themselves${failures.length === 0 ? "" : ":"}`,
    ...counted(failures).map(([failure, count]) => `  ${formatCount(count)} × ${failure}`),
    ...wrong,
  ].join("\n");
}

/** A sentence for each thing that is wrong; empty if all is well. */
export function complaintsAbout({ jobs, complaints }: ClusterChaosResult): string[] {
  const differing = jobs.filter(({ lost, doubled, late }) => lost.length + doubled.length + late.length > 0);
  return [
    ...differing.map(({ job, lost, doubled, late }) =>
      `${job}: ${formatCount(lost.length)} records lost, ${formatCount(doubled.length)} doubled, ${
        formatCount(late.length)
      } late`
    ),
    ...complaints,
  ];
}

function counted(texts: readonly string[]): [string, number][] {
  return Map.groupBy(texts, (text) => text).entries().map(([text, { length }]) => [text, length] as [string, number])
    .toArray();
}
