import { basename } from "node:path";
import { JobError, type Logger } from "../../engine/mod.ts";
import { differencesOf } from "./differences.ts";
import { JobProcess } from "./job_process.ts";
import { configOf, runFlagsOf } from "../../inspect/run_flags.ts";
import { localModules } from "./modules.ts";
import type { JobShape } from "./protocol.ts";
import { typeError } from "./type_check.ts";
import { WatchedFiles } from "./watched_files.ts";

/** A version that fails within this time after it has begun lets the version before it go on, ms. */
const PROBATION_MS = 5_000;
/** How long the new version may take until it stands by, before the old one stops all the same, ms. */
const STAND_BY_WITHIN_MS = 5_000;

/** A version of the job whose last commit fits it. */
interface Version {
  readonly process: JobProcess;
  readonly shape: JobShape;
}

/** What `deno task dev` watches and runs. */
export interface DevSessionOptions {
  /** The absolute path of the job's file. */
  readonly file: string;
  /** Of the job. */
  readonly args: readonly string[];
  readonly logger: Logger;
  /** ms of a clock that never goes back */
  readonly now: () => number;
}

/**
 * Keeps a job running while its files change. Each change is checked and tried while the version before it works; then that one
 * commits and pauses, and the new one goes on from this commit. The one that pauses is kept for some seconds: should the new one
 * fail, it goes on.
 */
export class DevSession implements AsyncDisposable {
  readonly #options: DevSessionOptions;
  readonly #files: WatchedFiles;
  #running: Version | undefined;
  /** Pauses, and goes on if the one that runs fails. */
  #before: Version | undefined;
  /** Of the last version that ran. */
  #shape: JobShape | undefined;

  constructor(options: DevSessionOptions) {
    this.#options = options;
    this.#files = new WatchedFiles((message) => options.logger.warn(`dev: ${message}`));
  }

  /** Works until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const { now, file } = this.#options;
    this.#log(`checks ${basename(file)}, and starts its job`);
    let savedMs = now();
    while (!signal.aborted) {
      try {
        await this.#takeVersion(savedMs, signal);
      } catch (error) {
        // Nothing that a file or a process does ends the session.
        this.#options.logger.error(`dev: ${error instanceof Error ? error.message : error}`);
      }
      await this.#untilChanged(signal);
      savedMs = now();
    }
  }

  /** Has all processes commit and end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#files[Symbol.dispose]();
    await Promise.all([this.#running, this.#before].map((version) => version?.process.end()));
  }

  /** Checks what the files hold now, and has it run if it fits. */
  async #takeVersion(savedMs: number, signal: AbortSignal): Promise<void> {
    const { file } = this.#options;
    const config = await configOf(file);
    await this.#files.take(await localModules(file, config));
    const runFlags = await runFlagsOf(file, config);
    if (signal.aborted) return;

    const process = new JobProcess({ file, args: this.#args, runFlags });
    const over = new AbortController();
    const ends = AbortSignal.any([signal, over.signal]);
    const superseded = this.#files.untilChanged(ends).then(() => "superseded" as const);
    const version = await Promise.race([this.#check(process, ends), superseded]);
    over.abort();
    if (version instanceof JobError) return await this.#refuse(process, version.message);
    if (version === "superseded" || signal.aborted) return await discard(process);

    const name = this.#shape?.job;
    if (name !== undefined && version.shape.job !== name) {
      const words = `it is job "${version.shape.job}" now, which has no part in the state of "${name}"; start it anew`;
      return await this.#refuse(process, words);
    }
    await this.#switchTo(version, savedMs, signal);
  }

  /** Of the job: what it has forgotten with --reset it keeps from then on. */
  get #args(): readonly string[] {
    const { args } = this.#options;
    return this.#shape === undefined ? args : args.filter((arg) => !/^--reset(=true)?$/.test(arg));
  }

  /** @returns why it cannot run, if it cannot */
  async #check(process: JobProcess, signal: AbortSignal): Promise<Version | JobError> {
    const described = process.shape().catch((error: JobError) => error);
    const wrongType = await typeError(this.#options.file, signal).catch((error) =>
      signal.aborted ? undefined : `its types cannot be checked: ${(error as Error).message}`
    );
    if (wrongType !== undefined) return new JobError(wrongType);
    const shape = await described;
    return shape instanceof JobError ? shape : { process, shape };
  }

  async #refuse(process: JobProcess, why: string): Promise<void> {
    await discard(process);
    const after = this.#running === undefined ? "nothing runs until the next save" : "the version before goes on";
    this.#options.logger.error(`dev: refused: ${why}; ${after}`);
  }

