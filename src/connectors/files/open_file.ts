import { JobError, RecordError } from "../../engine/mod.ts";
import { fileError } from "./errors.ts";
import { type FileDecoder, NEWLINE } from "./format.ts";

/** A record as it lies in a file. The bytes are a view: read them, never change them. */
export interface FileRecord {
  /** Without its newline. */
  readonly bytes: Uint8Array;
  /** Of its first byte. */
  readonly offset: number;
  /** Of its first line, from 1. */
  readonly line: number;
}

/** A place in a file: the first byte that has not been read as a record. */
export interface FileOffset {
  readonly offset: number;
  /** From 1. */
  readonly line: number;
}

/** So much is read at a time. */
const CHUNK_BYTES = 1 << 17;
const CARRIAGE_RETURN = 0x0d;
/** Marks UTF-8 at the start of a file. */
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** A file being read: chunks of bytes in, records out. */
export class OpenFile implements FileOffset {
  readonly path: string;
  offset = 0;
  line = 1;
  /** Bytes, when it was opened. */
  size = 0;
  readonly #file: Deno.FsFile;
  readonly #decoder: FileDecoder<unknown>;
  readonly #maxRecordBytes: number;
  /** Bytes `#start` to `#end` have been read from the file and belong to no record yet; the first lies at `offset`. */
  #buffer = new Uint8Array(CHUNK_BYTES);
  #start = 0;
  #end = 0;
  #headed: boolean;

  /**
   * @param from begins there; if that is behind the header, the header is read all the same
   * @throws {JobError} if it can not be opened, or is shorter than that
   */
  static async open(
    path: string,
    decoder: FileDecoder<unknown>,
    maxRecordBytes: number,
    from: FileOffset,
  ): Promise<OpenFile> {
    try {
      const opened = new OpenFile(path, await Deno.open(path), decoder, maxRecordBytes);
      try {
        await opened.#moveTo(from);
        return opened;
      } catch (error) {
        opened.close();
        throw error;
      }
    } catch (error) {
      throw fileError("read", path, error);
    }
  }

  private constructor(path: string, file: Deno.FsFile, decoder: FileDecoder<unknown>, maxRecordBytes: number) {
    this.path = path;
    this.#file = file;
    this.#decoder = decoder;
    this.#maxRecordBytes = maxRecordBytes;
    this.#headed = decoder.header === undefined;
  }

  /** Whether bytes are left that are not a record yet: a last line without its newline. */
  get hasRest(): boolean {
    return this.#start < this.#end;
  }

  /** How far the file has been read. */
  get readTo(): number {
    return this.offset + this.#end - this.#start;
  }

  /**
   * Reads one chunk.
   * @param bound an offset not to read beyond
   * @returns false at the end, or what is the end for now
   */
  async fill(bound = Number.POSITIVE_INFINITY): Promise<boolean> {
    const left = bound - this.readTo;
    if (left <= 0) return false;
    this.#makeRoom();
    const room = this.#buffer.subarray(this.#end, Math.min(this.#end + left, this.#buffer.length));
    try {
      const read = await this.#file.read(room);
      this.#end += read ?? 0;
      return read !== null;
    } catch (error) {
      throw fileError("read", this.path, error);
    }
  }

  /**
   * What has been read, as records. It moves `offset` on, so whoever asks for both asks without waiting between.
   * @param last whether no byte will follow: a last line without its newline is a record then
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
      const record = { bytes: bytes.subarray(start, lineEnd(bytes, start, end)), offset: this.offset, line: this.line };
      this.#start = end;
      this.offset += end - start;
      this.line += countLines(bytes, start, end);
      if (record.bytes.length === 0 && this.#decoder.skipsEmpty) continue;
      if (this.#headed) records.push(record);
      else this.#readHeader(record.bytes);
    }
    return records;
  }

  close(): void {
    this.#file.close();
  }

  async #moveTo({ offset, line }: FileOffset): Promise<void> {
    const size = this.size = (await this.#file.stat()).size;
    if (offset === 0) return;
    if (size < offset) {
      throw new JobError(
        `Cannot go on reading "${this.path}" at byte ${offset}: it has ${size} bytes now (was it replaced?); ` +
          "forget the job's commit with --reset",
      );
    }
    while (!this.#headed && await this.fill(offset)) this.takeRecords(false);
    await this.#file.seek(offset, Deno.SeekMode.Start);
    this.#start = this.#end = 0;
    this.offset = offset;
    this.line = line;
  }

  /** Records that were given away are views into the buffer, so what is used up can not serve again. */
  #makeRoom(): void {
    const rest = this.#end - this.#start;
    if (this.#buffer.length - this.#end >= CHUNK_BYTES / 4) return;
    // Twice the rest: a long record is not gone through again for each chunk.
    const buffer = new Uint8Array(Math.max(CHUNK_BYTES, 2 * rest));
    buffer.set(this.#buffer.subarray(this.#start, this.#end));
    this.#buffer = buffer;
    this.#start = 0;
    this.#end = rest;
  }

  /** No record can end inside of the mark, so one that has not come whole is found the next time. */
  #skipMark(): void {
    const bytes = this.#buffer.subarray(this.#start, this.#end);
    if (BYTE_ORDER_MARK.some((byte, index) => bytes[index] !== byte)) return;
    this.#start += BYTE_ORDER_MARK.length;
    this.offset = BYTE_ORDER_MARK.length;
  }

  #readHeader(bytes: Uint8Array): void {
    try {
      this.#decoder.header!(bytes);
    } catch (error) {
      if (!(error instanceof RecordError)) throw error;
      throw new JobError(`Cannot read "${this.path}" by its header: ${error.message}`);
    }
    this.#headed = true;
  }

  /** A record that is too long may be one whose quote was never closed: the line that it begins with is taken alone. */
  #firstLine(bytes: Uint8Array): number {
    const end = bytes.indexOf(NEWLINE, this.#start) + 1;
    if (end > 0 && end - this.#start <= this.#maxRecordBytes) return end;
    throw new JobError(
      `Cannot read "${this.path}" line ${this.line}: it is longer than maxRecordBytes, which is ${this.#maxRecordBytes}; ` +
        "give the source a larger one",
    );
  }
}

/** Where the line's text ends. */
function lineEnd(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[end - 1] !== NEWLINE) return end;
  return end - 2 >= start && bytes[end - 2] === CARRIAGE_RETURN ? end - 2 : end - 1;
}

function countLines(bytes: Uint8Array, start: number, end: number): number {
  let lines = 0;
  for (let i = bytes.indexOf(NEWLINE, start); i >= 0 && i < end; i = bytes.indexOf(NEWLINE, i + 1)) {
    lines++;
    if (i + 1 === end) break;
  }
  return lines;
}
