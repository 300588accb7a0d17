import type { Broker, BrokerRecord, Fetcher } from "../src/connectors/broker.ts";

const FETCH_WAIT_MS = 500;

/** Reads a topic while it grows: passes on each committed record once and keeps no record. */
export class TopicTail implements AsyncDisposable {
  readonly #port: Broker;
  readonly #topic: string;
  readonly #fetcher: Fetcher;
  readonly #offsets: number[];
  #end = 0;

  private constructor(port: Broker, topic: string, partitions: number, fetcher: Fetcher) {
    this.#port = port;
    this.#topic = topic;
    this.#fetcher = fetcher;
    this.#offsets = new Array<number>(partitions).fill(0);
  }

  static async open(port: Broker, topic: string): Promise<TopicTail> {
    const [description] = await port.describeTopics([topic]);
    return new TopicTail(port, topic, description!.endOffsets.length, await port.fetcher());
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
