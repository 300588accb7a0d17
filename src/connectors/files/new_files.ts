import type { DoneFile, FileMark, FileObject } from "./file_mark.ts";
import { isSame, objectOf } from "./file_mark.ts";
import type { FileOffset } from "./file_position.ts";
import { holdsMark, infoOf } from "./find_file.ts";
import type { ReadFiles } from "./read_files.ts";
import { newerOnes } from "./rotation.ts";
import type { FoundFile, Surroundings } from "./surroundings.ts";

/** The current file, when it has been read to its end as far as is known. */
export interface AtWork extends FileOffset {
  /** Undefined after a commit of an earlier version. */
  readonly mark: FileMark | undefined;
  /** Undefined while the file is not open. */
  readonly done: DoneFile | undefined;
  /** When it was last written to. */
  readonly writtenMs: number;
}

/** A file that is still to be read. */
export interface NextFile {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly object: FileObject;
}

/** The file that is being read, as far as it matters for finding others. */
export interface CurrentFile {
  /** Undefined before the first file. */
  readonly name: string | undefined;
  readonly object: FileObject;
  readonly atWork: AtWork | undefined;
}

/** Finds files that have not been read: those that rotation has put behind the current one, and new ones of a directory. */
export class NewFiles {
  readonly #around: Surroundings;
  readonly #read: ReadFiles;
  /** All names that were seen, those of late files included. */
  readonly known = new Set<string>();

  constructor(around: Surroundings, read: ReadFiles) {
    this.#around = around;
    this.#read = read;
  }

  /** The file that has taken the name of the current one, and those that were rotated in between. */
  async successors(current: CurrentFile): Promise<NextFile[]> {
    const { name, atWork } = current;
    if (name === undefined) return [];
    const path = this.#around.pathOf(name);
    const info = await infoOf(path);
    const live = info === undefined ? undefined : { path, info };
    if (live !== undefined && await isCurrent(live, current)) return [];
    const between: FoundFile[] = [];
    let ours: string | undefined;
    // Without the file it is not known which others were written later.
    for (const file of atWork === undefined ? [] : await this.#around.rotationsOf(name)) {
      if (await isCurrent(file, current)) ours = file.path;
      else if (file.info.size > 0 && !await this.#read.include(file, atWork?.done)) between.push(file);
    }
    const read = { path: ours, writtenMs: atWork?.writtenMs ?? 0 };
    const successors = newerOnes(between, read, this.#around.baseOf(name));
    if (live !== undefined && !await this.#read.include(live, atWork?.done)) successors.push(live);
    return successors.map((file) => nextFile(name, file));
  }

  /** New files of a directory that sort behind the current one. */
  async news(current: CurrentFile): Promise<NextFile[]> {
    const around = this.#around;
    const { name: currentName, atWork } = current;
    if (!around.isDirectory && currentName !== undefined) return [];
    const news: NextFile[] = [];
    const late: string[] = [];
    const seen = new Set<string>();
    for (const name of await around.names()) {
      if (this.known.has(name)) continue;
      const path = around.pathOf(name);
      const info = await infoOf(path);
      if (info === undefined) continue;
      const inode = `${info.dev}:${info.ino}`;
      const again = info.ino !== null && seen.has(inode) || await isCurrent({ path, info }, current) ||
        await this.#read.include({ path, info }, atWork?.done);
      seen.add(inode);
      if (again) this.known.add(name);
      else if (currentName === undefined || name > currentName) news.push(nextFile(name, { path, info }));
      else late.push(name);
    }
    if (currentName !== undefined) this.#read.warnOfLate(late, currentName);
    for (const name of late) this.known.add(name);
    return news;
  }
}

/** Whether a file is the current one, under any name. */
export async function isCurrent({ path, info }: FoundFile, current: CurrentFile): Promise<boolean> {
  const { name, object, atWork } = current;
  if (name === undefined || !isSame(objectOf(info), object)) return false;
  // Without inodes its bytes decide.
  return info.ino !== null || atWork?.mark === undefined || await holdsMark(path, atWork.mark, atWork.offset);
}

function nextFile(name: string, { path, info }: FoundFile): NextFile {
  return { name, path, bytes: info.size, object: objectOf(info) };
}
