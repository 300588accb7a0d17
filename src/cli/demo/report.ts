import { formatCount } from "../../utils.ts";
import type { DemoState } from "./state.ts";
import { eventTimeWords, formatMinutes, jobWords, standbyWords, timeOfDay, topicWords } from "./words.ts";

/** The demo's state as plain lines, without a terminal. */
export function renderLines(state: DemoState, timeZone?: string): string[] {
  const { topics, importer, statistics, nowMs } = state;
  const lines = [
    Object.values(topics).map((topic) => `${topic.name} ${topicWords(topic).replace("  ", " (")})`).join(", "),
    [importer, statistics].map((job) => `${job.name} ${jobWords(job)}`).join(", "),
    standbyWords(state) ?? eventTimeWords(state, timeZone),
  ];
  const most = state.travellers.slice(0, 3);
  if (most.length > 0) {
    const words = most.map(({ email, flights, minutes }) =>
      `${email} ${formatCount(flights)} in ${formatMinutes(minutes)}`
    );
    lines.push(`Most flights: ${words.join(", ")}`);
  }
  const time = timeOfDay(nowMs, { timeZone });
  return lines.map((line) => `${time}  ${line}`);
}

/** The lines that are printed at the end. */
export function renderSummary(state: DemoState): string[] {
  const { broker, elapsedMs, topics, travellers } = state;
  const rows = Object.values(topics).map((
    { name, count, added },
  ) => [name, formatCount(count), `+${formatCount(added)}`]);
  const most = travellers.slice(0, 8).map(({ email, flights, minutes }) => [
    email,
    formatCount(flights),
    formatMinutes(minutes),
  ]);
  return [
    `The demo ran ${(elapsedMs / 1000).toFixed(1)} s (${broker})`,
    "",
    ...table([["topic", "records", "this time"], ...rows]),
    ...(most.length > 0 ? ["", ...table([["most flights", "flights", "in the air"], ...most])] : []),
    "",
    "The next demo goes on from here; --reset starts over",
  ];
}

/** A table with its first column aligned to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    `  ${row.map((cell, i) => i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)).join("  ")}`.trimEnd()
  );
}
