import { formatCount } from "../src/utils.ts";
import type { ChaosRow } from "./experiment.ts";

const HEAD = ["job", "killed at", "kills", "records", "lost", "doubled", "moved", "state", "back after"];

/** The rows as text, with their sums in the last line. The time is the median of all kills, and the longest. */
export function table(rows: readonly ChaosRow[]): string {
  const sum = (of: (row: ChaosRow) => number) => rows.reduce((total, row) => total + of(row), 0);
  const cells = [
    HEAD,
    ...rows.map(cellsOf),
    [
      "",
      "all",
      formatCount(sum(({ kills }) => kills)),
      formatCount(sum(({ records }) => records)),
      formatCount(sum(({ lost }) => lost)),
      formatCount(sum(({ doubled }) => doubled)),
      formatCount(sum(({ moved }) => moved)),
      formatCount(sum(({ state }) => state.length)),
      times(rows.flatMap(({ backMs }) => backMs)),
    ],
  ];
  return aligned(cells, (column) => column < 2 || column === HEAD.length - 1);
}

/** A table with columns as wide as their contents: texts to the left, numbers to the right. */
export function aligned(
  cells: readonly (readonly string[])[],
  isText: (column: number) => boolean,
): string {
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  return cells.map((line) =>
    line.map((cell, column) => isText(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)).join(
      "  ",
    )
      .trimEnd()
  ).join("\n");
}

function cellsOf({ lesson, place, kills, records, lost, doubled, moved, state, backMs }: ChaosRow): string[] {
  return [lesson, place, ...[kills, records, lost, doubled, moved, state.length].map(formatCount), times(backMs)];
}

/** The median and the longest time. */
export function times(backMs: readonly number[]): string {
  if (backMs.length === 0) return "";
  const sorted = backMs.toSorted((a, b) => a - b);
  const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
  return `${seconds(sorted[sorted.length >> 1]!)}, at most ${seconds(sorted.at(-1)!)}`;
}
