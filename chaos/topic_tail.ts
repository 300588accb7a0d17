import type { Broker, BrokerRecord, Fetcher } from "../src/connectors/broker.ts";

const FETCH_WAIT_MS = 500;

/** Reads a topic while it grows: passes on each committed record once and keeps no record. */
export class TopicTail implements AsyncDisposable {
  readonly #port: Broker;
  readonly #topic: string;
  readonly #fetcher: Fetcher;
  readonly #offsets: number[];
  #end = 0;

  private constructor(port: Broker, topic: string, offsets: number[], fetcher: Fetcher) {
    this.#port = port;
    this.#topic = topic;
    this.#fetcher = fetcher;
    this.#offsets = offsets;
  }

  /** @param offsets where it goes on, by the partition; a partition that is not there begins at 0 */
  static async open(port: Broker, topic: string, offsets: readonly number[] = []): Promise<TopicTail> {
    const [description] = await port.describeTopics([topic]);
    const all = description!.endOffsets.map((_, partition) => offsets[partition] ?? 0);
    return new TopicTail(port, topic, all, await port.fetcher());
  }

  /** Where it goes on, by the partition. */
  get offsets(): readonly number[] {
    return this.#offsets;
  }

  get partitions(): number {
    return this.#offsets.length;
  }

  /** The sum of all partitions' ends, as of the last `readOn()`; in Kafka it includes offsets that no reader sees. */
  get end(): number {
    return this.#end;
  }

  /** Reads what has been committed since the last time. */
  async readOn(take: (record: BrokerRecord, partition: number) => void): Promise<void> {
    const [description] = await this.#port.describeTopics([this.#topic]);
    const { endOffsets } = description!;
    this.#end = endOffsets.reduce((sum, end) => sum + end, 0);
    for (;;) {
      const behind = endOffsets.flatMap((end, partition) => {
        const offset = this.#offsets[partition]!;
        return offset < end ? [{ topic: this.#topic, partition, offset }] : [];
      });
      if (behind.length === 0) return;
      for (const { partition, records, nextOffset } of await this.#fetcher.fetch(behind, FETCH_WAIT_MS)) {
        for (const record of records) take(record, partition);
        this.#offsets[partition] = nextOffset;
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#fetcher.close();
  }
}
