/** The experiment: jobs are killed again and again, and their output and state are compared with an undisturbed run. */
import type { Broker } from "../src/connectors/broker.ts";
import { chanceOf, shuffled } from "./chance.ts";
import { createTopics, inputsOf, writeInputs } from "./data.ts";
import type { Difference } from "./evidence.ts";
import { disturbedLife, type KillPlace, type Laboratory, type Undisturbed, undisturbedLife } from "./life.ts";
import type { JobName } from "./request.ts";

/** Options of the experiment. */
export interface ChaosOptions {
  /** The broker; the names of all that is created there begin with "chaos-", and it is removed in the end. */
  readonly port: Broker;
  /** Environment variables that make other processes use the same broker. */
  readonly env: Readonly<Record<string, string>>;
  readonly lessons: readonly JobName[];
  /** Kills altogether. */
  readonly runs: number;
  /** Decides the bookings, instants and the order of fault points. */
  readonly seed: number;
  readonly sessionTimeoutMs: number;
  /** Bookings of each airline; default 24,000. */
  readonly pairs?: number;
  /** Ends the experiment; what it has created is removed all the same. */
  readonly signal?: AbortSignal;
  /** Called with the result of each place when its kills are done. */
  readonly onRow?: (row: ChaosRow) => void;
}

/** All kills of one job at one place. */
export interface ChaosRow extends Difference {
  readonly lesson: JobName;
  readonly place: string;
  readonly kills: number;
  /** How many records and dead letters were compared, in all lives. */
  readonly records: number;
  /** For each kill the time until the job had committed something new again, ms. */
  readonly backMs: readonly number[];
}

/** The result of the experiment. */
export interface ChaosResult {
  readonly rows: readonly ChaosRow[];
  /** Fault points that undisturbed jobs pass, and how often. */
  readonly passed: Readonly<Record<string, number>>;
}

/** At most so many kills hit one life, which is a run of a job from its start to its end. */
const KILLS_PER_LIFE = 6;
const DEFAULT_PAIRS = 24_000;
/** How much longer a commit takes for kills at random instants, ms; more if the job has ended before its kill. */
const SLOW_MS = 10;
/** After so many lives in a row without a kill at a place, its kills are made at random instants. */
const IDLE_LIVES = 4;
/** How many jobs run at a time: on Kafka they mostly wait for the session of a killed process to time out. */
const AT_ONCE_ON_KAFKA = 3;

/** @throws {Error} if a job fails, or cannot be killed where it must be; differences are in the result */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { port, lessons, seed, runs, pairs = DEFAULT_PAIRS } = options;
  const place = `chaos-${crypto.randomUUID().slice(0, 6)}`;
  const lab: Laboratory = { signal: new AbortController().signal, ...options, place, pairs, chance: chanceOf(seed) };
  const rows: ChaosRow[] = [];
  const passed: Record<string, number> = {};
  for (const [index, lesson] of lessons.entries()) {
    const inputs = inputsOf(lesson, place);
    await createTopics(port, inputs);
    try {
      await writeInputs(port, lesson, place, { seed, pairs });
      const undisturbed = await undisturbedLife(lab, lesson);
      for (const [point, times] of Object.entries(undisturbed.passed)) passed[point] = (passed[point] ?? 0) + times;
      const kills = Math.floor(runs * (index + 1) / lessons.length) - Math.floor(runs * index / lessons.length);
      const onRow = (row: ChaosRow) => {
        rows.push(row);
        options.onRow?.(row);
      };
      await killAll(lab, { lesson, kills, undisturbed, onRow });
    } finally {
      await port.deleteTopics(inputs);
    }
  }
  return { rows, passed };
}

/** Kills at one place that are still to come. */
interface Task {
  readonly at: KillPlace;
  readonly row: GrowingRow;
  readonly kills: number;
}

/** All kills of one job: half of them at random instants, the others at each place in turn. */
async function killAll(
  lab: Laboratory,
  { lesson, kills, undisturbed, onRow }: {
    readonly lesson: JobName;
    readonly kills: number;
    readonly undisturbed: Undisturbed;
    readonly onRow: (row: ChaosRow) => void;
  },
): Promise<void> {
  const points = Object.keys(undisturbed.passed).map((faultPoint) => ({ faultPoint }));
  const places = shuffled<KillPlace>([...points, "the first output, from latest"], lab.chance);
  const instants = newRow(lesson, "a random instant");
  const tasks: Task[] = [];
  const addInstants = (count: number) => {
    for (let left = count; left > 0; left -= KILLS_PER_LIFE) {
      tasks.push({ at: "a random instant", row: instants, kills: Math.min(left, KILLS_PER_LIFE) });
    }
  };
  for (const [turn, at] of places.entries()) {
    const share = Math.floor((Math.floor(kills / 2) + places.length - 1 - turn) / places.length);
    if (share > 0) tasks.push({ at, row: newRow(lesson, at), kills: share });
  }
  addInstants(Math.ceil(kills / 2));

  let lives = 0;
  const work = async () => {
    for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
      const { at, row } = task;
      let left = task.kills;
      // A place that is passed once in a life needs one life for each kill.
      for (let idle = 0; left > 0 && idle < IDLE_LIVES;) {
        const name = String(++lives);
        const expected = undisturbed.evidence;
        const kills = Math.min(left, KILLS_PER_LIFE);
        const life = await disturbedLife(lab, lesson, { name, at, kills, expected, slowMs: SLOW_MS * 3 ** idle });
        idle = life.kills === 0 ? idle + 1 : 0;
        left -= life.kills;
        add(row, life);
      }
      if (row !== instants) onRow(row);
      else if (left > 0) throw new Error(`Cannot kill ${lesson} before its end: ${lab.pairs} bookings are too few`);
      // Kills that were not possible there are made at random instants.
      addInstants(left);
    }
  };
  const workers = Array.from({ length: lab.port.kind === "kafka" ? AT_ONCE_ON_KAFKA : 1 }, work);
  // No worker may go on when the topics are removed.
  const failed = (await Promise.allSettled(workers)).find((worker) => worker.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  onRow(instants);
}

/** Whether the job's output or state differs from those of an undisturbed one. */
export function differs({ lost, doubled, moved, state }: Difference): boolean {
  return lost + doubled + moved + state.length > 0;
}

type GrowingRow = { -readonly [P in keyof ChaosRow]: ChaosRow[P] };

function newRow(lesson: JobName, at: KillPlace): GrowingRow {
  const place = typeof at === "string" ? at : at.faultPoint;
  return { lesson, place, kills: 0, records: 0, lost: 0, doubled: 0, moved: 0, state: [], backMs: [] };
}

function add(
  row: GrowingRow,
  life: { kills: number; records: number; difference: Difference; backMs: readonly number[] },
): void {
  row.kills += life.kills;
  row.records += life.records;
  row.lost += life.difference.lost;
  row.doubled += life.difference.doubled;
  row.moved += life.difference.moved;
  row.state = [...row.state, ...life.difference.state];
  row.backMs = [...row.backMs, ...life.backMs];
}
