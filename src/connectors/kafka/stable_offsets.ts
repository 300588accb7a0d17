import type { Position } from "../broker.ts";
import type { Client } from "./client.ts";
import { PassingError } from "./errors.ts";
import { patiently } from "./patience.ts";
import { LATEST } from "./protocol.ts";
import { listOffsets } from "./topics.ts";

/**
 * Resolves when readers of committed data can read up to each of `positions`. It asks for the last stable offsets: such a
 * request changes nothing at the broker, however often and however late it arrives.
 *
 * @throws {BrokerUnavailableError} if that takes too long, naming a partition that is not stable yet
 */
export async function untilStable(client: Client, positions: readonly Position[], withinMs: number): Promise<void> {
  let left = positions;
  await patiently({ doing: "see a commit", withinMs }, async () => {
    const ends = await listOffsets(client, { topics: [...new Set(left.map(({ topic }) => topic))], timestamp: LATEST });
    left = left.filter(({ topic, partition, offset }) => (ends.get(topic)![partition] ?? 0) < offset);
    if (left.length === 0) return;
    const { topic, partition } = left[0]!;
    throw new PassingError(`a transaction is open in "${topic}" partition ${partition}, perhaps another program's`);
  });
}
