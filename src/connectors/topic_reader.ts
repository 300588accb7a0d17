import { type SourceContext, type SourceReader, SYSTEM_CLOCK } from "../engine/mod.ts";
import type { Broker, Fetcher, TopicDescription } from "./broker.ts";
import { BrokerError, OffsetOutOfRangeError } from "./broker_errors.ts";
import { checkPosition } from "./position_range.ts";
import type { TopicSplit } from "./topic_split.ts";

/** Longest time between two requests for ends, ms: partitions may have been added, and progress reports need the lag. */
const END_AGE_MS = 1_000;
/** Shortest time between two requests for ends, ms: each costs the broker as much as a small fetch. */
const END_PAUSE_MS = 5;
/** How long a fetch waits at the broker for records, ms. */
const FETCH_WAIT_MS = 100;
/** How long it waits while other partitions have records queued: those may need a fetch soon. */
const SHORT_FETCH_WAIT_MS = 5;

/** A topic has partitions that its reader does not know: the job goes back to its last commit, and then reads them too. */
class PartitionsAddedError extends BrokerError {
  override name = "PartitionsAddedError";
  override readonly code = "PARTITIONS_ADDED";
}

/** What a reader is made of. */
export interface TopicReaderParts<T> {
  readonly broker: Broker;
  /** For this reader alone; closed with it. */
  readonly fetcher: Fetcher;
  readonly topic: string;
  /** One for each partition, in their order. */
  readonly splits: readonly TopicSplit<T>[];
  readonly context: SourceContext;
}

/**
 * Reads ahead, partition by partition, as far as the job keeps up.
 *
 * Taking records in timestamp order needs to know of partitions without records whether more is to come: an older record may
 * arrive a moment later. So before a record is taken, the ends of such partitions are asked for if that was last done before
 * the record arrived. The answer covers all that was written before it: as an end that the reader has not reached, or as an
 * open transaction that still holds records back.
 */
export class TopicReader<T> implements SourceReader<T> {
  readonly splits: readonly TopicSplit<T>[];
  readonly #broker: Broker;
  readonly #fetcher: Fetcher;
  readonly #topic: string;
  readonly #context: SourceContext;
  readonly #isBounded: boolean;
  #endsAskedMs = performance.now();
  #asking = false;
  #loop: Promise<void> | undefined;
  readonly #closing = new AbortController();
  #error: unknown;
  #roomWanted: (() => void) | undefined;

  constructor({ broker, fetcher, topic, splits, context }: TopicReaderParts<T>) {
    this.#broker = broker;
    this.#fetcher = fetcher;
    this.#topic = topic;
    this.splits = splits;
    this.#context = context;
    this.#isBounded = splits.every(({ bound }) => bound !== undefined);
  }

  start(): void {
    this.#loop = this.#readAhead();
  }

  poll(arrival: number): undefined {
    if (this.#error !== undefined) throw this.#error;
    if (this.#roomWanted !== undefined && this.splits.some(({ wantsMore }) => wantsMore)) this.#roomWanted();
    const isAsked = this.splits.some(({ status, endAsked, unknownHeld }) =>
      (status === "caughtUp" && endAsked < arrival) || unknownHeld !== undefined
    );
    if (isAsked) this.#askEnds();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#roomWanted?.();
    await this.#fetcher.close();
    await this.#loop;
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** In the background, one question at a time. */
  #askEnds(): void {
    if (this.#asking || this.#closed || this.#isBounded) return;
    this.#asking = true;
    this.#learnEnds().catch((error) => this.#error ??= error).finally(() => {
      this.#asking = false;
      if (!this.#closed) this.#context.wake();
    });
  }

  async #learnEnds(): Promise<void> {
    const pauseMs = this.#endsAskedMs + END_PAUSE_MS - performance.now();
    if (pauseMs > 0) await SYSTEM_CLOCK.sleep(pauseMs, this.#closing.signal);
    if (this.#closed) return;
    this.#endsAskedMs = performance.now();
    const asked = this.#context.sequence();
    const ends = await this.#broker.partitionEnds(this.#topic, this.splits.map(({ fetchOffset }) => fetchOffset));
    if (ends.length > this.splits.length && this.splits.some(({ bound }) => bound === undefined)) {
      throw new PartitionsAddedError(
        `"${this.#topic}" has ${ends.length} partitions now, this job reads ${this.splits.length} of them`,
      );
    }
    for (const split of this.splits) split.learnEnd(ends[split.partition] ?? { committed: 0, written: 0 }, asked);
    await this.#learnHeld();
  }

  /** Learns the times of records in open transactions: they have a place in timestamp order too. */
  async #learnHeld(): Promise<void> {
    const held = this.splits.flatMap(({ unknownHeld }) => unknownHeld ?? []);
    if (held.length === 0) return;
    const timestamps = await this.#broker.firstTimestamps(held);
    for (const [index, { partition, offset }] of held.entries()) {
      this.splits[partition]!.learnHeld(offset, timestamps[index], this.#context.clock.now());
    }
  }

  async #readAhead(): Promise<void> {
    try {
      while (!this.#closed) {
        const unfinished = this.splits.filter(({ fetched }) => !fetched);
        if (unfinished.length === 0) return;
        const wanting = unfinished.filter(({ wantsMore }) => wantsMore);
        if (wanting.length === 0) {
          await new Promise<void>((resolve) => this.#roomWanted = resolve);
          this.#roomWanted = undefined;
          continue;
        }
        const waitMs = wanting.length === unfinished.length ? FETCH_WAIT_MS : SHORT_FETCH_WAIT_MS;
        const positions = wanting.map(({ topic, partition, fetchOffset }) => ({
          topic,
          partition,
          offset: fetchOffset,
        }));
        const batches = await this.#fetcher.fetch(positions, waitMs);
        const arrival = this.#context.sequence();
        for (const batch of batches) this.splits[batch.partition]!.push(batch, arrival);
        if (batches.length > 0) this.#context.wake();
        if (performance.now() - this.#endsAskedMs > END_AGE_MS) this.#askEnds();
      }
    } catch (error) {
      if (this.#closed) return;
      this.#error = error instanceof OffsetOutOfRangeError ? await this.#whyOutOfRange(error) : error;
      this.#context.wake();
    }
  }

  /** The error that a start at the same position would fail with: it says what to do. */
  async #whyOutOfRange(error: OffsetOutOfRangeError): Promise<unknown> {
    try {
      const [{ startOffsets, endOffsets }] = await this.#broker.describeTopics([this.#topic]) as [TopicDescription];
      for (const { topic, partition, fetchOffset } of this.splits) {
        const [start, end] = [startOffsets[partition] ?? 0, endOffsets[partition] ?? 0];
        checkPosition({ topic, partition, position: fetchOffset, start, end });
      }
      return error;
    } catch (found) {
      return found;
    }
  }
}
