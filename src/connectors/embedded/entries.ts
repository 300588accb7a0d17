/** The entries of jobs' commits, whose names and texts only the engine can read. */
import type { JobCommit } from "../broker.ts";
import type { Database } from "./database.ts";
import { hashOf, SeenKeys } from "./seen_keys.ts";
import { beginUncommitted, committedBelow, endUncommitted } from "./uncommitted.ts";
import { applySegment, readUnseen, SegmentWriter } from "./segment.ts";

/**
 * Entries are spread over this many buckets by their keys, and compacted one bucket at a time, so that compaction never blocks
 * the process for long.
 */
const BUCKETS = 256;
/** A bucket is compacted when its outdated changes outnumber its live entries by this factor. */
const OUTDATED_TO_LIVE = 2;
/** Less than a page of the file is not worth a compaction. */
const MIN_OUTDATED_BYTES = 4 * 1024;
/** A slice of compaction ends after this many bytes, but not before its first bucket is done. */
const SLICE_BYTES = 1024 * 1024;
/** Bytes that compaction handles for each byte that is written: more than become outdated in the long run. */
const COMPACTED_PER_WRITTEN = 4;
/** A commit with more changes is written in parts of so many. */
const PART_CHANGES = 20_000;

/**
 * The changes of a commit as segments; `null` deletes an entry; of two changes of one entry the later counts. Of a large commit
 * it yields parts that can be written ahead; what it returns is the last part.
 */
export function* partsOf(changes: JobCommit["changes"]): Generator<EntryPart, EntryPart> {
  const segments: (SegmentWriter | undefined)[] = Array.from({ length: BUCKETS });
  let full: Row[] = [];
  let count = 0;
  for (const [key, value, isStored = true] of changes) {
    const bucket = bucketOf(key);
    const segment = segments[bucket] ??= new SegmentWriter();
    if (!segment.add(key, value, isStored)) {
      full.push({ bucket, segment });
      (segments[bucket] = new SegmentWriter()).add(key, value, isStored);
    }
    if (++count % PART_CHANGES > 0) continue;
    yield full;
    full = [];
  }
  for (const [bucket, segment] of segments.entries()) if (segment !== undefined) full.push({ bucket, segment });
  return full;
}

/** The entries of a job's last commit. To be called in a transaction. */
export function entriesOf(database: Database, jobId: number): Map<string, string> {
  const entries = new Map<string, string>();
  // Bucket by bucket, so that deleted entries are gone before the next bucket is read.
  const rows = database.statement("SELECT changes FROM job_segment WHERE job_id = ? AND id < ? ORDER BY bucket, id")
    .iterate(jobId, committedBelow(database, jobId));
  for (const { changes } of rows) applySegment(changes as Uint8Array, entries);
  return entries;
}

/** SQL: whether the job of the row has entries. */
export const HAS_ENTRIES = "EXISTS (SELECT 1 FROM job_segment WHERE job_id = id)";

/** Deletes all entries of a job. To be called in a writing transaction. */
export function removeEntries(database: Database, jobId: number): void {
  database.statement("DELETE FROM job_segment WHERE job_id = ?").run(jobId);
}

/** A segment that is to be written. */
interface Row {
  readonly bucket: number;
  readonly segment: SegmentWriter;
}

/** Segments of a commit that are written in one transaction. */
export type EntryPart = readonly Row[];

/** How much is in a bucket. */
interface Bucket {
  changes: number;
  /** Live entries, as far as the changes' `isStored` was known; compaction counts them. */
  live: number;
  bytes: number;
}

/**
 * Writes a job's entries: the changes of a commit are appended in large rows, and outdated changes are compacted away when they
 * outnumber the live entries.
 *
 * With one row per entry, finding and replacing rows would take most of the time of a job with many keys, as each row lies in
 * another page of the file. Restoring reads all entries and needs no look-ups.
 */
export class EntryWriter {
  readonly #database: Database;
  readonly #jobId: number;
  #buckets: readonly Bucket[] | undefined;
  /** Bytes that compaction may still handle. */
  #budget = 0;
  /** Whether a part of a commit is written whose last one is not. */
  #isUnderWay = false;

  constructor(database: Database, jobId: number) {
    this.#database = database;
    this.#jobId = jobId;
  }

