import { shuffled } from "../chance.ts";
import { Gate } from "./gate.ts";
import { between, type Fault, moveLeaders, type Stage } from "./faults.ts";

/** Which faults a cluster and its jobs get, and for how long. */
export interface Disturbance {
  /** How long there are faults; longer only until each kind has occurred once. */
  readonly durationMs: number;
  /** Faults end earlier when this many leaders have been moved; left out: no limit. */
  readonly moves?: number;
  /** Time between two moves of leaders. */
  readonly moveEveryMs: { readonly least: number; readonly most: number };
  /** The faults of a list come one after the other, those of several lists at the same time. */
  readonly faults: readonly (readonly Fault[])[];
  readonly signal: AbortSignal;
  readonly onProgress?: (words: string) => void;
}

/** The faults that have occurred. */
export interface Disturbed {
  /** Leaders that were moved. */
  readonly moves: number;
  /** How often each other fault occurred. */
  readonly faults: ReadonlyMap<string, number>;
}

const PROGRESS_EVERY_MS = 10_000;
/** Time between two faults of a list. */
const PAUSE_MS = { least: 500, most: 3_000 };

/** Moves leaders and makes faults; resolves when all faults are over. */
export async function disturb(stage: Stage, options: Disturbance): Promise<Disturbed> {
  const { durationMs, moves = Number.POSITIVE_INFINITY, moveEveryMs, signal, onProgress } = options;
  const { chance, sleep } = stage;
  const deadline = performance.now() + durationMs;
  const faults = new Map<string, number>();
  const gate = new Gate();
  let [moved, toldMs] = [0, performance.now()];
  const isOver = () => moved >= moves || performance.now() > deadline || signal.aborted;
  const strand = async (kinds: readonly Fault[]) => {
    // Each kind occurs once before any occurs again, and the first round is always completed.
    for (let round = 1; round === 1 || !isOver(); round++) {
      for (const { name, alone = false, strike } of shuffled(kinds, chance)) {
        await sleep(between(PAUSE_MS.least, PAUSE_MS.most, chance));
        if (signal.aborted || round > 1 && isOver()) return;
        if (await gate.pass(alone, () => strike(stage))) faults.set(name, (faults.get(name) ?? 0) + 1);
      }
    }
  };
  const moving = async () => {
    while (!isOver()) {
      moved += await moveLeaders(stage, between(1, 3, chance), { coordinators: !gate.closed });
      if (performance.now() - toldMs > PROGRESS_EVERY_MS) {
        toldMs = performance.now();
        onProgress?.([["leader moved", moved], ...faults].map(([name, count]) => `${count} × ${name}`).join(", "));
      }
      await sleep(between(moveEveryMs.least, moveEveryMs.most, chance));
    }
  };
  await Promise.all([moving(), ...options.faults.filter((kinds) => kinds.length > 0).map(strand)]);
  signal.throwIfAborted();
  return { moves: moved, faults };
}
