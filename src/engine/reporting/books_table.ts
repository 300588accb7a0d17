import { formatCount } from "../words.ts";
import type { Books, CountName } from "./books.ts";

/** `1,204 in, 1,000 out, 3 late`: one line for a person. */
export function formatBooks({ recordsIn, recordsOut, filtered, late, dead, failed, ahead }: Books): string {
  const parts = [`${formatCount(recordsIn)} in`, `${formatCount(recordsOut)} out`];
  if (filtered > 0) parts.push(`${formatCount(filtered)} filtered out`);
  if (late > 0) parts.push(`${formatCount(late)} late`);
  if (dead > 0) parts.push(`${formatCount(dead)} bad`);
  if (failed > 0) parts.push(`${formatCount(failed)} failed windows or timers`);
  if (ahead > 0) parts.push(`${formatCount(ahead)} far ahead of the clock`);
  return parts.join(", ");
}

const COLUMNS: readonly (readonly [count: CountName, heading: string, always: boolean])[] = [
  ["recordsIn", "in", true],
  ["restored", "restored", false],
  ["consumed", "consumed", true],
  ["filtered", "filtered", false],
  ["late", "late", false],
  ["dead", "bad", false],
  ["takenBack", "taken back", false],
  ["pending", "pending", false],
  ["recordsOut", "out", true],
  ["sideOut", "side outputs", false],
  ["failed", "failed windows or timers", false],
];

/** A table of all sources, operators and sinks, line by line; counts that are 0 everywhere are left out. */
export function tableOfBooks({ sources, operators }: Books): string[] {
  const rows = [...sources, ...operators];
  const columns = COLUMNS.filter(([count, , always]) => always || rows.some((row) => row[count] > 0));
  const cells = [
    ["", ...columns.map(([, heading]) => heading)],
    ...rows.map((row) => [row.name, ...columns.map(([count]) => formatCount(row[count]))]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  return cells.map((row) =>
    row.map((cell, column) => column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)).join("  ")
  );
}
