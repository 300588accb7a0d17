import { JobError, RecordError } from "../../engine/mod.ts";
import { countLines, equal, lineEnd } from "./bytes.ts";
import { fileError } from "./errors.ts";
import { type FileBytes, openBytes } from "./file_bytes.ts";
import {
  type DoneFile,
  FileHead,
  type FileMark,
  type FileObject,
  HEAD_BYTES,
  objectOf,
  printOf,
  TAIL_BYTES,
  tailBefore,
} from "./file_mark.ts";
import type { FileOffset } from "./file_position.ts";
import { type FileDecoder, NEWLINE } from "./format.ts";

/** A record and its place in a file. The bytes are a view: read them, never change them. */
export interface FileRecord {
  /** The record without its newline. */
  readonly bytes: Uint8Array;
  /** The offset of its first byte. */
  readonly offset: number;
  /** The number of its first line, from 1. */
  readonly line: number;
}

/** How many bytes are read at a time. */
const CHUNK_BYTES = 1 << 17;
/** Marks UTF-8 at the start of a file. */
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** How a file is read. */
export interface OpenFileOptions {
  readonly decoder: FileDecoder<unknown>;
  readonly maxRecordBytes: number;
  /** Where to begin; if that is behind the first record, the decoder gets that record first all the same. */
  readonly from: FileOffset;
}

/** A file that is being read: chunks of bytes in, records out. */
export class OpenFile implements FileOffset {
  readonly path: string;
  offset = 0;
  line = 1;
  readonly object: FileObject;
  /** A warning about the header, once that has been read. */
  headerWarning: string | undefined;
  readonly #bytes: FileBytes;
  readonly #head = new FileHead();
  readonly #decoder: FileDecoder<unknown>;
  readonly #maxRecordBytes: number;
  #info: Deno.FileInfo;
  /**
   * Bytes `#start` to `#end` have been read and belong to no record yet; the first one is at `offset` of the file. Before them
   * stand the bytes for the tail of a mark.
   */
  #buffer = new Uint8Array(CHUNK_BYTES);
  #start = 0;
  #end = 0;
  #ended = false;
  /** Whether the decoder has seen the first record, which may determine how it reads the others. */
  #begun: boolean;

  /** @throws {JobError} if it cannot be opened */
  static async open(path: string, { decoder, maxRecordBytes, from }: OpenFileOptions): Promise<OpenFile> {
    const bytes = await openBytes(path);
    try {
      const opened = new OpenFile(bytes, await bytes.stat(), decoder, maxRecordBytes);
      await opened.#moveTo(from);
      return opened;
    } catch (error) {
      await bytes.close();
      throw fileError("read", path, error);
    }
  }

  private constructor(bytes: FileBytes, info: Deno.FileInfo, decoder: FileDecoder<unknown>, maxRecordBytes: number) {
    this.path = bytes.path;
    this.#bytes = bytes;
    this.#info = info;
    this.object = objectOf(info);
    this.#decoder = decoder;
    this.#maxRecordBytes = maxRecordBytes;
    this.#begun = decoder.header === undefined && decoder.learnsFromFirst !== true;
  }

  /** Whether bytes are left that are not a record yet: a last line without its newline. */
  get hasRest(): boolean {
    return this.#start < this.#end;
  }

  /** How far the file has been read. */
  get readTo(): number {
    return this.offset + this.#end - this.#start;
  }

  get compressed(): boolean {
    return this.#bytes.compressed;
  }

