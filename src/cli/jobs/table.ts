import type { SeenInstance, SeenJob } from "../../connectors/seen_jobs.ts";
import type { JobStatus } from "../../engine/mod.ts";
import { formatCount } from "../../utils.ts";
import { ago, eventTimeWords, nextFiring, span } from "./words.ts";

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
    attempt === undefined ? "" : works ? `${formatCount(Math.round(attempt.inPerSecond))}` : "0",
    attempt === undefined ? "" : formatCount(attempt.lag),
    attempt === undefined ? "" : eventTimeWords(attempt, nowMs),
    last === undefined ? "" : ago(nowMs - last.atMs),
    ago(silentMs),
    attempt === undefined ? "" : formatCount(attempt.records.dead + attempt.records.failed),
    formatCount(restarts),
  ];
}

/** Sentences on one job. */
function notesOf({ state, instance, standby }: SeenJob): string[] {
  const { status, silentMs } = instance;
  const { attempt, lastError, holder, process = "an unknown process" } = status;
  const notes: string[] = [];
  switch (state) {
    case "gone":
      notes.push(`was ${verbOf(status)} in ${process}, and has not been heard of for ${span(silentMs)}`);
      break;
    case "stuck":
      notes.push(`no progress for ${span(attempt!.stuck!.forMs)}: waits for ${attempt!.stuck!.waitsFor}`);
      break;
    case "failed":
    case "restarting":
      if (lastError !== undefined) notes.push(errorWords(status));
      break;
    case "standby":
      notes.push(`${process} stands by: ${holder ?? "another process"} is active`);
      break;
    case "running": {
      notes.push(`in ${process}`);
      const next = attempt && nextFiring(attempt);
      const why = next ?? (attempt?.outPerSecond === 0 ? attempt.whyNothingComesOut : undefined);
      if (why !== undefined) notes.push(why);
      break;
    }
  }
  if (standby.length > 0) notes.push(`standing by: ${standby.map(placeOf).join(", ")}`);
  return notes;
}

function verbOf({ state }: JobStatus): string {
  return state === "standby" ? "standing by" : state;
}

function errorWords({ lastError, state }: JobStatus): string {
  const { message, line } = lastError!;
  const next = state === "restarting" ? "; it begins again from its last commit" : "";
  return `${message}${line === undefined ? "" : ` (${line})`}${next}`;
}

function placeOf({ status }: SeenInstance): string {
  return status.process ?? status.instance.slice(0, 8);
}
