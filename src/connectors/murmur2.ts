/** Where a key goes: the same partition that Kafka's Java client chooses, so that all clients of a topic agree. */

/**
 * The 32 bit murmur2 hash of `bytes`, or of a part of them, as a signed number, with the seed of Kafka's Java client.
 *
 * @see Kafka: org.apache.kafka.common.utils.Utils.murmur2()
 *
 * @example A hash that Kafka's own tests name
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const key = new TextEncoder().encode("foobar");
 * assertEquals(murmur2(key), -790332482);
 * assertEquals(partitionOf(key, 5), 1);
 * ```
 */
export function murmur2(bytes: Uint8Array, start = 0, length: number = bytes.length): number {
  const end = start + length;
  const whole = start + (length & ~3);
  let hash = 0x9747b28c ^ length;
  for (let at = start; at < whole; at += 4) {
    let word = bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24;
    word = Math.imul(word, M);
    word ^= word >>> R;
    hash = Math.imul(hash, M) ^ Math.imul(word, M);
  }
  if (whole < end) {
    let rest = bytes[whole]!;
    if (whole + 1 < end) rest |= bytes[whole + 1]! << 8;
    if (whole + 2 < end) rest |= bytes[whole + 2]! << 16;
    hash = Math.imul(hash ^ rest, M);
  }
  hash ^= hash >>> 13;
  hash = Math.imul(hash, M);
  return hash ^ hash >>> 15;
}

/**
 * The partition of a record with this key in a topic of `partitions` partitions, from 0.
 *
 * @see Kafka: BuiltInPartitioner.partitionForKey()
 */
export function partitionOf(key: Uint8Array, partitions: number): number {
  return partitionOfHash(murmur2(key), partitions);
}

/** The same for a key whose {@link murmur2} hash is known. */
export function partitionOfHash(hash: number, partitions: number): number {
  return (hash & 0x7fffffff) % partitions;
}

const M = 0x5bd1e995;
const R = 24;
