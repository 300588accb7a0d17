import type { Json } from "../../engine/mod.ts";
import type { FileMark, FileObject } from "./file_mark.ts";

/** A place in a file: the first byte that has not been read as a record. */
export interface FileOffset {
  /** Of a compressed file: in its text. */
  readonly offset: number;
  /** From 1. */
  readonly line: number;
}

/** A file in the order of reading, and those before it. */
export interface FilePlace {
  /** Relative to the directory; of a file that was rotated the name that it had before. */
  readonly name: string;
  /** The last files that were read before it, oldest first; at most 100. */
  readonly done: readonly string[];
  /** By what those are known again, see `doneToJson()`; null where a commit of before did not say. */
  readonly doneIds: readonly Json[];
  /** How many were read before those. */
  readonly doneBefore: number;
}

/** What a commit holds. */
export interface FilePosition extends FileOffset {
  readonly file: string;
  /** Commits of before have none: then the name alone counts. */
  readonly id?: FileMark;
  /** Whether it was read to its end, as far as is known: then it may be gone. */
  readonly atEnd?: true;
  readonly done: readonly string[];
  readonly doneIds?: readonly Json[];
  readonly doneBefore: number;
}

/** Where a run ends; goes into its first commit. */
export interface Bound {
  readonly file: string;
  /** Null: the whole of a compressed file. */
  readonly offset: number | null;
  /** Bounds of before have none. */
  readonly id?: FileObject;
}

/** See {@link FilePosition}. */
export function positionOf(
  { name, done, doneIds, doneBefore }: FilePlace,
  { offset, line }: FileOffset,
  { id, atEnd }: { readonly id: FileMark; readonly atEnd: boolean },
): Json {
  const place = { file: name, offset, line, id: { ...id }, done, doneIds, doneBefore };
  return atEnd ? { ...place, atEnd } : place;
}