  /** Bytes in the file that have not been read, as of the last look. */
  get bytesLeft(): number {
    return this.compressed
      ? this.#ended ? 0 : Math.max(1, this.#info.size - this.#bytes.rawRead)
      : Math.max(0, this.#info.size - this.readTo);
  }

  /** When it was last written to, as of the last look. */
  get writtenMs(): number {
    return this.#info.mtime?.getTime() ?? 0;
  }

  /** What identifies the file at the current position. */
  get mark(): FileMark {
    return this.#markOf(this.#buffer.subarray(this.#start), this.offset);
  }

  /** What identifies the file when it has been read up to the current position. */
  get done(): DoneFile {
    return { ...this.object, size: this.readTo, head: this.#head.before(this.readTo) };
  }

  /** What identifies the file at a record that was taken from it. */
  markAt({ bytes, offset }: FileRecord): FileMark {
    return this.#markOf(bytes, offset);
  }

  /** Whether it has been written to since the last look at it. */
  async hasChanged(): Promise<boolean> {
    const { size, mtime } = await this.#bytes.stat();
    return size !== this.#info.size || mtime?.getTime() !== this.#info.mtime?.getTime();
  }

  /**
   * Reads one chunk.
   * @param bound an offset not to read beyond
   * @returns false at the current end of the file
   */
  async fill(bound = Number.POSITIVE_INFINITY): Promise<boolean> {
    const left = bound - this.readTo;
    if (left <= 0 || this.#ended) return false;
    this.#makeRoom();
    const room = this.#buffer.subarray(this.#end, Math.min(this.#end + left, this.#buffer.length));
    try {
      const read = await this.#bytes.read(room);
      if (read === null) {
        this.#ended = this.compressed;
        return false;
      }
      this.#head.add(room.subarray(0, read), this.readTo);
      this.#end += read;
      return true;
    } catch (error) {
      throw fileError("read", this.path, error);
    }
  }

  /**
   * The records in the bytes that have been read. It advances `offset`: read the offset of the first record before the call, and
   * do not await in between.
   * @param last whether no byte will follow: a last line without a newline is a record then
   */
  takeRecords(last: boolean): FileRecord[] {
    const bytes = this.#buffer.subarray(0, this.#end);
    if (this.offset === 0) this.#skipMark();
    const records: FileRecord[] = [];
    while (this.#start < this.#end) {
      const start = this.#start;
      let end = this.#decoder.end(bytes, start, last);
      if (end < 0 && this.#end - start <= this.#maxRecordBytes) break;
      if (end < 0 || end - start > this.#maxRecordBytes) end = this.#firstLine(bytes);
      const newline = this.#decoder.newline ?? NEWLINE;
      const record = {
        bytes: bytes.subarray(start, lineEnd(bytes, start, end, newline)),
        offset: this.offset,
        line: this.line,
      };
      this.#start = end;
      this.offset += end - start;
      this.line += countLines(bytes, start, end, newline);
      if (record.bytes.length === 0 && this.#decoder.skipsEmpty) continue;
      if (this.#begun || !this.#readFirst(record.bytes)) records.push(record);
    }
    return records;
  }

  /**
   * Checks whether the file has grown, and whether it is still the one that was read.
   * @throws {JobError} if it is shorter than what was read of it, or has other bytes there
   */
  async look(): Promise<void> {
    const before = this.#info;
    const info = this.#info = await this.#bytes.stat();
    const [size, place] = this.compressed ? [before.size, "its end"] : [this.readTo, `byte ${this.readTo}`];
    const left = `Cannot go on reading "${this.path}" at ${place}`;
    if (info.size < size) {
      throw new JobError(`${left}: it has ${info.size} bytes now, so it was cut or replaced; ${LOST}`);
    }
    if (this.compressed) {
      if (info.size === before.size) return;
      throw new JobError(
        `${left}: it has grown from ${before.size} to ${info.size} bytes; write compressed files as a whole under a name ` +
          'that begins with ".", and rename them',
      );
    }
    const head = this.#head.bytes.subarray(0, this.#head.length);
    const tail = tailBefore(this.#buffer.subarray(this.#end), this.readTo);
    const headNow = await this.#bytes.reread(0, head.length);
    const tailNow = await this.#bytes.reread(this.readTo - tail.length, tail.length);
    if (equal(head, headNow) && equal(tail, tailNow)) return;
    throw new JobError(`${left}: it has other bytes before that now, so it was cut or overwritten; ${LOST}`);
  }

  async close(): Promise<void> {
    await this.#bytes.close();
  }

  #markOf(bytes: Uint8Array, offset: number): FileMark {
    return { ...this.object, head: this.#head.before(offset), tail: printOf(tailBefore(bytes, offset)) };
  }

  /** Moves to an offset; if the file ends before it, to its end. */
  async #moveTo({ offset, line }: FileOffset): Promise<void> {
    if (offset === 0) return;
    while (!this.#begun && await this.fill(offset)) this.takeRecords(false);
    while (this.readTo < Math.min(offset, HEAD_BYTES) && await this.fill(offset)) this.#dropRead();
    this.#dropRead();
    const tail = offset - TAIL_BYTES;
    if (this.readTo < tail) {
      await this.#bytes.skipTo(tail);
      this.offset = tail;
      this.#start = this.#end = 0;
    }
    while (await this.fill(offset)) this.#dropRead();
    this.#dropRead();
    this.line = line;
  }

  /** Drops bytes that are not part of a new record. */
  #dropRead(): void {
    this.offset = this.readTo;
    this.#start = this.#end;
  }

  /** Makes room in a new buffer: records that were taken are views of the old one, so it cannot be reused. */
  #makeRoom(): void {
    const rest = this.#end - this.#start;
    if (this.#buffer.length - this.#end >= CHUNK_BYTES / 4) return;
    // Twice the rest, so that a long record is not scanned again for each chunk.
    const buffer = new Uint8Array(Math.max(CHUNK_BYTES, 2 * rest));
    const kept = Math.min(TAIL_BYTES, this.#start);
    buffer.set(this.#buffer.subarray(this.#start - kept, this.#end));
    this.#buffer = buffer;
    this.#start = kept;
    this.#end = kept + rest;
  }

  /** Skips a byte order mark. It contains no newline, so one that has not been read whole is found the next time. */
  #skipMark(): void {
    const bytes = this.#buffer.subarray(this.#start, this.#end);
    if (BYTE_ORDER_MARK.some((byte, index) => bytes[index] !== byte)) return;
    this.#start += BYTE_ORDER_MARK.length;
    this.offset = BYTE_ORDER_MARK.length;
  }

  /** @returns whether it was the header */
  #readFirst(bytes: Uint8Array): boolean {
    this.#begun = true;
    if (this.#decoder.header === undefined) return false;
    try {
      this.headerWarning = this.#decoder.header(bytes);
      this.#begun = this.#decoder.awaitsHeader !== true;
    } catch (error) {
      if (!(error instanceof RecordError)) throw error;
      throw new JobError(`Cannot read "${this.path}" by its header: ${error.message}`);
    }
    return true;
  }

  /** The first line of a record that is too long: its quote may never be closed, so the line is taken by itself. */
  #firstLine(bytes: Uint8Array): number {
    const end = bytes.indexOf(this.#decoder.newline ?? NEWLINE, this.#start) + 1;
    if (end > 0 && end - this.#start <= this.#maxRecordBytes) return end;
    throw new JobError(
      `Cannot read "${this.path}" line ${this.line}: it is longer than maxRecordBytes, which is ${this.#maxRecordBytes}; ` +
        "give the source a larger one",
    );
  }
}

const LOST = "lines may be lost: rotate it by renaming, or forget the job's commit with --reset";
