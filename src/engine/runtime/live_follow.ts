import type { Clock } from "../clock.ts";
import type { RecordOrigin } from "../errors.ts";
import { FOLLOW_FORMAT, type FollowReport, type FollowRequest } from "../follow_request.ts";
import type { JobStore } from "../job_store.ts";
import type { Logger } from "../logger.ts";
import { keyMatcher } from "../reporting/key_matcher.ts";
import type { Tracer, TraceStep } from "../trace.ts";
import type { Tracing } from "./tracing.ts";

/** With so many steps no further record is followed for a request: only what comes of those that are. */
const ENOUGH_STEPS = 400;
/** More steps are counted and dropped. */
const MAX_STEPS = 600;
/** The same for the characters of a report, so that it fits into one record of a topic. */
const MAX_CHARACTERS = 400_000;
/** After a store that has failed, the next look is so much later, ms. */
const RETRY_MS = 30_000;
/** The last reports must not hold up the end of a program for longer, ms. */
const LAST_REPORT_MS = 1_000;

/** What it must know of a job. */
export interface LiveFollowOptions {
  readonly jobName: string;
  readonly store: JobStore | undefined;
  /** Between two looks at the requests, ms; 0 or Infinity: nobody can ask. */
  readonly statusIntervalMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Who follows records from the first one on: then nobody else does. */
  readonly tracer?: Tracer | undefined;
}

/**
 * Follows records through a running job for whoever asks through its store, see `FollowRequest`: once a second it looks at the
 * requests, and reports the steps of the records that were followed. While nobody asks, the job itself has nothing to do for it.
 */
export class LiveFollow implements Tracer {
  readonly #options: LiveFollowOptions;
  readonly #instance: string;
  readonly #timer: Disposable | undefined;
  readonly #followed = new Map<string, Followed>();
  #tracing: Tracing | undefined;
  /** Steps of earlier attempts have lower numbers. */
  #firstStep = 0;
  #lastStep = 0;
  #open = 0;
  /** The requests of the record that begins. */
  #beginning: Followed[] = [];
  #looking: Promise<void> | undefined;
  #notBeforeMs = Number.NEGATIVE_INFINITY;

  /** @param instance unique among all instances, ever */
  constructor(options: LiveFollowOptions, instance: string) {
    this.#options = options;
    this.#instance = instance;
    const { store, statusIntervalMs, clock, tracer } = options;
    const isOn = tracer === undefined && store?.followRequests !== undefined && store.reportFollowed !== undefined &&
      statusIntervalMs > 0 &&
      statusIntervalMs < Number.POSITIVE_INFINITY;
    if (!isOn) return;
    this.#timer = clock.every?.(statusIntervalMs, () => this.#look());
  }

