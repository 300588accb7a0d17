/** Where partitions end, which records there cannot be read yet, and which answers of brokers may be outdated. */
import type { PartitionEnd, Position } from "../broker.ts";
import type { Client } from "./client.ts";
import { PassingError } from "./errors.ts";
import { readFetchResponse } from "./fetch_response.ts";
import { patiently } from "./patience.ts";
import { placeOf } from "./place.ts";
import { LATEST, READ_COMMITTED, READ_UNCOMMITTED } from "./protocol.ts";
import { listOffsets } from "./topics.ts";

/** An answer that took longer may come from a leader that was frozen and has been replaced meanwhile. ms. */
const SUSPICIOUS_MS = 1_000;
/** Limit of a fetch for one partition, bytes, the same as a reader's: a large batch must fit. */
const PARTITION_BYTES = 1 << 17;
const TOTAL_BYTES = 10 << 20;

/** The ends of a topic's partitions as their leaders know them at some moment after the call; the index is the partition. */
export async function partitionEnds(
  client: Client,
  topic: string,
  read: readonly number[] = [],
): Promise<PartitionEnd[]> {
  return await patiently({ doing: `find the ends of the topic "${topic}"`, log: client.log }, async () => {
    const leaders = (await client.leaders([topic])).get(topic)!;
    const askedAtMs = performance.now();
    const ends = async (isolationLevel: number) =>
      (await listOffsets(client, { topics: [topic], timestamp: LATEST, isolationLevel })).get(topic)!;
    const written = await ends(READ_UNCOMMITTED);
    // Mostly nothing is written beyond `read`, and one request is enough.
    const committed = written.every((end, partition) => end <= read[partition]!) ? written : await ends(READ_COMMITTED);
    if (performance.now() - askedAtMs > SUSPICIOUS_MS && client.nodeIds.length > 1) {
      await checkLeaders(client, topic, leaders);
    }
    return committed.map((end, partition) => ({ committed: end, written: Math.max(end, written[partition]!) }));
  });
}

/** Checks by another node than the first leader, if there is one, that the leaders are still the same. */
async function checkLeaders(client: Client, topic: string, leaders: readonly number[]): Promise<void> {
  const other = client.nodeIds.find((id) => !leaders.includes(id)) ?? client.nodeIds.find((id) => id !== leaders[0]);
  await client.metadata([topic], other);
  const now = (await client.leaders([topic])).get(topic)!;
  if (leaders.some((leader, partition) => now[partition] !== leader)) {
    throw new PassingError(`other nodes lead "${topic}" now than the ones that answered`);
  }
}

/** For each position the timestamp of the first record there or beyond it, committed or not; undefined if it cannot be read. */
export async function firstTimestamps(
  client: Client,
  positions: readonly Position[],
): Promise<(number | undefined)[]> {
  const topics = [...new Set(positions.map(({ topic }) => topic))];
  const found = new Map<string, number>();
  await patiently({ doing: `look for records of open transactions`, log: client.log }, async () => {
    const leaders = await client.leaders(topics);
    const byLeader = Map.groupBy(positions, ({ topic, partition }) => leaders.get(topic)![partition] ?? -1);
    await Promise.all([...byLeader].map(async ([leader, some]) => {
      const connection = await client.node(leader);
      const asked = new Map(some.map((position) => [placeOf(position), position.offset]));
      const args = {
        isolationLevel: READ_UNCOMMITTED,
        maxWaitTime: 0,
        minBytes: 1,
        maxBytes: TOTAL_BYTES,
        topics: [...Map.groupBy(some, ({ topic }) => topic)].map(([topic, places]) => ({
          topic,
          partitions: places.map(({ partition, offset }) => ({
            partition,
            fetchOffset: offset,
            maxBytes: PARTITION_BYTES,
          })),
        })),
      };
      const { partitions } = await connection.send("Fetch", args, {
        decode: (payload, apiVersion) =>
          readFetchResponse(payload, apiVersion, {
            asked: (topic, partition) => asked.get(placeOf({ topic, partition })),
          }),
      });
      for (const { topic, partition, found: records } of partitions) {
        const first = records?.records[0];
        if (first !== undefined) found.set(placeOf({ topic, partition }), first.timestampMs);
      }
    }));
  });
  return positions.map((position) => found.get(placeOf(position)));
}