  /** Writes a part of a commit before the commit is decided. To be called in a writing transaction. */
  putAhead(part: EntryPart): void {
    if (part.length === 0) return;
    if (!this.#isUnderWay) beginUncommitted(this.#database, this.#jobId);
    this.#isUnderWay = true;
    for (const { bucket, segment } of part) this.#append(bucket, segment);
  }

  /** Writes the last part of a commit: the transaction in which it is called decides the whole. */
  put(part: EntryPart): void {
    for (const { bucket, segment } of part) this.#append(bucket, segment);
    if (this.#isUnderWay) endUncommitted(this.#database, this.#jobId);
    this.#isUnderWay = false;
  }

  /** Whether a slice of compaction is due. When one commit makes many buckets due, they are spread over later commits. */
  get isCompactionDue(): boolean {
    return this.#dueBucket() !== undefined;
  }

  /** Compacts one slice. To be called in a writing transaction. */
  compact(): void {
    let bytes = 0;
    for (let due = this.#dueBucket(); due !== undefined && bytes < SLICE_BYTES; due = this.#dueBucket()) {
      bytes += this.#known()[due]!.bytes;
      this.#compactBucket(due);
    }
  }

  /** Forgets all buckets, after all entries were removed. */
  clear(): void {
    this.#buckets = undefined;
    this.#budget = 0;
  }

  #dueBucket(): number | undefined {
    if (this.#budget <= 0) return undefined;
    const due = this.#known().findIndex((bucket) => {
      const liveBytes = bucket.bytes * Math.max(bucket.live, 0) / bucket.changes;
      return bucket.bytes - liveBytes > Math.max(liveBytes * OUTDATED_TO_LIVE, MIN_OUTDATED_BYTES);
    });
    if (due >= 0) return due;
    this.#budget = 0;
    return undefined;
  }

  /** Replaces all changes in a bucket by the entries that they have led to. */
  #compactBucket(bucket: number): void {
    const state = this.#known()[bucket]!;
    const rows = this.#database.statement(
      "SELECT changes FROM job_segment WHERE job_id = ? AND bucket = ? ORDER BY id DESC",
    )
      .iterate(this.#jobId, bucket);
    const seen = new SeenKeys();
    const segments = [new SegmentWriter()];
    for (const { changes } of rows) {
      readUnseen(changes as Uint8Array, seen, (key, value) => {
        if (segments.at(-1)!.add(key, value, false)) return;
        segments.push(new SegmentWriter());
        segments.at(-1)!.add(key, value, false);
      });
    }
    this.#database.statement("DELETE FROM job_segment WHERE job_id = ? AND bucket = ?").run(this.#jobId, bucket);
    this.#budget -= state.bytes;
    Object.assign(state, { changes: 0, live: 0, bytes: 0 });
    for (const segment of segments) this.#insert(bucket, segment);
  }

  #append(bucket: number, segment: SegmentWriter): void {
    this.#budget += COMPACTED_PER_WRITTEN * this.#insert(bucket, segment);
  }

  /** @returns the bytes of the segment */
  #insert(bucket: number, segment: SegmentWriter): number {
    const { changes, live } = segment;
    if (changes === 0) return 0;
    const state = this.#known()[bucket]!;
    const bytes = segment.finish();
    this.#database.statement(
      "INSERT INTO job_segment (job_id, bucket, change_count, live_count, changes) VALUES (?, ?, ?, ?, ?)",
    ).run(this.#jobId, bucket, changes, live, bytes);
    state.changes += changes;
    state.live += live;
    state.bytes += bytes.length;
    return bytes.length;
  }

  #known(): readonly Bucket[] {
    if (this.#buckets !== undefined) return this.#buckets;
    const buckets = Array.from({ length: BUCKETS }, (): Bucket => ({ changes: 0, live: 0, bytes: 0 }));
    const rows = this.#database.statement(
      `SELECT bucket, sum(change_count) AS change_sum, sum(live_count) AS live_sum, sum(octet_length(changes)) AS byte_sum
       FROM job_segment WHERE job_id = ? GROUP BY bucket`,
    ).all(this.#jobId) as unknown as BucketRow[];
    for (const { bucket, change_sum, live_sum, byte_sum } of rows) {
      buckets[bucket] = { changes: change_sum, live: live_sum, bytes: byte_sum };
    }
    return this.#buckets = buckets;
  }
}

interface BucketRow {
  readonly bucket: number;
  readonly change_sum: number;
  readonly live_sum: number;
  readonly byte_sum: number;
}

function bucketOf(key: string): number {
  return hashOf("", key, 0, key.length) >>> 24;
}