  async #switchTo(version: Version, savedMs: number, signal: AbortSignal): Promise<void> {
    const { process, shape } = version;
    const old = this.#running;
    await this.#before?.process.end();
    this.#before = undefined;
    this.#logDifferences(shape);
    if (old !== undefined && !shape.servesHttp) {
      // A group that one member leaves to another one has no time without members, in which Kafka would wait for more.
      await process.run();
      await within(STAND_BY_WITHIN_MS, process.standsBy());
    }
    if (await old?.process.pause()) this.#before = old;
    this.#running = version;
    if (old === undefined || shape.servesHttp) await process.run();
    const interrupted = new Promise<false>((resolve) => signal.addEventListener("abort", () => resolve(false)));
    // If it fails, #untilChanged() hears of that.
    if (!await Promise.race([process.runs(), interrupted])) return;
    this.#shape = shape;
    const seconds = ((this.#options.now() - savedMs) / 1000).toFixed(1);
    this.#log(
      old === undefined ? `${shape.job} runs` : `${shape.job} goes on in the new version, ${seconds} s after the save`,
    );
  }

  #logDifferences(shape: JobShape): void {
    if (this.#shape === undefined) {
      if (!shape.keepsState) this.#log("the job has no store: each version begins afresh");
      return;
    }
    const differences = differencesOf(this.#shape, shape);
    if (differences.length === 0) differences.push("graph and state are as before");
    for (const difference of differences) this.#log(difference);
  }

  /** Resolves when there is a change or the signal; sees to it what becomes of versions meanwhile. */
  async #untilChanged(signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const changed = this.#files.untilChanged(AbortSignal.any([signal, over.signal])).then(() => "changed" as const);
    const never = new Promise<never>(() => {});
    const proved = this.#before === undefined ? never : pause(PROBATION_MS).then(() => "proved" as const);
    for (;;) {
      const ended = this.#running?.process.ended.then(() => "ended" as const) ?? never;
      const event = await Promise.race([changed, ended, this.#before === undefined ? never : proved]);
      if (event === "changed" || signal.aborted) break;
      if (event === "ended") await this.#hasEnded(this.#running!);
      await this.#before?.process.end();
      this.#before = undefined;
    }
    over.abort();
  }

  /** The job has come to its end by itself, or failed: then the version before goes on if it is still there. */
  async #hasEnded({ process, shape }: Version): Promise<void> {
    const { logger } = this.#options;
    this.#running = undefined;
    if (process.isFinished) return this.#log(`${shape.job} has come to its end; the next save starts it again`);
    const why = process.error ?? `it ended with code ${await process.ended}`;
    const before = this.#before;
    if (before !== undefined) {
      this.#before = undefined;
      await before.process.run();
      if (await before.process.runs()) {
        this.#running = before;
        this.#shape = before.shape;
        logger.error(`dev: refused: the new version has failed: ${why}; the version before goes on`);
        return;
      }
      await before.process.end();
    }
    logger.error(`dev: ${shape.job} has failed: ${why}; the next save starts it again, from its last commit`);
  }

  #log(message: string): void {
    this.#options.logger.info(`dev: ${message}`);
  }
}

async function discard(process: JobProcess): Promise<void> {
  process.kill();
  await process.ended;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    Deno.unrefTimer(setTimeout(resolve, ms));
  });
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  await Promise.race([work, pause(ms)]);
}
