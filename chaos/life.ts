/** One job from its start to its end, with kills on the way. */
import { SYSTEM_CLOCK } from "../src/engine/mod.ts";
import type { Broker } from "../src/connectors/broker.ts";
import { createTopics, inputsOf, NOW_MS, writeInputs } from "./data.ts";
import { dropJob } from "./drop_job.ts";
import { compare, type Difference, type Evidence, gather, TopicReader } from "./evidence.ts";
import { Process } from "./process.ts";
import type { JobName, ProgramRequest } from "./request.ts";

/** The place of an experiment's jobs, and how they are killed. */
export interface Laboratory {
  /** The broker, for the experiment itself. */
  readonly port: Broker;
  /** Environment variables that make a process use that broker. */
  readonly env: Readonly<Record<string, string>>;
  /** The beginning of the names of its jobs and topics. */
  readonly place: string;
  /** When the broker counts a killed process as dead, ms, unless it knows at once. */
  readonly sessionTimeoutMs: number;
  /** Bookings of each airline. */
  readonly pairs: number;
  /** The seed of the bookings. */
  readonly seed: number;
  /** Ends all jobs at once. */
  readonly signal: AbortSignal;
  /** Random numbers from 0 to 1, which decide when a random instant is. */
  readonly chance: () => number;
}

/** Where a job is killed: at any instant, at a fault point, or at the first output of a job that has begun behind all records. */
export type KillPlace = "a random instant" | "the first output, from latest" | { readonly faultPoint: string };

/** The result of a life. */
export interface LifeResult {
  readonly kills: number;
  /** How many records and dead letters were compared. */
  readonly records: number;
  readonly difference: Difference;
  /** For each kill the time until something new was committed again, ms. */
  readonly backMs: readonly number[];
}

/** The output and state of an undisturbed job, and how often it passes each fault point. */
export interface Undisturbed {
  readonly evidence: Evidence;
  readonly passed: Readonly<Record<string, number>>;
}

/** Random instants lie within this time after the first commit, ms. */
const INSTANT_WITHIN_MS = 40;
/** The part of its output after which a job is not killed any more: all kills must hit before its end. */
const KILLS_UNTIL = 0.7;
/** Bookings that are written after a job has begun from latest; its first output must not be its end. */
const LATEST_PAIRS = 4_000;

/** Runs the job once, without a kill. */
export async function undisturbedLife(lab: Laboratory, lesson: JobName): Promise<Undisturbed> {
  await using life = await Life.open(lab, lesson, { name: "undisturbed", inputs: inputsOf(lesson, lab.place) });
  const passed = await life.finish();
  return { evidence: await life.gather(), passed };
}

/** Runs the job with up to `kills` kills at one place; fewer if it has too few records for more. */
export async function disturbedLife(
  lab: Laboratory,
  lesson: JobName,
  options: {
    readonly name: string;
    readonly at: KillPlace;
    readonly kills: number;
    readonly expected: Evidence;
    /** How much longer a commit takes for kills at random instants, ms: on a busy machine the kill comes late. */
    readonly slowMs: number;
  },
): Promise<LifeResult> {
  if (options.at === "the first output, from latest") return await lifeFromLatest(lab, lesson, options);
  const { name, at, kills, expected } = options;
  await using life = await Life.open(lab, lesson, { name, inputs: inputsOf(lesson, lab.place) });
  const most = recordsOf(expected);
  while (life.kills < kills && life.records < most * KILLS_UNTIL) {
    if (!await killOnce(life, at, { ...lab, most, slowMs: options.slowMs })) break;
  }
  await life.finish();
  return life.result(await life.gather(), expected);
}

/**
 * Runs the job in two processes. The first one freezes at a fault point, long enough for the second to take over, and then
 * goes on in the middle of what it was doing.
 *
 * @throws {Error} if the first one does not log that another has taken over
 */
export async function frozenLife(
  lab: Laboratory,
  lesson: JobName,
  options: {
    readonly name: string;
    readonly faultPoint: string;
    readonly frozenMs: number;
    readonly expected: Evidence;
  },
): Promise<Difference> {
  const { name, faultPoint, frozenMs, expected } = options;
  await using life = await Life.open(lab, lesson, { name, inputs: inputsOf(lesson, lab.place) });
  await using first = life.start({ hold: { faultPoint, commits: 1, forMs: frozenMs } });
  if (!await first.until(() => first.held !== undefined)) throw life.broken(first, `never came to "${faultPoint}"`);
  await using second = life.start({});
  if ((await second.ended).code !== 0) throw life.broken(second, "failed");
  if (first.over) throw life.broken(first, "ended before the other one had taken over");
  if ((await first.ended).code !== 0) throw life.broken(first, "failed");
  if (!/taken over|no sign of life/.test(first.stderr)) throw life.broken(first, "did not notice that it was fenced");
  return compare(await life.gather(), expected);
}

/** Starts the job while its topics are still empty, and kills it before its first output is committed. */
async function lifeFromLatest(
  lab: Laboratory,
  lesson: JobName,
  { name, kills }: { readonly name: string; readonly kills: number },
): Promise<LifeResult> {
  const place = `${lab.place}.${name}`;
  const inputs = inputsOf(lesson, place);
  await createTopics(lab.port, inputs);
  try {
    await using life = await Life.open(lab, lesson, { name, inputs, from: "latest" });
    const hold = { faultPoint: "commit: before the store", commits: 0 };
    for (let written = false; life.kills < kills; written = true) {
      await using process = life.start({ bounded: false, hold });
      await process.until(() => process.commits === 0);
      if (!written) await writeInputs(lab.port, lesson, place, { seed: lab.seed, pairs: LATEST_PAIRS });
      await process.until(() => process.held !== undefined);
      if (process.commits !== 0 || !await life.kill(process)) throw life.broken(process, "made output before its kill");
    }
    await life.finish();
    const found = await life.gather();
    // The expected output: that of the same records, read from the beginning.
    await using reference = await Life.open(lab, lesson, { name: `${name}-undisturbed`, inputs });
    await reference.finish();
    return life.result(found, await reference.gather());
  } finally {
    await lab.port.deleteTopics(inputs);
  }
}

