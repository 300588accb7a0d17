import { UsageError } from "../../utils.ts";
import { type JobFile, parseJobFile } from "./job_process.ts";

/** A project that has only the package has none of these. */
const LESSONS = ["src/s16_merge.ts", "src/s20_manage_state.ts"];
const DEMO = ["src/cli/demo/run_importer.ts", "src/cli/demo/run_statistics.ts"];

/**
 * The files of the jobs through which a record of a topic is followed.
 * @param named as a person has named them, each with its arguments; empty: the lessons' two jobs, or the demo's for its topics
 * @throws {UsageError} if none is named, and those are not here
 */
export function jobFilesFor(topic: string, named: readonly string[]): JobFile[] {
  const files = named.length > 0 ? named : (topic.startsWith("demo.") ? DEMO : LESSONS).filter(isFile);
  if (files.length === 0) throw new UsageError("Which job? Its file is missing: --job FILE, once for each job");
  return files.map(parseJobFile);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Takes the flags `--job` out of arguments: it may be given several times, other flags once. */
export function takeJobs(args: readonly string[]): { readonly jobs: string[]; readonly rest: string[] } {
  const jobs: string[] = [];
  const rest: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg.startsWith("--job=")) jobs.push(arg.slice("--job=".length));
    else if (arg === "--job" && i + 1 < args.length) jobs.push(args[++i]!);
    else rest.push(arg);
  }
  return { jobs, rest };
}
