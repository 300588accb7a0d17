import { JobError, type Source, type SourceContext, type SourceReader, type StartingPoint } from "../engine/mod.ts";
import { type Broker, BrokerError, type Fetcher, OffsetOutOfRangeError, type TopicDescription } from "./broker.ts";
import { type Decode, TopicSplit } from "./topic_split.ts";

/** So long the known end of a partition may be old before records of other partitions are taken in its place, ms. */
const END_AGE_MS = 100;
/** A fetch with nothing to bring waits so long at the broker, ms. */
const FETCH_WAIT_MS = 100;
/** Likewise while other partitions have enough for now: they may want more in a moment. */
const SHORT_FETCH_WAIT_MS = 5;

/** A topic has partitions that its reader does not know: the job goes back to its last commit and reads them, too. */
class PartitionsAddedError extends BrokerError {
  override name = "PartitionsAddedError";
  override readonly retriable = true;
}

/** What a source of a topic is made of. */
export interface TopicSourceParts<T> {
  readonly topic: string;
  /** Called for each partition: what it gives may remember where it is. */
  readonly createDecode: (partition: number) => Decode<T>;
  /** See `Source.from`. */
  readonly from?: StartingPoint | undefined;
}

/**
 * The committed records of a topic, decoded.
 *
 * What happens to the topic under a job that runs: partitions that are added are noticed when one of the others has been read
 * to its end, within seconds, and read from their start after the job has gone back to its last commit (a bounded run has its
 * ends, and leaves them to the next one). A topic that is deleted, or records that are deleted before the job has come to them, end the job
 * with a sentence: what it should do then is its owner's to say.
 */
export class TopicSource<T> implements Source<T> {
  readonly description: string;
  readonly topics: readonly string[];
  readonly from: StartingPoint | undefined;
  readonly #broker: Broker;
  readonly #topic: string;
  readonly #createDecode: (partition: number) => Decode<T>;

  constructor(broker: Broker, { topic, createDecode, from }: TopicSourceParts<T>) {
    this.#broker = broker;
    this.#topic = topic;
    this.#createDecode = createDecode;
    this.from = from;
    this.topics = [topic];
    this.description = `topic "${topic}"`;
  }

  /**
   * @throws {UnknownTopicError} if the topic does not exist
   * @throws {JobError} if a committed position lies outside of it
   */
  async open(context: SourceContext): Promise<SourceReader<T>> {
    const topic = this.#topic;
    const [description] = await this.#broker.describeTopics([topic]) as [TopicDescription];
    const { startOffsets, endOffsets } = description;
    const first = typeof context.from === "number" ? await this.#broker.offsetsAt(topic, context.from) : undefined;
    const splits = endOffsets.map((end, partition) => {
      const id = `${topic}-${partition}`;
      const start = startOffsets[partition]!;
      let position = context.restored?.get(id) as number | undefined;
      if (position !== undefined) checkPosition(topic, partition, position, start, end);
      // A partition that came after the last commit has not been read at all, wherever the job once began.
      else if (context.restored !== undefined || context.from === "earliest") position = start;
      else position = first?.[partition] ?? end;
      const bound = context.bounded ? (context.restoredBounds?.get(id) as number | undefined) ?? end : undefined;
      if (bound !== undefined) checkBound(topic, partition, bound, end);
      return new TopicSplit(topic, partition, position, end, bound, this.#createDecode(partition));
    });
    return new TopicReader(this.#broker, await this.#broker.fetcher(), topic, splits, context.wake);
  }
}

function checkPosition(topic: string, partition: number, position: number, start: number, end: number): void {
  const place = `Cannot go on reading "${topic}" partition ${partition} at offset ${position}`;
  if (position > end) {
    throw new JobError(
      `${place}: it ends at offset ${end} (was the topic deleted and created anew?); forget the job's commit with --reset`,
    );
  }
  if (position < start) {
    throw new JobError(
      `${place}: it begins at offset ${start} now, the records between are gone; forget the job's commit with --reset`,
    );
  }
}

function checkBound(topic: string, partition: number, bound: number, end: number): void {
  if (bound <= end) return;
  throw new JobError(
    `Cannot go on reading "${topic}" partition ${partition} up to offset ${bound}, where the run was to end: it ends at offset ${end} ` +
      "(was the topic deleted and created anew?); forget the job's commit with --reset",
  );
}

/** Reads ahead, partition by partition, as far as the job keeps up. */
class TopicReader<T> implements SourceReader<T> {
  readonly splits: readonly TopicSplit<T>[];
  readonly #broker: Broker;
  readonly #fetcher: Fetcher;
  readonly #topic: string;
  readonly #wake: () => void;
  #endsReadMs = Date.now();
  #loop: Promise<void> | undefined;
  #closed = false;
  #error: unknown;
  #roomWanted: (() => void) | undefined;

  constructor(broker: Broker, fetcher: Fetcher, topic: string, splits: readonly TopicSplit<T>[], wake: () => void) {
    this.#broker = broker;
    this.#fetcher = fetcher;
    this.#topic = topic;
    this.splits = splits;
    this.#wake = wake;
  }

  start(): void {
    this.#loop = this.#readAhead();
  }

  poll(): Promise<void> | undefined {
    if (this.#error !== undefined) throw this.#error;
    if (this.#roomWanted !== undefined && this.splits.some(({ wantsMore }) => wantsMore)) this.#roomWanted();
    if (Date.now() - this.#endsReadMs < END_AGE_MS) return undefined;
    return this.splits.some(({ status }) => status === "caughtUp") ? this.#readEnds() : undefined;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#roomWanted?.();
    await this.#fetcher.close();
    await this.#loop;
  }

  async #readEnds(): Promise<void> {
    const [description] = await this.#broker.describeTopics([this.#topic]) as [TopicDescription];
    const { endOffsets } = description;
    if (endOffsets.length > this.splits.length && this.splits.some(({ bound }) => bound === undefined)) {
      throw new PartitionsAddedError(
        `"${this.#topic}" has ${endOffsets.length} partitions now, this job reads ${this.splits.length} of them`,
      );
    }
    for (const split of this.splits) split.learnEnd(endOffsets[split.partition] ?? 0);
    this.#endsReadMs = Date.now();
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
        for (const batch of batches) this.splits[batch.partition]!.push(batch);
        if (batches.length > 0) this.#wake();
      }
    } catch (error) {
      if (this.#closed) return;
      this.#error = error instanceof OffsetOutOfRangeError ? await this.#whyOutOfRange(error) : error;
      this.#wake();
    }
  }

  /** What a start would say of the same position, and what to do. */
  async #whyOutOfRange(error: OffsetOutOfRangeError): Promise<unknown> {
    try {
      const [{ startOffsets, endOffsets }] = await this.#broker.describeTopics([this.#topic]) as [TopicDescription];
      for (const { partition, fetchOffset } of this.splits) {
        checkPosition(this.#topic, partition, fetchOffset, startOffsets[partition] ?? 0, endOffsets[partition] ?? 0);
      }
      return error;
    } catch (found) {
      return found;
    }
  }
}
