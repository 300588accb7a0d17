import type { Json } from "../../engine/mod.ts";
import type { FileMark, FileObject } from "./file_mark.ts";

/** A place in a file: the first byte that has not been read as a record. */
export interface FileOffset {
  /** In bytes; of a compressed file in its text. */
  readonly offset: number;
  /** The number of the line, from 1. */
  readonly line: number;
}

/** A file, and which files were read before it. */
export interface FilePlace {
  /** Relative to the directory; of a rotated file its name before that. */
  readonly name: string;
  /** The last files that were read before it, oldest first; at most 100. */
  readonly done: readonly string[];
  /** What identifies each file in `done`; null for those that a commit of an earlier version has named. */
  readonly doneIds: readonly Json[];
  /** How many files were read before those. */
  readonly doneBefore: number;
}

/** The position of a file source in a commit. */
export interface FilePosition extends FileOffset {
  readonly file: string;
  /** Missing in commits of earlier versions: then the name alone counts. */
  readonly id?: FileMark;
  /** Whether the file was read to its end as far as is known: then it may be gone. */
  readonly atEnd?: true;
  readonly done: readonly string[];
  readonly doneIds?: readonly Json[];
  readonly doneBefore: number;
}

/** Where a bounded run ends; part of its first commit. */
export interface Bound {
  readonly file: string;
  /** Null: the end of a compressed file. */
  readonly offset: number | null;
  /** Missing in bounds of earlier versions. */
  readonly id?: FileObject;
}

/** The position at an offset of a file, as a commit holds it. */
export function positionOf(
  { name, done, doneIds, doneBefore }: FilePlace,
  { offset, line }: FileOffset,
  { id, atEnd }: { readonly id: FileMark; readonly atEnd: boolean },
): Json {
  const place = { file: name, offset, line, id: { ...id }, done, doneIds, doneBefore };
  return atEnd ? { ...place, atEnd } : place;
}