/** @returns false if the job reached its end before it could be killed */
async function killOnce(
  life: Life,
  at: KillPlace,
  { chance, most, slowMs }: Pick<Laboratory, "chance"> & { readonly most: number; readonly slowMs: number },
): Promise<boolean> {
  if (typeof at === "string") {
    await using process = life.start({ slowMs });
    if (!await process.until(() => process.commits > 0)) return life.over(process);
    await SYSTEM_CLOCK.sleep(chance() * INSTANT_WITHIN_MS);
    return await life.kill(process, most);
  }
  const { faultPoint } = at;
  const [phase] = faultPoint.split(":");
  if (phase === "start" || phase === "restore") {
    // A commit, a clean end, and the kill as the next one begins.
    await using first = life.start({ stopAfterCommits: 1 });
    const { code } = await first.ended;
    if (code !== 0) throw life.broken(first, `ended with ${code}`);
    if (first.commits < 1) return false;
    await using second = life.start({ hold: { faultPoint, commits: -1 } });
    return await second.until(() => second.held !== undefined) ? await life.kill(second, most) : life.over(second);
  }
  const change = phase === "end" ? { stopAfterCommits: 1 } : {};
  await using process = life.start({ ...change, hold: { faultPoint, commits: 1 } });
  return await process.until(() => process.held !== undefined) ? await life.kill(process, most) : life.over(process);
}

/** A job with its own name and output topic; both are removed in the end. */
class Life implements AsyncDisposable {
  kills = 0;
  readonly #lab: Laboratory;
  readonly #request: ProgramRequest;
  readonly #output: TopicReader;
  readonly #backMs: number[] = [];
  #killedAtMs: number | undefined;
  #processes: Process[] = [];

  private constructor(lab: Laboratory, request: ProgramRequest, output: TopicReader) {
    this.#lab = lab;
    this.#request = request;
    this.#output = output;
  }

  static async open(
    lab: Laboratory,
    lesson: JobName,
    { name, inputs, from = "earliest" }: { name: string; inputs: readonly string[]; from?: "earliest" | "latest" },
  ): Promise<Life> {
    const jobName = `${lab.place}.${lesson}.${name}`;
    const output = `${jobName}.output`;
    await createTopics(lab.port, [output]);
    const { sessionTimeoutMs } = lab;
    const request = { lesson, jobName, inputs, output, from, bounded: true, sessionTimeoutMs, nowMs: NOW_MS };
    return new Life(lab, request, await TopicReader.open(lab.port, output));
  }

  /** How many committed output records have been read. */
  get records(): number {
    return this.#output.records;
  }

  start(change: Pick<Partial<ProgramRequest>, "bounded" | "hold" | "stopAfterCommits" | "slowMs">): Process {
    const process = new Process({ ...this.#request, ...change }, this.#lab.env, this.#lab.signal);
    this.#processes.push(process);
    return process;
  }

  /**
   * Kills a process that has work left.
   * @param most records of the job's output when it is done: a kill after those does not count
   */
  async kill(process: Process, most = Number.POSITIVE_INFINITY): Promise<boolean> {
    this.#noteBack(process);
    process.kill("SIGKILL");
    const { signal } = await process.ended;
    await this.#output.readOn();
    if (signal !== "SIGKILL") return this.over(process);
    this.#killedAtMs = performance.now();
    if (this.records >= most) return false;
    this.kills++;
    return true;
  }

  /** Checks a process that has ended by itself. @throws {Error} if it had not finished its work */
  over(process: Process): false {
    if (process.passed === undefined) throw this.broken(process, "failed");
    return false;
  }

  /** Runs the job to its end. @returns how often it has passed each fault point */
  async finish(): Promise<Readonly<Record<string, number>>> {
    await using process = this.start({});
    const { code } = await process.ended;
    this.#noteBack(process);
    if (code !== 0 || process.passed === undefined) throw this.broken(process, `ended with ${code}`);
    return process.passed;
  }

  gather(): Promise<Evidence> {
    return gather(this.#lab.port, this.#request.jobName, this.#output);
  }

  result(found: Evidence, expected: Evidence): LifeResult {
    return {
      kills: this.kills,
      records: recordsOf(expected) + expected.letters.length,
      difference: compare(found, expected),
      backMs: this.#backMs,
    };
  }

  broken(process: Process, what: string): Error {
    return new Error(`A process of "${this.#request.jobName}" ${what}; it has logged:\n${process.stderr}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const process of this.#processes) await process[Symbol.asyncDispose]();
    await this.#output[Symbol.asyncDispose]();
    const { port, sessionTimeoutMs } = this.#lab;
    await dropJob(port, this.#request.jobName, sessionTimeoutMs);
    await port.deleteTopics([this.#request.output]);
  }

  #noteBack({ firstCommitAtMs }: Process): void {
    if (this.#killedAtMs === undefined || firstCommitAtMs === undefined) return;
    this.#backMs.push(firstCommitAtMs - this.#killedAtMs);
    this.#killedAtMs = undefined;
  }
}

function recordsOf({ output }: Evidence): number {
  return output.reduce((sum, { length }) => sum + length, 0);
}
