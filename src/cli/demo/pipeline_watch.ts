import { isRetriable } from "../../engine/internal.ts";
import type { Broker, BrokerRecord } from "../../connectors/broker.ts";
import { BrokerError } from "../../connectors/broker_errors.ts";
import { decodeJson } from "../../connectors/json/codec.ts";
import { type Clock, RecordError } from "../../engine/mod.ts";
import type { Logger } from "../../utils.ts";
import type { Traveller } from "./state.ts";
import { TopicWatch } from "./topic_watch.ts";
import { DEMO_TOPICS } from "./topics.ts";

/** How long a fetch waits for records, and so a stop for the reader, ms. */
const FETCH_WAIT_MS = 100;
const RETRY_MS = 1000;

type TopicName = keyof typeof DEMO_TOPICS;

/** A traveller's latest statistics in their topic. */
interface Statistics {
  readonly flights: number;
  readonly minutes: number;
  /** How many flights more than in the statistics before. */
  readonly gained: number;
  readonly timestampMs: number;
}

/**
 * Reads the committed records of the demo's four topics from their beginning: it counts them (offsets would count Kafka's
 * transaction markers too) and keeps the latest statistics of each traveller.
 */
export class PipelineWatch {
  readonly topics: Readonly<Record<TopicName, TopicWatch>>;
  readonly #broker: Broker;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #statistics = new Map<string, Statistics>();
  #newestMs = -Infinity;

  private constructor(broker: Broker, topics: Record<TopicName, TopicWatch>, clock: Clock, logger: Logger) {
    this.#broker = broker;
    this.topics = topics;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Opens it: records from now on count as new. */
  static async open(broker: Broker, clock: Clock, logger: Logger): Promise<PipelineWatch> {
    const names = Object.keys(DEMO_TOPICS) as TopicName[];
    const descriptions = await broker.describeTopics(names.map((name) => DEMO_TOPICS[name].name));
    const nowMs = clock.monotonicMs();
    const entries = names.map((name, i) => [name, new TopicWatch(descriptions[i]!, nowMs)]);
    return new PipelineWatch(broker, Object.fromEntries(entries), clock, logger);
  }

  /** Reads until the signal is aborted. @throws {BrokerError} if that is not possible and a retry will not help */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#read(() => signal.aborted);
      } catch (error) {
        if (!(error instanceof BrokerError && isRetriable(error))) throw error;
        this.#logger.warn(`${error.message}; reads on in ${RETRY_MS / 1000} s`);
        await this.#clock.sleep(RETRY_MS, signal);
      }
    }
  }

  /** Reads to the current ends of the topics. If the broker fails, a warning is logged: the jobs have ended well. */
  async catchUp(): Promise<void> {
    const topics = Object.values(this.topics);
    try {
      const descriptions = await this.#broker.describeTopics(topics.map(({ name }) => name));
      await this.#read(() =>
        topics.every(({ partitions }, i) =>
          partitions.every(({ nextOffset }, partition) => nextOffset >= descriptions[i]!.endOffsets[partition]!)
        )
      );
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      this.#logger.warn(`${error.message}; the last records are not counted`);
    }
  }

  /** Everyone with statistics, most flights first. */
  travellers(): Traveller[] {
    const travellers = [...this.#statistics].map(([email, { flights, minutes, gained, timestampMs }]) => ({
      email,
      flights,
      minutes,
      gained: timestampMs === this.#newestMs ? gained : 0,
    }));
    return travellers.sort((a, b) => b.flights - a.flights || b.minutes - a.minutes || (a.email < b.email ? -1 : 1));
  }

  async #read(isOver: () => boolean): Promise<void> {
    const fetcher = await this.#broker.fetcher();
    try {
      while (!isOver()) {
        for (const batch of await fetcher.fetch(this.#positions(), FETCH_WAIT_MS)) {
          const topic = Object.values(this.topics).find(({ name }) => name === batch.topic)!;
          topic.add(batch, this.#clock.monotonicMs());
          if (topic === this.topics.userstatistics) batch.records.forEach((record) => this.#keep(record));
        }
      }
    } finally {
      await fetcher.close();
    }
  }

  #positions(): { topic: string; partition: number; offset: number }[] {
    return Object.values(this.topics).flatMap(({ name, partitions }) =>
      partitions.map(({ nextOffset }, partition) => ({ topic: name, partition, offset: nextOffset }))
    );
  }

  #keep({ value, offset, timestampMs }: BrokerRecord): void {
    const { name, schema } = DEMO_TOPICS.userstatistics;
    try {
      const { email_address, number_of_flights: flights, total_flight_duration: minutes } = decodeJson(value, schema);
      const gained = flights - (this.#statistics.get(email_address)?.flights ?? 0);
      this.#statistics.set(email_address, { flights, minutes, gained, timestampMs });
      this.#newestMs = Math.max(this.#newestMs, timestampMs);
    } catch (error) {
      if (!(error instanceof RecordError)) throw error;
      this.#logger.warn(`Cannot show offset ${offset} of ${name}: ${error.message}`);
    }
  }
}
