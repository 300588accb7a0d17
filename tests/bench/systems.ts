/** Systems and figures made up for tests of the bench: nothing is run. */
import type { RunFigures } from "../../bench/measured_run.ts";
import type { System } from "../../bench/systems.ts";

export function madeUpSystem(name: string, parts: Partial<System> = {}): System {
  return {
    name,
    kind: "ours",
    guarantee: "exactly once",
    finalOnly: false,
    port: undefined as never,
    output: () => "flightdata",
    program: () => ({ command: name, args: [], env: {}, endsByItself: true }),
    jobS: ({ startToExitS }) => startToExitS,
    forget: () => Promise.resolve(),
    ...parts,
  };
}

/** A run with this processor time, of twice the time on the clock. */
export function madeUpFigures(cpuS: number, brokerCpuS: number | null = null): RunFigures {
  return {
    startToExitS: 2 * cpuS,
    startToFirstOutputS: 0.5,
    startToLastOutputS: 2 * cpuS,
    cpuS,
    peakBytes: 150e6,
    brokerCpuS,
    events: new Map(),
    startedAtMs: 0,
  };
}
