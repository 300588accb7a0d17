/** What is to happen to which requests. */
import type { WireRequest } from "./request.ts";

/** Which requests something happens to, and what. */
export interface WireRule {
  /** Kafka's name of the api, or several; left out: any. */
  readonly api?: string | readonly string[];
  /** Only requests to this broker. */
  readonly nodeId?: number;
  /** Only requests of which this is true. */
  readonly where?: (request: WireRequest) => boolean;
  /** Of the requests that match only this one, counted from 1. */
  readonly nth?: number;
  /** Of the requests that match one in so many: 3 takes the third, the sixth, … */
  readonly every?: number;
  /** At most so often. */
  readonly times?: number;
  readonly then: WireAction;
}

/** What happens to a request. "before" is before the broker acts, "after" is when it has acted, unknown to the client. */
export type WireAction =
  /** The answer is this error code, in each partition's place or only in those that are chosen. */
  | { readonly error: number; readonly at: "before" | "after"; readonly partitions?: ChosenPartitions }
  /** It comes so much later. */
  | { readonly delayMs: number; readonly of: "request" | "answer" }
  /**
   * It waits until {@link ActiveRule.release}, and what is behind it on its connection waits too. A request arrives then even
   * if its client has given up, as a packet does that TCP sends again.
   */
  | { readonly hold: "request" | "answer" }
  /** The connection ends: before, after, or in the middle of the answer. */
  | { readonly cut: "before" | "after" | "within" }
  /** It ends with a TCP reset. */
  | { readonly reset: "before" | "after" }
  /** The broker acts and its answer never comes, on a connection that stays. */
  | { readonly lose: "answer" };

/** Whether a partition is meant. */
export type ChosenPartitions = (topic: string, partition: number) => boolean;

/** A rule that is at work. */
export class ActiveRule {
  /** Requests that something has happened to. */
  hits = 0;
  readonly rule: WireRule;
  readonly #apis: readonly string[] | undefined;
  readonly #remove: (rule: ActiveRule) => void;
  #removed = false;
  #seen = 0;
  #hit = Promise.withResolvers<WireRequest>();
  #release = Promise.withResolvers<void>();
  #held = new Set<Promise<unknown>>();

  constructor(rule: WireRule, remove: (rule: ActiveRule) => void) {
    this.rule = rule;
    this.#apis = typeof rule.api === "string" ? [rule.api] : rule.api;
    this.#remove = remove;
  }

  /** Resolves with the next request that something happens to. */
  next(): Promise<WireRequest> {
    return this.#hit.promise;
  }

  /** Lets all pass that it holds; resolves when the broker has answered that, or has gone. */
  async release(): Promise<void> {
    const held = [...this.#held];
    this.#release.resolve();
    this.#release = Promise.withResolvers();
    await Promise.all(held);
  }

  /** Nothing more happens; what it holds passes. */
  remove(): void {
    this.#removed = true;
    this.#remove(this);
    void this.release();
  }

  /** Whether this happens to a request; counts it. */
  takes(request: WireRequest): boolean {
    const { nodeId, where, nth, every, times = Infinity } = this.rule;
    if (this.#apis !== undefined && !this.#apis.includes(request.api)) return false;
    if (nodeId !== undefined && nodeId !== request.nodeId) return false;
    if (where !== undefined && !where(request)) return false;
    this.#seen++;
    if (nth !== undefined && this.#seen !== nth) return false;
    if (every !== undefined && this.#seen % every !== 0) return false;
    if (this.hits >= times) return false;
    this.hits++;
    const hit = this.#hit;
    this.#hit = Promise.withResolvers();
    hit.resolve(request);
    return true;
  }

  /** Waits for {@link release}, whose own end waits for `done`. */
  async wait(done: Promise<unknown>): Promise<void> {
    if (this.#removed) return;
    this.#held.add(done);
    await this.#release.promise;
    void done.then(() => this.#held.delete(done));
  }
}
