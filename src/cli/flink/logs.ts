/** `deno task flink logs`: what a job has printed and logged, found in the logs of a cluster's processes. */
import { parseFlags, writeOutput } from "../../utils.ts";
import { findJob, restOf } from "./cluster_address.ts";

/** A line of a log, with those below it that belong to it, such as a stack. */
interface Entry {
  /** As the log has it: "2026-11-30 16:55:01,123". */
  readonly time: string;
  readonly text: string;
}

/** `logs JOB`: the lines of its workers; with `--all` also those of Flink's own about it. */
export async function logs(args: readonly string[]): Promise<void> {
  const { _: [wanted], all } = parseFlags(args, {
    all: { help: "also what Flink itself logs about the job: its tasks, checkpoints and restarts" },
  }, {
    command: "deno task flink logs",
    describe:
      "Shows what a job's workers have printed and logged, in the order of time: one line each, behind its time, the\n" +
      "stages of its worker and the subtask. TaskManagers that have ended for good have taken their logs along.",
    positionals: ["JOB"],
  });
  const rest = restOf(Deno.env);
  const { jid } = await findJob(rest, wanted!);
  const files = (await rest.logs()).map(({ text }) => text);
  const lines = all ? linesAbout(jid, files) : workerLines(jid, files);
  await writeOutput(lines.map((line) => `${line}\n`).join(""));
}

/** What a job's workers wrote to their standard error, where print() writes too: `TIME "stage", subtask 0: line`. */
export function workerLines(jobId: string, logs: readonly string[]): string[] {
  const mark = ` - [${jobId}] "`;
  return sorted(logs.flatMap(entries).filter(({ text }) => text.includes(mark)))
    .map(({ time, text }) => `${time} ${text.slice(text.indexOf(mark) + mark.length - 1)}`);
}

/** All lines that name a job, as they stand in the logs. */
export function linesAbout(jobId: string, logs: readonly string[]): string[] {
  return sorted(logs.flatMap(entries).filter(({ text }) => text.includes(jobId))).map(({ text }) => text);
}

function entries(log: string): Entry[] {
  const found: { time: string; text: string }[] = [];
  for (const line of log.split("\n")) {
    const [time] = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[,.]\d{3}/.exec(line) ?? [];
    if (time !== undefined) found.push({ time, text: line });
    else if (found.length > 0 && line !== "") found.at(-1)!.text += `\n${line}`;
  }
  return found;
}

/** Lines of one moment stay in the order in which a process wrote them. */
function sorted(found: readonly Entry[]): Entry[] {
  return found.toSorted((a, b) => a.time < b.time ? -1 : a.time > b.time ? 1 : 0);
}
