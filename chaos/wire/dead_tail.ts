/** Partitions whose last offsets no batch covers any more, as compaction can leave them. */
import type { Message } from "./codec.ts";
import type { TopicNames, WireFilter } from "./filter.ts";
import type { WireRequest } from "./request.ts";

/** A batch in a partition. */
export interface Batch {
  readonly topic: string;
  readonly partition: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** Whether it holds a commit's or an abort's marker and no records. */
  readonly control: boolean;
}

/** The places of a batch's fields, and the length of its head. */
const LENGTH_AT = 8;
const ATTRIBUTES_AT = 21;
const LAST_OFFSET_DELTA_AT = 23;
const HEAD_BYTES = 61;
const CONTROL_BIT = 0x20;

/**
 * Removes the last batches of a partition from answers, as far back as `isGone` says. ListOffsets still returns the end behind
 * them, as from a broker.
 */
export class DeadTail implements WireFilter {
  readonly apis = ["Fetch"];
  /** How many batches were removed. */
  taken = 0;
  readonly #isGone: (batch: Batch) => boolean;

  /** @param isGone whether compaction has removed a batch; called from the last batch backwards until one stays */
  constructor(isGone: (batch: Batch) => boolean) {
    this.#isGone = isGone;
  }

  answer(_: WireRequest, { responses }: Message, nameOf: TopicNames): boolean {
    const takenBefore = this.taken;
    for (const { topic, topicId, partitions } of responses as Message[]) {
      for (const partition of partitions as Message[]) {
        const name = topic ?? nameOf(topicId) ?? "";
        if (partition.records !== null) partition.records = this.#shortened(name, partition);
      }
    }
    return this.taken > takenBefore;
  }

  #shortened(topic: string, { partitionIndex, records, highWatermark }: Message): Uint8Array {
    const { batches, ends } = batchesIn(topic, partitionIndex, records);
    let kept = batches.length;
    // If records were written meanwhile, this is not the end of the partition.
    if (kept === 0 || BigInt(batches.at(-1)!.lastOffset + 1) !== highWatermark) return records;
    while (kept > 0 && this.#isGone(batches[kept - 1]!)) kept--;
    this.taken += batches.length - kept;
    return records.subarray(0, kept === 0 ? 0 : ends[kept - 1]);
  }
}

function batchesIn(topic: string, partition: number, bytes: Uint8Array): { batches: Batch[]; ends: number[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const batches: Batch[] = [];
  const ends: number[] = [];
  for (let at = 0; at + HEAD_BYTES <= bytes.length;) {
    const end = at + LENGTH_AT + 4 + view.getInt32(at + LENGTH_AT);
    const firstOffset = Number(view.getBigInt64(at));
    const lastOffset = firstOffset + view.getInt32(at + LAST_OFFSET_DELTA_AT);
    const control = (view.getInt16(at + ATTRIBUTES_AT) & CONTROL_BIT) !== 0;
    // The last one may be cut off.
    if (end > bytes.length) break;
    batches.push({ topic, partition, firstOffset, lastOffset, control });
    ends.push(end);
    at = end;
  }
  return { batches, ends };
}
