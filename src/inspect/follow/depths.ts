import type { TraceStep } from "../../engine/mod.ts";

/** How far a step is from a straight line: one more for each place behind which there are several ways. */
export function depthsOf(steps: readonly TraceStep[]): ReadonlyMap<number, number> {
  const ways = new Map<number, number>();
  // State and timers are looked at in passing: no way leads on from there.
  const leadsOn = ({ kind }: TraceStep) => kind !== "state" && kind !== "timer";
  for (const { causes } of steps.filter(leadsOn)) {
    for (const cause of causes) ways.set(cause, (ways.get(cause) ?? 0) + 1);
  }
  const depths = new Map<number, number>();
  for (const { step, causes } of steps) {
    const above = causes.map((cause) => (depths.get(cause) ?? 0) + ((ways.get(cause) ?? 0) > 1 ? 1 : 0));
    depths.set(step, above.length === 0 ? 0 : Math.min(...above));
  }
  return depths;
}
