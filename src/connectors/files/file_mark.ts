import { createHash } from "node:crypto";
import type { Json } from "../../engine/mod.ts";

/**
 * What the file system calls a file, whatever its name is. On Windows there are no inodes, some file systems know no time of
 * birth: those are null. A deleted file's inode may serve again at once; the time of birth tells the two apart.
 */
export interface FileObject {
  readonly dev: number | null;
  readonly ino: number | null;
  readonly bornMs: number | null;
}

/** So many bytes, and their hash. */
export type Print = readonly [bytes: number, hash: string];

/** By what a file is known again at a place in it: its object, its first bytes, and those right before the place. */
export interface FileMark extends FileObject {
  /** Of the first {@link HEAD_BYTES}, or of all that lie before the place. */
  readonly head: Print;
  /** Of the {@link TAIL_BYTES} before the place, or of all. */
  readonly tail: Print;
}

/** By what a file that was read to its end is known again. */
export interface DoneFile extends FileObject {
  /** Bytes of text that were read. */
  readonly size: number;
  readonly head: Print;
}

/** The hash of a file's beginning covers so many bytes. */
export const HEAD_BYTES = 1024;
/** That of the bytes before a place covers so many. */
export const TAIL_BYTES = 256;

/** What the file system tells of a file's object. */
export function objectOf({ dev, ino, birthtime }: Deno.FileInfo): FileObject {
  return { dev: dev ?? null, ino: ino ?? null, bornMs: birthtime?.getTime() ?? null };
}

/** Whether both are one object, as far as the file system tells: without inodes by the time of birth alone. */
export function isSame(one: FileObject, other: FileObject): boolean {
  if (one.ino !== other.ino || one.dev !== other.dev) return false;
  return one.bornMs === other.bornMs || one.ino !== null && (one.bornMs === null || other.bornMs === null);
}

/** The hash of some bytes. */
export function printOf(bytes: Uint8Array): Print {
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

  /** Takes bytes that were read at `offset`. */
  add(bytes: Uint8Array, offset: number): void {
    if (offset !== this.length || this.length === HEAD_BYTES) return;
    const part = bytes.subarray(0, HEAD_BYTES - offset);
    this.bytes.set(part, offset);
    this.length += part.length;
  }

  /** The print of what lies before `offset`, which has been read. */
  before(offset: number): Print {
    if (offset < HEAD_BYTES) return printOf(this.bytes.subarray(0, offset));
    return this.#full ??= printOf(this.bytes);
  }
}

/** The bytes that lie before a view of a buffer, as far as the buffer has them; at most {@link TAIL_BYTES}. */
export function tailBefore({ buffer, byteOffset }: Uint8Array, offset: number): Uint8Array {
  const length = Math.min(TAIL_BYTES, offset, byteOffset);
  return new Uint8Array(buffer, byteOffset - length, length);
}

/** Short, as a commit holds a hundred of them: `[dev, ino, bornMs, size, bytes of head, hash]`. */
export function doneToJson({ dev, ino, bornMs, size, head }: DoneFile): Json {
  return [dev, ino, bornMs, size, ...head];
}

/** See {@link doneToJson}; commits of before have nothing there. */
export function doneFromJson(json: Json | undefined): DoneFile | undefined {
  if (!Array.isArray(json)) return undefined;
  const [dev, ino, bornMs, size, bytes, hash] = json as [number, number, number, number, number, string];
  return { dev, ino, bornMs, size, head: [bytes, hash] };
}