  /** An attempt is at work. What was seen of the last one since its commit is forgotten, as it goes on from there. */
  runs(tracing: Tracing): void {
    if (this.#timer === undefined) return;
    for (const followed of this.#followed.values()) followed.backToCommit();
    this.#firstStep = this.#lastStep;
    this.#open = 0;
    const isFirst = this.#tracing === undefined;
    this.#tracing = tracing;
    this.#switch();
    if (isFirst) this.#look();
  }

  /** What has been sent so far can be read. */
  committed(): void {
    for (const followed of this.#followed.values()) followed.committed();
  }

  /** The job is over. Resolves when its last steps are reported, or that has taken too long. */
  async ends(): Promise<void> {
    if (this.#timer === undefined) return;
    this.#timer[Symbol.dispose]();
    if ([...this.#followed.values()].every(({ isNews }) => !isNews)) return;
    const last = (async () => {
      await this.#looking;
      await this.#report();
    })().catch(() => {});
    const stop = new AbortController();
    await Promise.race([last, this.#options.clock.sleep(LAST_REPORT_MS, stop.signal)]);
    stop.abort();
  }

  // ------------------------------------------------------------------------------------------------ as a tracer

  follows(origin: RecordOrigin): boolean {
    this.#beginning = [];
    for (const followed of this.#followed.values()) if (followed.wants(origin)) this.#beginning.push(followed);
    return this.#beginning.length > 0;
  }

  take(step: TraceStep): void {
    const renumbered = {
      ...step,
      step: this.#firstStep + step.step,
      causes: step.causes.map((cause) => this.#firstStep + cause),
    };
    this.#lastStep = renumbered.step;
    const isFirst = step.causes.length === 0;
    for (const followed of isFirst ? this.#beginning : this.#followed.values()) {
      if (isFirst || followed.hasAny(renumbered.causes)) followed.add(renumbered);
    }
  }

  onOpenChanged(open: number): void {
    this.#open = open;
    for (const followed of this.#followed.values()) followed.isNews ||= followed.steps.length > 0;
  }

  // ------------------------------------------------------------------------------------------------ through the store

  /** One at a time: a slow store is asked less often. */
  #look(): void {
    const { clock, logger, jobName } = this.#options;
    if (this.#timer === undefined || this.#looking !== undefined || clock.monotonicMs() < this.#notBeforeMs) return;
    this.#looking = this.#readAndReport().catch((error) => {
      this.#notBeforeMs = clock.monotonicMs() + RETRY_MS;
      const why = error instanceof Error ? error.message : error;
      logger.debug(`${jobName}: cannot look for requests to follow records, and tries again in 30 s: ${why}`);
    }).finally(() => this.#looking = undefined);
  }

  async #readAndReport(): Promise<void> {
    const nowMs = this.#options.clock.now();
    const requests = await this.#options.store!.followRequests!();
    const wanted = requests.filter(({ untilMs }) => untilMs > nowMs);
    // Only an instance that works can follow; one that stands by may never do.
    for (const request of this.#tracing === undefined ? [] : wanted) {
      if (!this.#followed.has(request.id)) this.#followed.set(request.id, new Followed(request));
    }
    this.#switch();
    await this.#report();
    const ids = new Set(wanted.map(({ id }) => id));
    for (const id of this.#followed.keys()) if (!ids.has(id)) this.#followed.delete(id);
    this.#switch();
  }

  #switch(): void {
    this.#tracing?.follow(this.#followed.size > 0 ? this : undefined);
  }

  async #report(): Promise<void> {
    const { store, jobName, clock } = this.#options;
    for (const followed of this.#followed.values()) {
      if (!followed.isNews) continue;
      followed.isNews = false;
      try {
        await store!.reportFollowed!({
          format: FOLLOW_FORMAT,
          job: jobName,
          instance: this.#instance,
          atMs: clock.now(),
          open: this.#open,
          ...followed.report(),
        });
      } catch (error) {
        followed.isNews = true;
        throw error;
      }
    }
  }
}

/** What has been seen of one request. */
class Followed {
  readonly #id: string;
  readonly #keys: readonly ((bytes: Uint8Array | null) => boolean)[];
  readonly #places: FollowRequest["places"];
  readonly steps: TraceStep[] = [];
  /** Whether there is something to report; at first that it is followed here. */
  isNews = true;
  readonly #numbers = new Set<number>();
  #characters = 0;
  #dropped = 0;
  #committed = 0;
  #droppedAtCommit = 0;

  constructor({ id, keys, places }: FollowRequest) {
    this.#id = id;
    this.#keys = keys.map(keyMatcher);
    this.#places = places;
  }

  wants({ topic, partition, offset, key }: RecordOrigin): boolean {
    if (this.steps.length >= ENOUGH_STEPS || this.#characters >= MAX_CHARACTERS) return false;
    return this.#keys.some((matches) => matches(key)) ||
      this.#places.some((place) => place.offset === offset && place.partition === partition && place.topic === topic);
  }

  hasAny(numbers: readonly number[]): boolean {
    return numbers.some((number) => this.#numbers.has(number));
  }

  add(step: TraceStep): void {
    this.isNews = true;
    const characters = JSON.stringify(step).length;
    if (this.steps.length >= MAX_STEPS || this.#characters + characters > 2 * MAX_CHARACTERS) {
      this.#dropped++;
      return;
    }
    this.#numbers.add(step.step);
    this.#characters += characters;
    this.steps.push(step);
  }

  committed(): void {
    this.isNews ||= this.#committed < this.steps.length;
    this.#committed = this.steps.length;
    this.#droppedAtCommit = this.#dropped;
  }

  backToCommit(): void {
    // Whoever has seen steps must learn that they are withdrawn, and that nothing is open any more.
    this.isNews ||= this.steps.length > 0;
    for (const { step } of this.steps.splice(this.#committed)) this.#numbers.delete(step);
    this.#characters = JSON.stringify(this.steps).length;
    this.#dropped = this.#droppedAtCommit;
  }

  report(): Pick<FollowReport, "request" | "steps" | "committed" | "dropped"> {
    return { request: this.#id, steps: [...this.steps], committed: this.#committed, dropped: this.#dropped };
  }
}
