import type { FetchedBatch, Position } from "../broker.ts";
import type { CommittedRecords } from "./fetch_response.ts";
import { placeOf } from "./place.ts";

/** What follows in an answer behind what has been returned of it. */
interface Kept {
  readonly offset: number;
  readonly readOn: () => CommittedRecords;
}

/**
 * What has been fetched of partitions and not been returned yet, as bytes: records that are decoded and wait would outlive
 * collections of garbage.
 */
export class KeptAnswers {
  /** By {@link placeOf}, of all partitions that were asked for; undefined where nothing is left. */
  readonly #kept = new Map<string, Kept | undefined>();

  /** How many partitions were asked for so far. */
  get partitions(): number {
    return this.#kept.size;
  }

  /** What follows these positions. What is kept of a partition for another offset is dropped. */
  readOn(positions: readonly Position[]): FetchedBatch[] {
    const batches: FetchedBatch[] = [];
    for (const position of positions) {
      const place = placeOf(position);
      const kept = this.#kept.get(place);
      this.#kept.set(place, undefined);
      if (kept?.offset !== position.offset) continue;
      const found = kept.readOn();
      if (found.nextOffset > position.offset) batches.push(this.take(position, found));
    }
    return batches;
  }

  /** Returns what was found of a partition, and keeps what follows in the same answer. */
  take({ topic, partition }: Position, { records, nextOffset, bytes, readOn }: CommittedRecords): FetchedBatch {
    if (readOn !== undefined) this.#kept.set(placeOf({ topic, partition }), { offset: nextOffset, readOn });
    return { topic, partition, records, nextOffset, bytes };
  }
}
