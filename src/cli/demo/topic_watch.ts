import type { FetchedBatch, TopicDescription } from "../../connectors/broker.ts";
import { partitionSplit } from "../../engine/internal.ts";
import type { TopicState } from "./state.ts";

/** The time over which rates are counted, ms: two windows of the demo, as statistics come window by window. */
const RATE_MS = 10_000;

/** The counts of a topic of which all records are read. */
export class TopicWatch {
  readonly name: string;
  readonly partitions: readonly PartitionWatch[];
  readonly #sinceMs: number;
  #count = 0;
  #added = 0;
  /** Records of the last seconds, by the time at which they were read. */
  #arrivals: { readonly ms: number; readonly count: number }[] = [];

  constructor({ name, startOffsets, endOffsets }: TopicDescription, nowMs: number) {
    this.name = name;
    this.#sinceMs = nowMs;
    this.partitions = endOffsets.map((end, partition) => ({
      split: partitionSplit(name, partition),
      nextOffset: startOffsets[partition] ?? 0,
      firstEnd: end,
      eventTimeMs: undefined,
      heardMs: nowMs,
    }));
  }

  /** Counts what was read at a partition's `nextOffset`. */
  add({ partition: index, records, nextOffset }: FetchedBatch, nowMs: number): void {
    const partition = this.partitions[index]!;
    let added = 0;
    for (const { offset, timestampMs } of records) {
      if (offset >= partition.firstEnd) added++;
      partition.eventTimeMs = Math.max(partition.eventTimeMs ?? timestampMs, timestampMs);
    }
    partition.nextOffset = nextOffset;
    if (records.length > 0) partition.heardMs = nowMs;
    this.#count += records.length;
    this.#added += added;
    if (added > 0) this.#arrivals.push({ ms: nowMs, count: added });
  }

  /** The reader's position in each split. */
  ends(): (readonly [split: string, end: number])[] {
    return this.partitions.map(({ split, nextOffset }) => [split, nextOffset] as const);
  }

  state(nowMs: number): TopicState {
    const fromMs = nowMs - RATE_MS;
    this.#arrivals = this.#arrivals.filter(({ ms }) => ms > fromMs);
    const recent = this.#arrivals.reduce((sum, { count }) => sum + count, 0);
    const seconds = Math.min(RATE_MS, Math.max(1000, nowMs - this.#sinceMs)) / 1000;
    return { name: this.name, count: this.#count, added: this.#added, perSecond: recent / seconds };
  }
}

/** A partition, as far as it has been read. */
export interface PartitionWatch {
  /** "skyone-3" */
  readonly split: string;
  nextOffset: number;
  /** Its end when the demo began. */
  readonly firstEnd: number;
  /** The latest timestamp in it, ms; undefined without a record. */
  eventTimeMs: number | undefined;
  /** When its last record was read, or watching began, ms. */
  heardMs: number;
}
