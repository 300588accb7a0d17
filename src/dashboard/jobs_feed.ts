/** Looks for the jobs at the broker each second, for all pages that are open, and keeps what they did in the last hour. */
import type { Broker } from "../connectors/broker.ts";
import { BrokerError } from "../connectors/broker_errors.ts";
import { type SeenJob, seenJobs } from "../connectors/seen_jobs.ts";
import { type Clock, SYSTEM_CLOCK } from "../engine/mod.ts";
import { History } from "./history.ts";

/** Between two looks, ms: jobs report once a second. */
const LOOK_MS = 1_000;
/** Without an answer for longer, the broker is in trouble, ms. */
const PATIENCE_MS = 3_000;

/** The jobs as they were seen last. */
export interface JobsLook {
  /** ms since the Unix epoch, when they were looked for. */
  readonly atMs: number;
  readonly jobs: readonly SeenJob[];
  /** Why these are the jobs of a while ago; undefined if they are not. */
  readonly trouble?: string | undefined;
}

/** What changes with each look. */
type Listener = (look: JobsLook) => void;

/** The jobs at a broker, looked for once a second while it is started. */
export class JobsFeed implements AsyncDisposable {
  /** Of the last hour, by job. */
  readonly history = new History();
  readonly #broker: Broker;
  readonly #clock: Clock;
  readonly #end = new AbortController();
  readonly #listeners = new Set<Listener>();
  #look: JobsLook | undefined;
  /** What the broker has not answered yet, and since when, ms of the monotonic clock. */
  #asked: { readonly answer: Promise<JobsLook>; readonly sinceMs: number } | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(broker: Broker, clock: Clock = SYSTEM_CLOCK) {
    this.#broker = broker;
    this.#clock = clock;
  }

  /** The newest look; looks now if there was none. */
  async newest(): Promise<JobsLook> {
    return this.#look ?? await this.look();
  }

  /** Calls the listener after each look. @returns what stops that */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Begins to look once a second. */
  start(): void {
    this.#running = this.#run();
  }

  /** Looks once. A broker that does not answer is shown as trouble, and asked again the next time. */
  async look(): Promise<JobsLook> {
    const look = await this.#seen();
    this.#look = look;
    if (look.trouble === undefined) { for (const job of look.jobs) this.history.add(job); }
    for (const listener of this.#listeners) listener(look);
    return look;
  }

  /** A broker that is away may be asked again and again by its client: what it does not answer in time is trouble, too. */
  async #seen(): Promise<JobsLook> {
    const asked = this.#asked ??= { answer: this.#ask(), sinceMs: this.#clock.monotonicMs() };
    const stop = new AbortController();
    const patience = this.#clock.sleep(PATIENCE_MS, AbortSignal.any([stop.signal, this.#end.signal]));
    const answer = await Promise.race([asked.answer, patience]);
    stop.abort();
    if (answer !== undefined) {
      this.#asked = undefined;
      return answer;
    }
    const seconds = Math.round((this.#clock.monotonicMs() - asked.sinceMs) / 1_000);
    return this.#before(`${this.#broker.description} has not answered for ${seconds} s`);
  }

  async #ask(): Promise<JobsLook> {
    try {
      const atMs = this.#clock.now();
      return { atMs, jobs: await seenJobs(this.#broker, atMs) };
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      return this.#before(error.message);
    }
  }

  /** The jobs of the last look that there was an answer to. */
  #before(trouble: string): JobsLook {
    return { atMs: this.#clock.now(), jobs: this.#look?.jobs ?? [], trouble };
  }

  async #run(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      await this.look();
      await this.#clock.sleep(LOOK_MS, signal);
    }
  }

  /** Ends the looking. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#running;
  }
}
