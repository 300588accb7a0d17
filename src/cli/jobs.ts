/**
 * `deno task jobs`: all jobs at the broker that the settings choose, as they report themselves.
 *
 * Jobs need no port for that, and may run on other machines. Standard output carries data only.
 */
import type { Broker } from "../connectors/broker.ts";
import { type SeenJob, seenJobs } from "../connectors/seen_jobs.ts";
import { SYSTEM_CLOCK } from "../engine/mod.ts";
import type { Flags } from "../utils.ts";
import { parseFlags, runMain } from "../utils.ts";
import { jobsTable } from "./jobs/table.ts";
import { type ToolCommand, type ToolIo, toolMain } from "./tool.ts";

/** What the command writes to. */
export type JobsIo = Pick<ToolIo, "write" | "now" | "signal">;

const FLAGS = {
  watch: { short: "w", help: "go on every second, until Ctrl-C" },
  json: { short: "J", help: "one JSON object a line for each job: its state, and the newest report of each instance" },
} as const satisfies Flags;

/** Between two looks of `--watch`, ms. */
const LOOK_MS = 1_000;
/** Takes the cursor to the upper left and clears the screen. */
const CLEAR = "\x1b[H\x1b[2J";

/**
 * Parses the arguments into the command.
 * @throws {UsageError} if they are wrong
 */
export function jobsCommand(args: readonly string[], isTerminal = false): ToolCommand<JobsIo> {
  const { watch, json } = parseFlags(args, FLAGS, {
    command: "deno task jobs",
    describe:
      "Shows all jobs at the broker: what they do, how far they are, what they wait for, and who stands by. A job\n" +
      "that is not heard of for longer than its session timeout is gone: killed, cut off, or its thread is blocked.\n" +
      "Jobs are seen for a day after their end. Which broker: BOOTSTRAP_SERVERS, BROKER, BROKER_DIR.",
  });
  return async (broker, { write, now, signal }) => {
    for (;;) {
      const text = await show(broker, { json, nowMs: now() });
      await write(watch && isTerminal && !json ? `${CLEAR}${text}` : text);
      if (!watch) return;
      await SYSTEM_CLOCK.sleep(LOOK_MS, signal);
      if (signal.aborted) return;
      if (!isTerminal && !json) await write("\n");
    }
  };
}

async function show(
  broker: Broker,
  { json, nowMs }: { readonly json: boolean; readonly nowMs: number },
): Promise<string> {
  const jobs = await seenJobs(broker, nowMs);
  const lines = json ? jobs.map((job) => JSON.stringify(jsonOf(job))) : jobsTable(jobs, nowMs);
  return lines.map((line) => `${line}\n`).join("");
}

/** `{ job, state, instances: [{ state, silentMs, status }] }`, the instance at work first. */
function jsonOf({ job, state, instance, standby }: SeenJob): unknown {
  return { job, state, instances: [instance, ...standby] };
}

if (import.meta.main) await runMain(toolMain((args) => jobsCommand(args, Deno.stdout.isTerminal())));
