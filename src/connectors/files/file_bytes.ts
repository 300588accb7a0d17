import { getBuiltinModule } from "node:process";
import { JobError } from "../../engine/mod.ts";
import { fileError } from "./errors.ts";

/** The bytes of an open file in sequence, decompressed if it is gzip. */
export interface FileBytes {
  readonly path: string;
  /** Whether offsets count decompressed bytes. */
  readonly compressed: boolean;
  /** How many bytes of the file itself have been read. */
  readonly rawRead: number;
  /** @returns how many bytes were read, at least one; null at the end */
  read(into: Uint8Array): Promise<number | null>;
  /** Moves forward to an offset. */
  skipTo(offset: number): Promise<void>;
  /** Reads bytes again that have been read already; fewer if the file has become shorter. */
  reread(offset: number, length: number): Promise<Uint8Array>;
  stat(): Promise<Deno.FileInfo>;
  close(): Promise<void>;
}

/** First bytes of files that are not text, and what to do about it. */
const NO_TEXT: readonly (readonly [name: string, first: readonly number[], remedy: string])[] = [
  ["UTF-16 text", [0xff, 0xfe], "save it as UTF-8"],
  ["UTF-16 text", [0xfe, 0xff], "save it as UTF-8"],
  ["a zip archive", [0x50, 0x4b, 0x03, 0x04], "unpack it"],
  ["compressed with zstd", [0x28, 0xb5, 0x2f, 0xfd], "decompress it, or use gzip"],
  ["compressed with xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a], "decompress it, or use gzip"],
  ["compressed with bzip2", [0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59], "decompress it, or use gzip"],
];
const GZIP = [0x1f, 0x8b];
/** How many bytes of a compressed file are read at a time. */
const COMPRESSED_CHUNK_BYTES = 1 << 16;

/**
 * Opens a file as gzip or as text, by its first bytes. An empty file is opened by its name.
 * @throws {JobError} if it cannot be opened, or is not text
 */
export async function openBytes(path: string): Promise<FileBytes> {
  try {
    const file = await Deno.open(path);
    try {
      const first = await readAt(file, 0, 8);
      for (const [name, bytes, remedy] of NO_TEXT) {
        if (startsWith(first, bytes)) {
          throw new JobError(`Cannot read "${path}": it is ${name}, not UTF-8 text; ${remedy}`);
        }
      }
      await file.seek(0, Deno.SeekMode.Start);
      const compressed = startsWith(first, GZIP) || first.length < GZIP.length && path.endsWith(".gz");
      return compressed ? new GzipBytes(path, file) : new PlainBytes(path, file);
    } catch (error) {
      file.close();
      throw error;
    }
  } catch (error) {
    throw fileError("read", path, error);
  }
}

class PlainBytes implements FileBytes {
  readonly path: string;
  readonly compressed = false;
  rawRead = 0;
  readonly #file: Deno.FsFile;

  constructor(path: string, file: Deno.FsFile) {
    this.path = path;
    this.#file = file;
  }

  async read(into: Uint8Array): Promise<number | null> {
    const read = await this.#file.read(into);
    this.rawRead += read ?? 0;
    return read;
  }

  async skipTo(offset: number): Promise<void> {
    this.rawRead = await this.#file.seek(offset, Deno.SeekMode.Start);
  }

  async reread(offset: number, length: number): Promise<Uint8Array> {
    const bytes = await readAt(this.#file, offset, length);
    await this.#file.seek(this.rawRead, Deno.SeekMode.Start);
    return bytes;
  }

  stat(): Promise<Deno.FileInfo> {
    return this.#file.stat();
  }

  close(): Promise<void> {
    this.#file.close();
    return Promise.resolve();
  }
}

/** A file of one or several gzip members. If it is cut off, reading fails. */
class GzipBytes implements FileBytes {
  readonly path: string;
  readonly compressed = true;
  rawRead = 0;
  readonly #file: Deno.FsFile;
  readonly #text: AsyncIterator<Uint8Array>;
  readonly #close: () => Promise<void>;
  #chunk = new Uint8Array(0);
  #offset = 0;

  constructor(path: string, file: Deno.FsFile) {
    this.path = path;
    this.#file = file;
    // Loaded when they are needed: they take as long as all else that a job loads.
    const raw = getBuiltinModule("node:stream").Readable.from(this.#raw());
    const gunzip = getBuiltinModule("node:zlib").createGunzip();
    raw.on("error", (error) => gunzip.destroy(error));
    raw.pipe(gunzip);
    this.#text = gunzip[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    this.#close = async () => {
      gunzip.destroy();
      // A read that has begun ends before the file is closed.
      if (!raw.closed) await new Promise<void>((resolve) => raw.once("close", resolve).destroy());
      file.close();
    };
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#chunk.length === 0) {
      const next = await this.#next();
      if (next === undefined) return null;
      this.#chunk = next;
    }
    const read = Math.min(this.#chunk.length, into.length);
    into.set(this.#chunk.subarray(0, read));
    this.#chunk = this.#chunk.subarray(read);
    this.#offset += read;
    return read;
  }

  /** Decompresses all bytes before the offset. */
  async skipTo(offset: number): Promise<void> {
    const waste = new Uint8Array(COMPRESSED_CHUNK_BYTES);
    while (this.#offset < offset) {
      if (await this.read(waste.subarray(0, offset - this.#offset)) === null) return;
    }
  }

  reread(): Promise<Uint8Array> {
    throw new Error("What was decompressed is not kept");
  }

  stat(): Promise<Deno.FileInfo> {
    return this.#file.stat();
  }

  close(): Promise<void> {
    return this.#close();
  }

  async #next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      const { value, done } = await this.#text.next();
      return done ? undefined : new Uint8Array(value);
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      if (!code?.startsWith("Z_")) throw error;
      const what = code === "Z_BUF_ERROR"
        ? 'its gzip data are cut off; was it still being written? Write it under a name that begins with ".", and rename it'
        : `its gzip data are corrupt (${message})`;
      throw new JobError(`Cannot read "${this.path}" behind byte ${this.#offset} of its text: ${what}`, {
        cause: error,
      });
    }
  }

  async *#raw(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = new Uint8Array(COMPRESSED_CHUNK_BYTES);
      const read = await this.#file.read(chunk);
      if (read === null) return;
      this.rawRead += read;
      yield chunk.subarray(0, read);
    }
  }
}

async function readAt(file: Deno.FsFile, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  await file.seek(offset, Deno.SeekMode.Start);
  let filled = 0;
  while (filled < length) {
    const read = await file.read(bytes.subarray(filled));
    if (read === null) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}

function startsWith(bytes: Uint8Array, first: readonly number[]): boolean {
  return first.every((byte, index) => bytes[index] === byte);
}
