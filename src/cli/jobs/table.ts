import type { SeenJob } from "../../connectors/seen_jobs.ts";
import { formatCount } from "../../utils.ts";
import { ago, eventTimeOf, eventTimeWords, notesOf, span } from "./words.ts";

const HEAD = ["JOB", "STATE", "FOR", "RECORDS/S", "LAG", "EVENT TIME", "LAST COMMIT", "HEARD", "DEAD", "RESTARTS"];
/** Columns of words, which stand to the left; numbers and times stand to the right. */
const WORDS = new Set([0, 1]);

/** A line for each job, and below it what a person should know of it. */
export function jobsTable(jobs: readonly SeenJob[], nowMs: number): string[] {
  if (jobs.length === 0) return ["No job has reported within a day"];
  const rows = jobs.map((job) => rowOf(job, nowMs));
  const widths = HEAD.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => WORDS.has(i) ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)).join("  ").trimEnd();
  return [line(HEAD), ...jobs.flatMap((job, i) => [line(rows[i]!), ...notesOf(job).map((note) => `  ${note}`)])];
}

function rowOf({ job, state, instance }: SeenJob, nowMs: number): string[] {
  const { status, silentMs } = instance;
  const { attempt, restarts } = status;
  const last = attempt?.commits.newest.at(-1);
  const since = state === "gone" ? status.atMs : status.sinceMs;
  const works = state === "running" || state === "stuck";
  return [
    job,
    state,
    span(nowMs - since),
    attempt === undefined ? "" : works ? formatCount(Math.round(attempt.inPerSecond)) : "0",
    attempt === undefined ? "" : formatCount(attempt.lag),
    attempt === undefined ? "" : eventTimeWords(eventTimeOf(attempt), nowMs),
    last === undefined ? "" : ago(nowMs - last.atMs),
    ago(silentMs),
    attempt === undefined ? "" : formatCount(attempt.records.dead + attempt.records.failed),
    formatCount(restarts),
  ];
}
