/** Rules: which requests get which fault. */
import type { WireRequest } from "./request.ts";

/** Which requests get a fault, and which fault. */
export interface WireRule {
  /** Kafka's name of the api, or several; left out: any api. */
  readonly api?: string | readonly string[];
  /** Only requests to this broker. */
  readonly nodeId?: number;
  /** Only requests for which this returns true. */
  readonly where?: (request: WireRequest) => boolean;
  /** Only this one of the matching requests, counted from 1. */
  readonly nth?: number;
  /** One in this many of the matching requests: 3 stands for the third, the sixth, … */
  readonly every?: number;
  /** How often at most. */
  readonly times?: number;
  readonly then: WireAction;
}

/** The fault of a request. "before" is before the broker acts, "after" is when it has acted without the client knowing. */
export type WireAction =
  /** The answer is this error code, for all partitions or only for those that are chosen. */
  | { readonly error: number; readonly at: "before" | "after"; readonly partitions?: ChosenPartitions }
  /** It arrives later. */
  | { readonly delayMs: number; readonly of: "request" | "answer" }
  /**
   * It waits until {@link ActiveRule.release}, and so does what is behind it on its connection. A request arrives then even if
   * its client has stopped waiting, as a packet does that TCP sends again.
   */
  | { readonly hold: "request" | "answer" }
  /** The connection ends: before, after, or in the middle of the answer. */
  | { readonly cut: "before" | "after" | "within" }
  /** It ends with a TCP reset. */
  | { readonly reset: "before" | "after" }
  /** The broker acts, and its answer never arrives on a connection that stays open. */
  | { readonly lose: "answer" };

/** Whether a partition is chosen. */
export type ChosenPartitions = (topic: string, partition: number) => boolean;

/** A rule that has been added. */
export class ActiveRule {
  /** How many requests have got the fault. */
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

  /** Resolves with the next request that gets the fault. */
  next(): Promise<WireRequest> {
    return this.#hit.promise;
  }

  /** Releases all that it holds; resolves when the broker has answered it, or has gone. */
  async release(): Promise<void> {
    const held = [...this.#held];
    this.#release.resolve();
    this.#release = Promise.withResolvers();
    await Promise.all(held);
  }

  /** Ends the rule and releases what it holds. */
  remove(): void {
    this.#removed = true;
    this.#remove(this);
    void this.release();
  }

  /** Whether a request gets the fault; counts it. */
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

  /** Waits for {@link release}, which resolves after `done`. */
  async wait(done: Promise<unknown>): Promise<void> {
    if (this.#removed) return;
    this.#held.add(done);
    await this.#release.promise;
    void done.then(() => this.#held.delete(done));
  }
}
