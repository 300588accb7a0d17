import { ROOT } from "../../src/utils/task.ts";
import { v8FlagsOf } from "../task.ts";
import type { InMemoryRequest, InMemoryResult } from "./program.ts";

/** Runs the program of this folder in a process of its own. */
export async function runInMemory(request: InMemoryRequest, signal: AbortSignal): Promise<InMemoryResult> {
  const program = new URL("program.ts", import.meta.url).pathname;
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--allow-env",
      "--allow-read",
      ...v8FlagsOf(request.job),
      program,
      JSON.stringify(request),
    ],
    // How fast local times are read depends on the zone.
    env: { TZ: "UTC" },
    cwd: ROOT,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
    signal,
  }).output();
  if (!success) throw new Error(`Cannot measure ${request.job} in memory: see above`);
  return JSON.parse(new TextDecoder().decode(stdout));
}
