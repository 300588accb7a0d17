/** What was measured, as a table for people and as data for programs. */
import type { Measurement } from "./measurement.ts";

/** The bounds that a figure must keep. */
export interface Target {
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** One line of the table: several runs of one thing. */
export interface Row {
  readonly what: string;
  /** "records/s", "s", "MB"; of a ratio "×" */
  readonly unit: string;
  readonly measured: Measurement;
  readonly target?: Target;
}

/** The rows of one question. */
export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
  /** How it was measured, what was left out and why. */
  readonly notes: readonly string[];
  /** What could not be measured, and why; default: nothing. */
  readonly failures?: readonly string[];
}

/** Versions by name, cores and the like, in the order in which they are shown. */
export type Circumstances = Readonly<Record<string, string | number>>;

export interface Report {
  readonly command: string;
  /** ISO 8601 */
  readonly date: string;
  readonly circumstances: Circumstances;
  readonly sections: readonly Section[];
}

/** Whether a row's median meets its target; undefined if it has no target. */
export function isMet({ measured, target }: Row): boolean | undefined {
  if (target === undefined) return undefined;
  const { atLeast = -Infinity, atMost = Infinity } = target;
  return measured.median >= atLeast && measured.median <= atMost;
}

/** The report as Markdown that reads well on a terminal too. */
export function toMarkdown(report: Report): string {
  const { command, date, circumstances, sections } = report;
  const facts = Object.entries(circumstances).map(([name, value]) => `${name} ${value}`).join(", ");
  return [
    `\`${command}\`, ${date}: ${facts}`,
    ...sections.flatMap(({ title, rows, notes, failures = [] }) => [
      `## ${title}`,
      table(rows),
      ...failures.map((failure) => `Could not be measured: ${failure}`),
      ...notes,
    ]),
  ].filter((part) => part !== "").join("\n\n") + "\n";
}

/** The report for programs: each row says whether it is met. */
export function toJson(report: Report): string {
  const sections = report.sections.map((section) => ({
    ...section,
    rows: section.rows.map((row) => ({ ...row, met: isMet(row) })),
  }));
  return `${JSON.stringify({ ...report, sections }, undefined, 2)}\n`;
}

/** One line each that names what is not met; empty if all is. */
export function missed(sections: readonly Section[]): string[] {
  return sections.flatMap(({ title, rows }) =>
    rows.filter((row) => isMet(row) === false).map((row) =>
      `${title}: ${row.what}: ${format(row.measured.median)} ${row.unit}, not ${targetText(row)}`
    )
  );
}

function table(rows: readonly Row[]): string {
  if (rows.length === 0) return "";
  const cells = rows.map((row) => {
    const { median, min, max, runs } = row.measured;
    const met = isMet(row);
    return [
      row.what,
      ...[median, min, max].map((value) => format(value)),
      row.unit,
      String(runs),
      row.target === undefined ? "" : targetText(row),
      met === undefined ? "" : met ? "met" : "NOT MET",
    ];
  });
  const head = ["", "median", "min", "max", "", "runs", "target", ""];
  const isNumber = [false, true, true, true, false, true, true, false];
  const widths = head.map((title, i) => Math.max(3, title.length, ...cells.map((row) => row[i]!.length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => isNumber[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)).join(" | ")} |`;
  const rule = `| ${
    widths.map((width, i) => isNumber[i] ? `${"-".repeat(width - 1)}:` : "-".repeat(width)).join(" | ")
  } |`;
  return [line(head), rule, ...cells.map(line)].join("\n");
}

function targetText(row: Row): string {
  const { atLeast, atMost } = row.target!;
  return atLeast === undefined ? `≤ ${format(atMost!)}` : `≥ ${format(atLeast)}`;
}

/** Three digits where they say something. */
function format(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US");
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}
