/** The answer to a Fetch request, versions 4 to 10, for a reader of committed records. */
import type { BrokerRecord } from "../broker.ts";
import { type BatchSource, compressionsOf, readHeader, readRecords } from "./batch_reader.ts";
import { ByteReader } from "./bytes.ts";
import { loadCodec } from "./compression.ts";

/** A broker's answer for one partition. */
export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  /** Kafka's error code; 0 without an error. */
  readonly errorCode: number;
  /** The committed records; undefined with an error, or if the partition was not asked for. */
  readonly found: CommittedRecords | undefined;
}

/** The committed records at a position. */
export interface CommittedRecords {
  readonly records: readonly BrokerRecord[];
  /** The offset behind all batches that were read; the position that was asked for if there is none. */
  readonly nextOffset: number;
  /** Size of these batches when decompressed. */
  readonly bytes: number;
  /** The last stable offset, as this broker knows it. */
  readonly endOffset: number;
  /** Reads on in the same answer; undefined if it is known that nothing follows. */
  readonly readOn?: (() => CommittedRecords) | undefined;
}

/** A transaction that was aborted: its producer's records from `firstOffset` to its next control record do not count. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

/** What was asked for, and how much of the answer is read. */
export interface ReadOptions {
  /** Returns the offset at which a partition was asked for; undefined drops its answer. */
  readonly asked: (topic: string, partition: number) => number | undefined;
  /** Of each partition, see {@link AnswerSource}; default: all. */
  readonly chunkBytes?: number;
}

/** A decoded answer. */
export interface FetchResponse {
  /** The error code of the whole request. */
  readonly errorCode: number;
  readonly partitions: readonly FetchedPartition[];
  /** How long the broker asks us to wait before the next request, ms. */
  readonly clientSideThrottleTime: number;
}

/** Decodes an answer. The records are views of `payload` or of decompressed bytes. It waits for codecs that must be loaded. */
export async function readFetchResponse(
  payload: Uint8Array,
  apiVersion: number,
  { asked, chunkBytes = Infinity }: ReadOptions,
): Promise<FetchResponse> {
  const reader = new ByteReader(payload);
  const throttleMs = reader.int32();
  const errorCode = apiVersion >= 7 ? reader.int16() : 0;
  if (apiVersion >= 7) reader.int32(); // session id
  const partitions: FetchedPartition[] = [];
  for (let topics = reader.int32(); topics > 0; topics--) {
    const topic = reader.string();
    for (let count = reader.int32(); count > 0; count--) {
      const { partition, errorCode, aborted, endOffset, bytes } = readPartition(reader, apiVersion);
      const offset = errorCode === 0 ? asked(topic, partition) : undefined;
      if (offset === undefined) {
        partitions.push({ topic, partition, errorCode, found: undefined });
        continue;
      }
      for (const compression of compressionsOf(bytes)) await loadCodec(compression);
      const found = committedRecords(bytes, offset, aborted, { topic, partition, endOffset, chunkBytes });
      partitions.push({ topic, partition, errorCode, found });
    }
  }
  return { errorCode, partitions, clientSideThrottleTime: apiVersion >= 8 ? throttleMs : 0 };
}

/** A broker's answer for one partition, with its batches not decoded yet. */
interface PartitionAnswer {
  readonly partition: number;
  readonly errorCode: number;
  readonly aborted: readonly AbortedTransaction[];
  /** The last stable offset. */
  readonly endOffset: number;
  readonly bytes: Uint8Array;
}

function readPartition(reader: ByteReader, apiVersion: number): PartitionAnswer {
  const partition = reader.int32();
  const errorCode = reader.int16();
  reader.int64(); // high watermark
  const endOffset = reader.int64(); // last stable offset
  if (apiVersion >= 5) reader.int64(); // log start offset
  const aborted: AbortedTransaction[] = [];
  for (let count = reader.int32(); count > 0; count--) {
    aborted.push({ producerId: reader.bigint64(), firstOffset: reader.int64() });
  }
  return { partition, errorCode, aborted, endOffset, bytes: reader.take(Math.max(reader.int32(), 0)) };
}

/** Where batches came from, and how they are read. */
export interface AnswerSource extends BatchSource {
  /** The last stable offset, as the broker knows it. */
  readonly endOffset?: number;
  /**
   * Reads no further batch when those that were read have so many bytes, decompressed; default: reads all. Records that are
   * decoded outlive collections of garbage while they wait, and bytes do not.
   */
  readonly chunkBytes?: number;
}

/**
 * The committed records from `offset` on in the batches that a broker sent for it.
 *
 * Batches may begin before `offset`, the last one may be cut off, and no offset comes twice. Control batches and batches of
 * aborted transactions are stepped over, as in Kafka's consumer: `aborted` names the producers with aborted transactions here,
 * each of which ends with its abort marker.
 *
 * @see Kafka: CompletedFetch.nextFetchedRecord()
 */
export function committedRecords(
  bytes: Uint8Array,
  offset: number,
  aborted: readonly AbortedTransaction[],
  source: AnswerSource,
): CommittedRecords {
  const upcoming = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset);
  const aborting = new Set<bigint>();
  const { endOffset = offset, chunkBytes = Infinity } = source;
  let at = 0;
  let nextOffset = offset;
  return readOn();

  function readOn(): CommittedRecords {
    const records: BrokerRecord[] = [];
    let size = 0;
    while (size < chunkBytes) {
      const batch = readHeader(bytes, at, source);
      if (batch === undefined) return { records, nextOffset, bytes: size, endOffset };
      while (upcoming.length > 0 && upcoming[0]!.firstOffset <= batch.lastOffset) {
        aborting.add(upcoming.shift()!.producerId);
      }
      if (batch.control) {
        if (batch.abort) aborting.delete(batch.producerId);
      } else if (!batch.transactional || !aborting.has(batch.producerId)) {
        if (batch.lastOffset >= nextOffset) size += readRecords(bytes, at, nextOffset, source, records);
      }
      nextOffset = Math.max(nextOffset, batch.lastOffset + 1);
      at = batch.end;
    }
    return { records, nextOffset, bytes: size, endOffset, readOn };
  }
}
