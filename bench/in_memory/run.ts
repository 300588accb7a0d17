import { ROOT } from "../../src/utils/task.ts";
import { v8FlagsOf } from "../task.ts";
import type { InMemoryRequest, InMemoryResult } from "./program.ts";

/** Runs a job as a request says, in a process of its own. */
export function runInMemory(request: InMemoryRequest, signal: AbortSignal): Promise<InMemoryResult> {
  return runProgram("program.ts", { job: request.job, args: [JSON.stringify(request)], signal });
}

/** What a program of this folder is started with. */
export interface ProgramOptions {
  /** V8's flags are those of this job. */
  readonly job: InMemoryRequest["job"];
  readonly args: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * Runs a program of this folder in a process of its own.
 * @returns the JSON that it has written to its standard output
 */
export async function runProgram<T>(name: string, { job, args, signal }: ProgramOptions): Promise<T> {
  const program = new URL(name, import.meta.url).pathname;
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-env", "--allow-read", "--allow-write", ...v8FlagsOf(job), program, ...args],
    // How fast local times are read depends on the zone.
    env: { TZ: "UTC" },
    cwd: ROOT,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
    signal,
  }).output();
  if (!success) throw new Error(`Cannot measure ${job} in memory by ${name}: see above`);
  return JSON.parse(new TextDecoder().decode(stdout));
}
