import { partitionSplit } from "../engine/internal.ts";
import type { Source, SourceContext, SourceReader, StartingPoint } from "../engine/mod.ts";
import type { Broker, TopicDescription } from "./broker.ts";
import { checkBound, checkPosition } from "./position_range.ts";
import { checkIdentity, type TopicIdentity } from "./topic_identity.ts";
import { TopicReader } from "./topic_reader.ts";
import { type Decode, TopicSplit } from "./topic_split.ts";

/** What a source of a topic is made of. */
export interface TopicSourceParts<T> {
  readonly topic: string;
  /** Called for each partition: a decoder may keep what belongs to its partition. */
  readonly createDecode: (partition: number) => Decode<T>;
  /** Where to begin at the job's first start; left out: where the job's options say. */
  readonly from?: StartingPoint | undefined;
}

/**
 * The committed records of a topic, decoded.
 *
 * A topic may change while a job runs. Partitions that are added are noticed within seconds, when another partition has been read
 * to its end; the job then goes back to its last commit and reads them from their start (a bounded run has its ends already, and
 * leaves them to the next run). If the topic is deleted, or records are deleted before the job has read them, the job fails with
 * a sentence: what it should do then is for its owner to decide.
 */
export class TopicSource<T> implements Source<T> {
  readonly description: string;
  readonly topics: readonly string[];
  readonly from: StartingPoint | undefined;
  readonly #broker: Broker;
  readonly #topic: string;
  /** @internal For workers on a cluster, which get their records from elsewhere. */
  readonly createDecode: (partition: number) => Decode<T>;

  constructor(broker: Broker, { topic, createDecode, from }: TopicSourceParts<T>) {
    this.#broker = broker;
    this.#topic = topic;
    this.createDecode = createDecode;
    this.from = from;
    this.topics = [topic];
    this.description = `topic "${topic}"`;
  }

  /**
   * @throws {UnknownTopicError} if the topic does not exist
   * @throws {JobError} if a committed position lies outside of the topic's partition
   */
  async open(context: SourceContext): Promise<SourceReader<T>> {
    const topic = this.#topic;
    const [description] = await this.#broker.describeTopics([topic]) as [TopicDescription];
    const { id: topicId, startOffsets, endOffsets } = description;
    await checkIdentity(
      { broker: this.#broker, topic, topicId },
      endOffsets.map((end, partition) => ({
        partition,
        identity: context.restoredIdentities?.get(partitionSplit(topic, partition)),
        start: startOffsets[partition]!,
        end,
      })),
    );
    const first = typeof context.from === "number" ? await this.#broker.offsetsAt(topic, context.from) : undefined;
    const splits = endOffsets.map((end, partition) => {
      const id = partitionSplit(topic, partition);
      const start = startOffsets[partition]!;
      let position = context.restored?.get(id) as number | undefined;
      if (position !== undefined) checkPosition({ topic, partition, position, start, end });
      // A partition that came after the last commit has not been read at all, wherever the job once began.
      else if (context.restored !== undefined || context.from === "earliest") position = start;
      else position = first?.[partition] ?? end;
      const bound = context.bounded ? (context.restoredBounds?.get(id) as number | undefined) ?? end : undefined;
      if (bound !== undefined) checkBound({ topic, partition, bound, end });
      const identity = topicId === undefined
        ? context.restoredIdentities?.get(id) as TopicIdentity | undefined
        : { topicId };
      return new TopicSplit({
        topic,
        partition,
        position,
        end,
        bound,
        identity,
        decode: this.createDecode(partition),
      });
    });
    return new TopicReader({ broker: this.#broker, fetcher: await this.#broker.fetcher(), topic, splits, context });
  }
}
