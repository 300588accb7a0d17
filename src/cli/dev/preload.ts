/**
 * Loaded before a job's file, by `deno run --preload`: `deno task dev` decides when the job that the file describes runs and pauses.
 * Commands come on standard input, messages go to standard output, between what the job itself prints.
 */
import type { DescribedJob, StateVersions } from "../../engine/internal.ts";
import { explained, setJobLauncher } from "../../engine/internal.ts";
import type { JobRequest, JobSession, JobStore } from "../../engine/mod.ts";
import { MESSAGE_MARK } from "../../inspect/follow/protocol.ts";
import { Lines } from "./lines.ts";
import type { DevCommand, DevMessage } from "./protocol.ts";
import { rehearse } from "./rehearsal.ts";
import { shapeOf } from "./shape.ts";

const encoder = new TextEncoder();
const NO_STATES: ReadonlyMap<string, StateVersions> = new Map();

function report(message: DevMessage): void {
  let rest = encoder.encode(`${MESSAGE_MARK}${JSON.stringify(message)}\n`);
  while (rest.length > 0) rest = rest.subarray(Deno.stdout.writeSync(rest));
}

/** Reports that the job waits for another instance, when it does. The store stays the object that sinks know. */
function watchStandby(store: JobStore): void {
  const openJob: (request: JobRequest) => Promise<JobSession> = store.openJob.bind(store);
  store.openJob = (request) =>
    openJob({
      ...request,
      onStandby(holder) {
        report({ type: "stands by" });
        request.onStandby(holder);
      },
    });
}

/** Runs the job once, until it is to pause or to end, or has come to its end. */
async function runUntilPause(
  { graph, options, run }: DescribedJob,
  signal: AbortSignal,
): ReturnType<DescribedJob["run"]> {
  let runs = false;
  const began = () => {
    if (!runs) report({ type: "runs" });
    runs = true;
  };
  return await run(graph, {
    ...options,
    signal,
    faultPoint(name) {
      options.faultPoint?.(name);
      if (name === "commit: the sinks know") began();
    },
  });
}

setJobLauncher(async (job) => {
  setJobLauncher(undefined); // a program may run other jobs after this one
  const { options } = job;
  const commands = new Lines<DevCommand>(Deno.stdin.readable);
  const { store } = options;
  const states = store === undefined ? NO_STATES : await rehearse(job);
  report({ type: "ready", shape: shapeOf(job, states) });
  if (store !== undefined) watchStandby(store);
  let reset = options.reset;
  let result = explained(options.jobName);
  while (await commands.next(options.signal) === "run") {
    const pause = new AbortController();
    commands.onNext(() => pause.abort(new Error("The job is to pause")));
    const signal = AbortSignal.any([options.signal, pause.signal]);
    result = await runUntilPause({ ...job, options: { ...options, reset } }, signal);
    reset = false;
    if (result.end !== "stopped") {
      report({ type: "finished" });
      break;
    }
    if (options.signal.aborted) break;
    await commands.next(options.signal);
    report({ type: "paused" });
  }
  return result;
});
