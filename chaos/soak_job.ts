import { Process } from "./process.ts";
import type { ProgramRequest } from "./request.ts";
import { type Resources, resourcesOf } from "./resources.ts";

/** The resources of a job's process at one moment. */
export interface Sample extends Resources {
  /** The number of the process, counted from 0. */
  readonly life: number;
  /** Records of the feed that had been sent when it was measured. */
  readonly sent: number;
  /** How many of these since the process was ready to work. */
  readonly age: number;
}

/** A job that is killed and started again, one process after the other. */
export class SoakJob implements AsyncDisposable {
  kills = 0;
  /** For each kill the time until something new was committed again, ms. */
  readonly backMs: number[] = [];
  readonly samples: Sample[] = [];
  readonly #request: ProgramRequest;
  readonly #env: Readonly<Record<string, string>>;
  readonly #signal: AbortSignal;
  #process: Process;
  #life = 0;
  #stopped = false;
  /** Records that had been sent when the process was ready to work. */
  #readyAt: number | undefined;
  /** Offsets that its processes have read and committed. */
  #position = 0;
  #killedAtMs: number | undefined;

  constructor(request: ProgramRequest, env: Readonly<Record<string, string>>, signal: AbortSignal) {
    this.#request = request;
    this.#env = env;
    this.#signal = signal;
    this.#process = this.#start({});
  }

  get lesson(): ProgramRequest["lesson"] {
    return this.#request.lesson;
  }

  get jobName(): string {
    return this.#request.jobName;
  }

  /** Offsets that it has read and committed, all partitions added up. */
  get position(): number {
    this.#position = Math.max(this.#position, this.#process.position);
    return this.#position;
  }

  /** Whether its process has committed something new. */
  get isWorking(): boolean {
    return this.#process.commits > 0;
  }

  /** @throws {Error} if its process has ended by itself */
  check(): void {
    if (this.#process.over && !this.#stopped) throw this.#broken("ended by itself");
  }

  /** Kills its process, which must be running, and starts the next one. */
  async kill(): Promise<void> {
    this.check();
    this.#noteBack();
    this.#process.kill("SIGKILL");
    const { signal } = await this.#process.ended;
    if (signal !== "SIGKILL") throw this.#broken("ended before its kill");
    this.#killedAtMs = performance.now();
    this.kills++;
    this.#next({});
  }

  /** Ends it cleanly, as SIGTERM does. */
  async stop(): Promise<void> {
    this.check();
    this.#noteBack();
    this.#stopped = true;
    this.#process.kill("SIGTERM");
    await this.#untilEnd();
  }

  /** After `stop()`: runs it to the end of its topics, which fires all windows. */
  async finish(): Promise<void> {
    this.#next({ bounded: true });
    await this.#untilEnd();
  }

  /** @param sent records of the feed by now */
  async sample(sent: () => number): Promise<void> {
    const process = this.#process;
    if (process.commits < 0) return;
    const readyAt = this.#readyAt ??= sent();
    const life = this.#life;
    const resources = await resourcesOf(process.pid);
    // If it was killed meanwhile, the figures belong to no process.
    if (resources === undefined || process !== this.#process) return;
    this.samples.push({ life, sent: sent(), age: sent() - readyAt, ...resources });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }

  #start(change: Pick<Partial<ProgramRequest>, "bounded">): Process {
    return new Process({ ...this.#request, ...change }, this.#env, this.#signal);
  }

  #next(change: Pick<Partial<ProgramRequest>, "bounded">): void {
    this.#position = this.position;
    this.#process = this.#start(change);
    this.#life++;
    this.#readyAt = undefined;
  }

  async #untilEnd(): Promise<void> {
    const { code } = await this.#process.ended;
    if (code !== 0 || this.#process.passed === undefined) throw this.#broken(`ended with ${code}`);
  }

  #noteBack(): void {
    const { firstCommitAtMs } = this.#process;
    if (this.#killedAtMs === undefined || firstCommitAtMs === undefined) return;
    this.backMs.push(firstCommitAtMs - this.#killedAtMs);
    this.#killedAtMs = undefined;
  }

  #broken(what: string): Error {
    return new Error(`A process of "${this.jobName}" ${what}; it has logged:\n${this.#process.stderr}`);
  }
}
