/** All topics at once: partitions, records, and how fast they grow. */
import type { Broker, TopicDescription } from "../connectors/broker.ts";
import { UnknownTopicError } from "../connectors/broker_errors.ts";

/** A topic at one moment. */
export interface TopicRow {
  readonly name: string;
  readonly partitions: number;
  /** Between the first offset and the end; on Kafka marks of transactions count too. */
  readonly records: number;
  /** Over the last ten seconds or so; null: it was seen for the first time. */
  readonly perSecond: number | null;
}

/** A partition at one moment. */
export interface PartitionRow {
  readonly partition: number;
  /** The first offset that is there. */
  readonly start: number;
  /** The offset of the next record. */
  readonly end: number;
  /** Over the last ten seconds or so; null: it was seen for the first time. */
  readonly perSecond: number | null;
}

interface Look {
  readonly monotonicMs: number;
  readonly topics: ReadonlyMap<string, TopicDescription>;
}

/** A second look within this time finds the first one, ms. */
const FRESH_MS = 900;
/** Rates are over this time, ms. */
const RATE_MS = 10_000;

/** Looks at topics when somebody asks, at most once a second however many ask. */
export class TopicsLook {
  readonly #broker: Broker;
  readonly #monotonicMs: () => number;
  #looks: Look[] = [];
  #looking: Promise<Look> | undefined;

  /** @param monotonicMs for durations, ms */
  constructor(broker: Broker, monotonicMs: () => number) {
    this.#broker = broker;
    this.#monotonicMs = monotonicMs;
  }

  /** All topics, by name. */
  async all(): Promise<TopicRow[]> {
    const look = await this.#newest();
    return [...look.topics.values()].map((topic) => {
      const { name, startOffsets, endOffsets } = topic;
      return {
        name,
        partitions: endOffsets.length,
        records: sum(endOffsets) - sum(startOffsets),
        perSecond: this.#rate(look, (before) => sum(endOffsets) - sum(before.endOffsets), name),
      };
    });
  }

  /** The partitions of a topic. @throws {UnknownTopicError} if it does not exist */
  async partitions(name: string): Promise<PartitionRow[]> {
    const look = await this.#newest();
    // One that has just been made is asked for by its name, which says so if there is none.
    const [topic] = look.topics.has(name) ? [look.topics.get(name)!] : await this.#broker.describeTopics([name]);
    return topic!.endOffsets.map((end, partition) => ({
      partition,
      start: topic!.startOffsets[partition] ?? 0,
      end,
      perSecond: this.#rate(look, (before) => end - (before.endOffsets[partition] ?? end), name),
    }));
  }

  #rate(look: Look, added: (before: TopicDescription) => number, name: string): number | null {
    const before = this.#looks.find((each) => each !== look && each.topics.has(name));
    if (before === undefined) return null;
    const seconds = (look.monotonicMs - before.monotonicMs) / 1_000;
    // A topic that was deleted and made again begins at 0.
    return seconds <= 0 ? null : Math.max(0, added(before.topics.get(name)!) / seconds);
  }

  async #newest(): Promise<Look> {
    const last = this.#looks.at(-1);
    if (last !== undefined && this.#monotonicMs() - last.monotonicMs < FRESH_MS) return last;
    this.#looking ??= this.#look().finally(() => this.#looking = undefined);
    return await this.#looking;
  }

  async #look(): Promise<Look> {
    const described = await this.#describe(await this.#broker.listTopics());
    const look = { monotonicMs: this.#monotonicMs(), topics: new Map(described.map((topic) => [topic.name, topic])) };
    // Of those that are older than the time of a rate the newest stays: it is what the rate is measured from.
    const since = this.#looks.findLastIndex(({ monotonicMs }) => look.monotonicMs - monotonicMs >= RATE_MS);
    const kept = this.#looks.slice(Math.max(0, since));
    // After a pause nothing is known of the last seconds.
    const isPause = (kept.at(-1)?.monotonicMs ?? 0) < look.monotonicMs - 2 * RATE_MS;
    this.#looks = [...isPause ? [] : kept, look];
    return look;
  }

  /** Between the list and the description a topic may have been deleted. */
  async #describe(names: readonly string[]): Promise<TopicDescription[]> {
    try {
      return await this.#broker.describeTopics(names);
    } catch (error) {
      if (!(error instanceof UnknownTopicError)) throw error;
      const there = new Set(await this.#broker.listTopics());
      return await this.#broker.describeTopics(names.filter((name) => there.has(name)));
    }
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
