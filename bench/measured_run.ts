/** One run of one program, ours or a peer's, measured from outside and in the same way for all. */
import type { Broker } from "../src/connectors/broker.ts";
import { settledWithin } from "../src/connectors/kafka/patience.ts";
import type { ProcessTree } from "./process_tree.ts";
import { type Program, ProgramFailure, RunningProgram } from "./running_program.ts";
import { endOf, untilReadable } from "./topics.ts";

/** What a run took. */
export interface RunFigures {
  readonly startToExitS: number;
  readonly startToFirstOutputS: number;
  readonly startToLastOutputS: number;
  /** Of the process tree; of one that is stopped, until its last output. Null where there is no /proc. */
  readonly cpuS: number | null;
  readonly peakBytes: number | null;
  /** Processor time of the broker meanwhile, s; null if it is not known which process that is. */
  readonly brokerCpuS: number | null;
  /** What it said about itself on standard output, `PEER_EVENT name value`. */
  readonly events: ReadonlyMap<string, number>;
  /** Date.now() at its start. */
  readonly startedAtMs: number;
}

export interface RunOptions {
  readonly port: Broker;
  /** The topic that it writes. */
  readonly output: string;
  /** How many records it will write, where that is known. */
  readonly records?: number;
  readonly tree: ProcessTree | undefined;
  /** The broker's process. */
  readonly brokerPid?: number | undefined;
  /** Kills it. */
  readonly signal: AbortSignal;
  /** Ends it with SIGTERM at its first output. */
  readonly untilFirstOutput?: boolean;
  /** Time between two looks at its output, ms. */
  readonly lookEveryMs?: number;
}

/** A program that does not end by itself is through when it has written something and then nothing for so long, ms. */
const IDLE_MS = 5_000;
/** It is through sooner when it has written as many records as it will, ms. */
const IDLE_AFTER_ALL_MS = 1_000;
/** A program that runs longer has failed, ms. */
const PATIENCE_MS = 300_000;
/** Time between two looks at the process tree, ms. */
const TREE_EVERY_MS = 200;

export async function measureRun(program: Program, options: RunOptions): Promise<RunFigures> {
  const { port, output, records = Infinity, tree, brokerPid, signal, untilFirstOutput = false, lookEveryMs = 100 } =
    options;
  signal.throwIfAborted();
  const endedCpuS = await tree?.endedChildrenCpuS();
  const brokerCpuS = async () => brokerPid === undefined ? undefined : await tree?.cpuOf([brokerPid]);
  const brokerBeforeS = await brokerCpuS();
  const startedAtMs = Date.now();
  const startMs = performance.now();
  const sinceStartS = () => (performance.now() - startMs) / 1000;
  await using running = new RunningProgram(program, signal);
  const watch = tree?.watch(running.pid);

  let [offsets, firstS, lastS, exitS] = [0, NaN, NaN, NaN];
  let [cpuS, cpuAtLastS, treeAtMs] = [0, 0, -Infinity];
  let stopped = false;
  let isTooLong = false;
  const exited = running.exited.then(() => exitS = sinceStartS());
  while (Number.isNaN(exitS)) {
    const now = performance.now();
    if (watch !== undefined && now - treeAtMs >= TREE_EVERY_MS) {
      treeAtMs = now;
      cpuS = await watch.look();
      // The first look at or after the last output: it is the upper bound.
      if (Number.isNaN(cpuAtLastS)) cpuAtLastS = cpuS;
    }
    const end = await endOf(port, output);
    if (end > offsets) {
      offsets = end;
      lastS = sinceStartS();
      cpuAtLastS = NaN;
      if (Number.isNaN(firstS)) firstS = lastS;
      if (untilFirstOutput) stopped = running.stop("SIGTERM");
    }
    const idleMs = offsets >= records ? IDLE_AFTER_ALL_MS : IDLE_MS;
    if (!program.endsByItself && !stopped && sinceStartS() - lastS > idleMs / 1000) stopped = running.stop("SIGTERM");
    if (sinceStartS() > PATIENCE_MS / 1000) isTooLong = running.stop("SIGKILL");
    await settledWithin(lookEveryMs, exited);
  }
  const { code } = await running.exited;
  const brokerAfterS = await brokerCpuS();
  await running.silent;
  if (isTooLong) throw new ProgramFailure(`${running.name} had not ended after ${PATIENCE_MS / 1000} s`);
  if (code !== 0 && !stopped) throw new ProgramFailure(`${running.name} ended with ${code}:\n${running.lastLines()}`);
  if (!stopped) {
    // What it wrote in its last moments was not seen, or could not be read yet: its whole output may be one transaction.
    await untilReadable(port, output);
    if (await endOf(port, output) > offsets) lastS = exitS;
  }
  if (Number.isNaN(lastS)) throw new ProgramFailure(`${running.name} wrote nothing:\n${running.lastLines()}`);
  const treeCpuS = stopped && !untilFirstOutput
    ? (Number.isNaN(cpuAtLastS) ? cpuS : cpuAtLastS)
    : (await tree?.endedChildrenCpuS() ?? 0) - (endedCpuS ?? 0);
  return {
    startToExitS: exitS,
    startToFirstOutputS: Number.isNaN(firstS) ? lastS : firstS,
    startToLastOutputS: lastS,
    cpuS: tree === undefined ? null : treeCpuS,
    peakBytes: watch?.peakBytes ?? null,
    brokerCpuS: brokerAfterS === undefined ? null : brokerAfterS - brokerBeforeS!,
    events: running.events,
    startedAtMs,
  };
}
