import type { Position } from "../broker.ts";
import type { CommittedRecords } from "./fetch_response.ts";
import { placeOf } from "./place.ts";

/** How many answers in a row without a batch, though the partition's end lies further, make a position suspect. */
const EMPTY_ANSWERS = 3;
/** Largest gap that a few compacted transaction markers at the end of a partition can leave, offsets. */
export const SMALL_GAP = 100;
/** How many requests of its own a position before a larger gap gets before the gap is crossed. */
const LARGE_GAP_QUESTIONS = 20;

/**
 * Finds gaps: offsets between a position and the end of its partition that no batch covers.
 *
 * The end of a partition is what the broker says, and the batches before it may be gone: Redpanda compacts away the marker of
 * a transaction that was the last thing written. A reader that waits for a batch there would wait for ever.
 *
 * One answer without a batch proves nothing: brokers also answer so when other partitions have used up the limit of bytes, or
 * at a deadline. So after some such answers a position is suspect. It then gets a request of its own with enough time, and only
 * if that brings no batch either, the offsets up to the end count as a gap. A large gap takes many such requests, since a broker
 * that has moved old records to slower storage answers without them until it has them back.
 */
export class Gaps {
  /** The number of answers without a batch and their offset, by topic and partition. */
  readonly #empty = new Map<string, { readonly offset: number; answers: number; alone: number }>();

  /** Whether the position needs a request of its own. */
  isSuspect(position: Position): boolean {
    const empty = this.#empty.get(placeOf(position));
    return empty?.offset === position.offset && empty.answers >= EMPTY_ANSWERS;
  }

  /**
   * The offset to read next after an answer.
   *
   * @param alone whether the request asked for no other position
   */
  nextOffset(position: Position, { nextOffset, endOffset }: CommittedRecords, alone: boolean): number {
    const place = placeOf(position);
    if (nextOffset > position.offset || endOffset <= position.offset) {
      this.#empty.delete(place);
      return nextOffset;
    }
    const known = this.#empty.get(place);
    if (known?.offset !== position.offset) {
      this.#empty.set(place, { offset: position.offset, answers: 1, alone: 0 });
      return nextOffset;
    }
    known.answers++;
    if (!alone) return nextOffset;
    const isLarge = endOffset - position.offset > SMALL_GAP;
    if (++known.alone < (isLarge ? LARGE_GAP_QUESTIONS : 1)) return nextOffset;
    this.#empty.delete(place);
    return endOffset;
  }
}
