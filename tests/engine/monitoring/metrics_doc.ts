/** The tables of docs/metrics.md, made of the code's table. `deno run -A tests/engine/monitoring/metrics_doc.ts` writes them into it. */
import { CHECKPOINT_DURATION, LATENCY, METRICS, STATES } from "../../../src/engine/monitoring/metrics_table.ts";

export const METRICS_DOC = new URL("../../../docs/metrics.md", import.meta.url);

const BEGIN = "<!-- made of src/engine/monitoring/metrics_table.ts -->";
const END = "<!-- end -->";

const GROUPS = [
  ["job", "Of the job", "`job_name`"],
  ["operator", "Of a source, operator or sink", "`job_name`, `operator_name`"],
  ["partition", "Of a partition of a source", "`job_name`, `operator_name`, `partition`"],
] as const;

/** The page with the tables as they have to be. */
export function withTables(page: string): string {
  const [before, rest] = page.split(BEGIN) as [string, string];
  return `${before}${BEGIN}\n\n${tables()}\n\n${END}${rest.split(END)[1]}`;
}

/** Without the blanks that the formatter aligns columns with. */
export function unaligned(page: string): string {
  return page.replaceAll(/ +\|/g, " |").replaceAll(/-+ \|/g, "- |").replaceAll(/\s+/g, " ");
}

function tables(): string {
  const groups = GROUPS.map(([of, title, labels]) =>
    `### ${title}\n\nLabels: ${labels}.\n\n${
      table(METRICS.filter((metric) => metric.of === of).map(({ name, type, help }) => [name, type, help]))
    }`
  );
  const commits = table([CHECKPOINT_DURATION, LATENCY].map(({ name, type, help }) => [name, type, help]));
  const state = table([[
    "stream_jobState",
    "gauge",
    `1 for what the instance does, 0 for all else: ${STATES.join(", ")}`,
  ]]);
  return [
    ...groups,
    `### At each commit\n\nLabel: \`job_name\`.\n\n${commits}`,
    `### State\n\nLabels: \`job_name\`, \`state\`.\n\n${state}`,
  ]
    .join("\n\n");
}

function table(rows: readonly (readonly string[])[]): string {
  const lines = rows.map(([name, type, help]) => `| \`${name}\` | ${type} | ${help} |`);
  return ["| metric | type | means |", "| --- | --- | --- |", ...lines].join("\n");
}

if (import.meta.main) {
  Deno.writeTextFileSync(METRICS_DOC, withTables(Deno.readTextFileSync(METRICS_DOC)));
}
