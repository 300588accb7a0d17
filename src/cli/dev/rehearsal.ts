/** Tries in memory whether a job can go on from the last commit, before it is to. */
import type { Broker } from "../../connectors/broker.ts";
import type { DescribedJob, StateVersions } from "../../engine/internal.ts";
import { JobError, SILENT } from "../../engine/mod.ts";
import { DryStore, makeDry } from "../../inspect/follow/dry_run.ts";

/** How long it may take to open and close the job, ms. */
const WITHIN_MS = 30_000;

/**
 * Opens the job with its last commit, has all its windows and event-time timers fire, and closes it. It takes no record, nothing is
 * written, and what functions print is dropped. So each state that does not fit is refused as it would be in earnest, also a state
 * that a function asks for only when a window fires.
 *
 * @returns kinds and versions of the job's states, by uid
 * @throws {JobError} if the job does not fit its commit, or a source cannot be opened
 */
export async function rehearse({ graph, options, run }: DescribedJob): Promise<ReadonlyMap<string, StateVersions>> {
  const { port } = options.store as unknown as { readonly port: Broker | undefined };
  const entries = options.reset || port === undefined
    ? new Map<string, string>()
    : await port.readCommit(options.jobName);
  const nodes = graph.nodes.map((node) => ({ ...node }));
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal, AbortSignal.timeout(WITHIN_MS)]);
  let states: () => ReadonlyMap<string, StateVersions> = () => new Map();
  makeDry(graph, { entries, from: "earliest" }, () => {});
  const speakAgain = silenceConsole();
  try {
    await run(graph, {
      ...options,
      store: new DryStore(entries),
      logger: SILENT,
      signal,
      drain: true,
      reset: false,
      http: undefined,
      statusIntervalMs: Infinity,
      restartStrategy: { type: "none" },
      onOpened(job) {
        states = () => new Map(job.tasks.map(({ node, state }) => [node.uid, state.versions()]));
        stop.abort(new Error("The job has been tried"));
      },
    });
  } finally {
    speakAgain();
    for (const [index, node] of graph.nodes.entries()) Object.assign(node, nodes[index]);
  }
  if (!stop.signal.aborted && !options.signal.aborted) {
    throw new JobError(`Cannot try the job on its last commit: it was not open within ${WITHIN_MS / 1000} s`);
  }
  return states();
}

/** @returns what ends the silence */
function silenceConsole(): () => void {
  const console = globalThis.console as unknown as Record<string, unknown>;
  const methods = ["debug", "log", "info", "warn", "error", "table", "dir", "trace"];
  const loud = methods.map((method) => console[method]);
  for (const method of methods) console[method] = () => {};
  return () => methods.forEach((method, index) => console[method] = loud[index]);
}
