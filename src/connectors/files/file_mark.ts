import { getBuiltinModule } from "node:process";
import type { Json } from "../../engine/mod.ts";

/**
 * The identity of a file in the file system, whatever its name is. Null where it is missing: Windows has no inodes, some file
 * systems no time of birth. A deleted file's inode may be used again at once; the time of birth tells the two files apart.
 */
export interface FileObject {
  readonly dev: number | null;
  readonly ino: number | null;
  readonly bornMs: number | null;
}

/** A number of bytes, and their hash. */
export type Print = readonly [bytes: number, hash: string];

/** What identifies a file at a position in it: its object, its first bytes, and the bytes right before the position. */
export interface FileMark extends FileObject {
  /** The print of the first {@link HEAD_BYTES}, or of all bytes before the position. */
  readonly head: Print;
  /** The print of the {@link TAIL_BYTES} before the position, or of all bytes before it. */
  readonly tail: Print;
}

/** What identifies a file that was read to its end. */
export interface DoneFile extends FileObject {
  /** Bytes of text that were read. */
  readonly size: number;
  readonly head: Print;
}

/** How many bytes the hash of a file's beginning covers. */
export const HEAD_BYTES = 1024;
/** How many bytes the hash of the bytes before a position covers. */
export const TAIL_BYTES = 256;

/** The identity of a file by what the file system knows of it. */
export function objectOf({ dev, ino, birthtime }: Deno.FileInfo): FileObject {
  return { dev: dev ?? null, ino: ino ?? null, bornMs: birthtime?.getTime() ?? null };
}

/** Whether both are the same file as far as the file system knows: without inodes by the time of birth alone. */
export function isSame(one: FileObject, other: FileObject): boolean {
  if (one.ino !== other.ino || one.dev !== other.dev) return false;
  return one.bornMs === other.bornMs || one.ino !== null && (one.bornMs === null || other.bornMs === null);
}

/** The hash of some bytes. */
export function printOf(bytes: Uint8Array): Print {
  // Loaded when it is needed, and not by each job that reads no file: it takes longer than the rest of the package.
  const { createHash } = getBuiltinModule("node:crypto");
  return [bytes.length, createHash("sha256").update(bytes).digest("base64url").slice(0, 22)];
}

/** Whether a file's bytes begin with those. */
export function isPrintOf([length, hash]: Print, bytes: Uint8Array): boolean {
  return bytes.length >= length && printOf(bytes.subarray(0, length))[1] === hash;
}

/** The beginning of a file that is being read, as far as it has been read. */
export class FileHead {
  readonly bytes = new Uint8Array(HEAD_BYTES);
  length = 0;
  #full: Print | undefined;

  /** Adds bytes that were read at `offset`. */
  add(bytes: Uint8Array, offset: number): void {
    if (offset !== this.length || this.length === HEAD_BYTES) return;
    const part = bytes.subarray(0, HEAD_BYTES - offset);
    this.bytes.set(part, offset);
    this.length += part.length;
  }

  /** The print of the bytes before `offset`, which must have been read. */
  before(offset: number): Print {
    if (offset < HEAD_BYTES) return printOf(this.bytes.subarray(0, offset));
    return this.#full ??= printOf(this.bytes);
  }
}

/** The bytes before a view of a buffer, as far as the buffer has them; at most {@link TAIL_BYTES}. */
export function tailBefore({ buffer, byteOffset }: Uint8Array, offset: number): Uint8Array {
  const length = Math.min(TAIL_BYTES, offset, byteOffset);
  return new Uint8Array(buffer, byteOffset - length, length);
}

/** Short, as a commit holds a hundred of them: `[dev, ino, bornMs, size, bytes of head, hash]`. */
export function doneToJson({ dev, ino, bornMs, size, head }: DoneFile): Json {
  return [dev, ino, bornMs, size, ...head];
}

/** From `[dev, ino, bornMs, size, bytes of head, hash]`, which commits of earlier versions lack. */
export function doneFromJson(json: Json | undefined): DoneFile | undefined {
  if (!Array.isArray(json)) return undefined;
  const [dev, ino, bornMs, size, bytes, hash] = json as [number, number, number, number, number, string];
  return { dev, ino, bornMs, size, head: [bytes, hash] };
}
