import { assert } from "@std/assert";
import type {
  Broker,
  BrokerLease,
  BrokerRecord,
  FetchedBatch,
  Fetcher,
  Position,
} from "../../../src/connectors/broker.ts";
import { PATIENCE_MS } from "./waiting.ts";

/** Readers see a commit some milliseconds after it; who restores waits for that. */
export async function untilSeen(lease: BrokerLease): Promise<void> {
  await lease.restore();
}

/**
 * Every committed record of a topic; the index is the partition. It reads to where the ends are when it is called, as a
 * reader does that knows nothing of what lies between.
 *
 * @param from where to begin in each partition; left out, its start
 */
export async function readAll(broker: Broker, topic: string, from?: readonly number[]): Promise<BrokerRecord[][]> {
  const [description] = await broker.describeTopics([topic]);
  const ends = description!.endOffsets;
  const offsets = from ?? description!.startOffsets;
  const positions = ends.map((_, partition) => ({ topic, partition, offset: offsets[partition]! }));
  const fetcher = await broker.fetcher();
  try {
    return await readUntil(fetcher, positions, (next) => next.every((offset, index) => offset >= ends[index]!));
  } finally {
    await fetcher.close();
  }
}

/**
 * Reads on from `positions` until `done` is content with where they stand; the index of the result is the position's. Fails
 * when that takes too long.
 */
export async function readUntil(
  fetcher: Fetcher,
  positions: readonly Position[],
  done: (offsets: readonly number[]) => boolean,
): Promise<BrokerRecord[][]> {
  const offsets = positions.map((position) => position.offset);
  const found: BrokerRecord[][] = positions.map(() => []);
  const until = performance.now() + PATIENCE_MS;
  while (!done(offsets)) {
    assert(performance.now() < until, `reading stands still at ${JSON.stringify({ positions, offsets })}`);
    const asked = positions.map((position, index) => ({ ...position, offset: offsets[index]! }));
    for (const batch of await fetcher.fetch(asked, 500)) {
      const index = positions.findIndex(({ topic, partition }) =>
        topic === batch.topic && partition === batch.partition
      );
      checkBatch(batch, offsets[index]!);
      found[index]!.push(...batch.records);
      offsets[index] = batch.nextOffset;
    }
  }
  return found;
}

/** The promises of {@link FetchedBatch} that hold for each. */
function checkBatch(batch: FetchedBatch, asked: number): void {
  let lowest = asked;
  for (const { offset } of batch.records) {
    assert(offset >= lowest, `offset ${offset} came though ${lowest} is the lowest possible`);
    lowest = offset + 1;
  }
  assert(batch.nextOffset >= lowest, `nextOffset ${batch.nextOffset} lies before ${lowest}`);
  assert(batch.records.length > 0 || batch.nextOffset > asked, "a batch neither holds records nor moves on");
}
