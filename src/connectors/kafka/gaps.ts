import type { Position } from "../broker.ts";
import type { CommittedRecords } from "./fetch_response.ts";

/** So many answers in a row without a batch, though the broker says that there is something, make a position suspect. */
const EMPTY_ANSWERS = 3;

/**
 * Positions from which no batch leads on to the end of their partition.
 *
 * The end of a partition is what the broker says, and the batches before it may be gone: Redpanda compacts away the marker of
 * a transaction that was the last thing written. Whoever waits for a batch to come to the end then waits for ever.
 *
 * An answer without a batch alone proves nothing. Brokers answer so too when other partitions have used up the limit of bytes
 * or a deadline was reached. So a position becomes suspect after some of them, is then asked for alone and with time, and
 * only if that too brings nothing, is what lies between it and the end held to be a gap.
 */
export class Gaps {
  /** Answers without a batch, by topic and partition, and at which offset. */
  readonly #empty = new Map<string, { readonly offset: number; answers: number }>();

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
    if (alone && this.isSuspect(position)) {
      this.#empty.delete(place);
      return endOffset;
    }
    const known = this.#empty.get(place);
    if (known?.offset === position.offset) known.answers++;
    else this.#empty.set(place, { offset: position.offset, answers: 1 });
    return nextOffset;
  }
}

function placeOf({ topic, partition }: Position): string {
  return `${partition} ${topic}`;
}
