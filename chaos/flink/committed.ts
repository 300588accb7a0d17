/** Committed records of topics, kept as they are read: a look at a topic reads only what is new in it. */
import type { Broker } from "../../src/connectors/broker.ts";
import type { Line } from "../oracle.ts";
import { TopicTail } from "../topic_tail.ts";

/** What has been read of a topic. */
interface Read {
  readonly partitions: Line[][];
  offsets: readonly number[];
}

const DECODER = new TextDecoder();

/** All topics that have been read. */
export class Committed {
  readonly #topics = new Map<string, Read>();

  /** The committed records of a topic, partition by partition in their order; nothing if there is no such topic. */
  async read(broker: Broker, topic: string): Promise<Line[]> {
    const known = this.#topics.get(topic) ?? { partitions: [], offsets: [] };
    if (!(await broker.listTopics()).includes(topic)) return [];
    await using tail = await TopicTail.open(broker, topic, known.offsets);
    const added: Line[] = [];
    await tail.readOn(({ key, value, timestampMs }, partition) => {
      added.push({ partition, timestamp: timestampMs, key: textOf(key), value: textOf(value) });
    });
    // Only now: what is read halfway when a broker dies is read again.
    for (const line of added) (known.partitions[line.partition] ??= []).push(line);
    known.offsets = [...tail.offsets];
    this.#topics.set(topic, known);
    return known.partitions.flat();
  }

  /** Topics are to be made anew. */
  forget(): void {
    this.#topics.clear();
  }
}

function textOf(bytes: Uint8Array | null): string {
  return bytes === null ? "" : DECODER.decode(bytes);
}
