import type { Position } from "../broker.ts";
import type { CommittedRecords } from "./fetch_response.ts";
import { placeOf } from "./place.ts";

/** So many answers in a row without a batch, though the broker says that there is something, make a position suspect. */
const EMPTY_ANSWERS = 3;
/** What compaction takes from the end of a partition are a few markers: so many offsets. */
export const SMALL_GAP = 100;
/** A position before a larger gap is asked for alone so often. */
const LARGE_GAP_QUESTIONS = 20;

/**
 * Positions from which no batch leads on to the end of their partition.
 *
 * The end of a partition is what the broker says, and the batches before it may be gone: Redpanda compacts away the marker of
 * a transaction that was the last thing written. Whoever waits for a batch to come to the end then waits for ever.
 *
 * An answer without a batch alone proves nothing. Brokers answer so too when other partitions have used up the limit of bytes
 * or a deadline was reached. So a position becomes suspect after some of them, is then asked for alone and with time, and
 * only if that too brings nothing, is what lies between it and the end held to be a gap. A large one is asked for many times, for
 * a broker that has moved old records to slower storage answers without them while it gets them back.
 */
export class Gaps {
  /** Answers without a batch, by topic and partition, and at which offset. */
  readonly #empty = new Map<string, { readonly offset: number; answers: number; alone: number }>();

  /** Whether it should be asked for alone. */
  isSuspect(position: Position): boolean {
    const empty = this.#empty.get(placeOf(position));
    return empty?.offset === position.offset && empty.answers >= EMPTY_ANSWERS;
  }

  /**
   * Where to read on after an answer.
   *
   * @param alone whether nothing else was asked for
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
