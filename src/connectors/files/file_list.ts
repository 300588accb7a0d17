import type { Json, Logger } from "../../engine/mod.ts";
import { openBytes } from "./file_bytes.ts";
import { type DoneFile, doneToJson, type FileMark, type FileObject, isSame, objectOf, printOf } from "./file_mark.ts";
import { type Bound, type FileOffset, type FilePlace, type FilePosition, positionOf } from "./file_position.ts";
import { holdsMark, infoOf } from "./find_file.ts";
import { ReadFiles } from "./read_files.ts";
import { findRestored } from "./restored_file.ts";
import { newerOnes } from "./rotation.ts";
import { type FoundFile, Surroundings } from "./surroundings.ts";

/** The file at work, read to its end as far as is known. */
export interface AtWork extends FileOffset {
  /** Undefined: a commit of before said nothing. */
  readonly mark: FileMark | undefined;
  /** Undefined while it is not open. */
  readonly done: DoneFile | undefined;
  /** When it was last written to. */
  readonly writtenMs: number;
}

/** A file that is still to be read. */
interface NextFile {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly object: FileObject;
}

/** How {@link FileList.look} looks. */
export interface Look {
  /** Left out: what a commit left off at. */
  readonly atWork?: AtWork;
  /** Files behind that one are left out. */
  readonly last?: Bound | null;
  /** Whether a file is given up for its successor only at the second look: its writer may still be at it. */
  readonly patient?: boolean;
}

/** So many names of files that were read are kept in the commit: among them a file is known again by name and object. */
const REMEMBERED = 100;
const NOBODY: FileObject = { dev: null, ino: null, bornMs: null };

/**
 * The files of a source in the order in which they are read, that of their names. A file that was renamed is still the same
 * one; what took its name comes next.
 *
 * A file whose name sorts before the one at work came too late: it is told once, not read.
 */
export class FileList {
  readonly #around: Surroundings;
  readonly #logger: Logger;
  readonly #read: ReadFiles;
  /** All names that were seen, late ones included. */
  readonly #known = new Set<string>();
  #upcoming: NextFile[] = [];
  #nextIndex = 0;
  #bytesAhead = 0;
  #current: FilePlace | undefined;
  #currentPath = "";
  #currentObject: FileObject = NOBODY;
  /** As a commit left it, while it is not open. */
  #restored: AtWork | undefined;
  /** Looks in a row at which another file had taken the name of the one at work. */
  #successions = 0;

  /** The files around, none of which has been looked at. */
  constructor(around: Surroundings, logger: Logger) {
    this.#around = around;
    this.#logger = logger;
    this.#read = new ReadFiles(around, logger);
  }

  get current(): FilePlace | undefined {
    return this.#current;
  }

  /** Where the file at work lies. */
  get currentPath(): string {
    return this.#currentPath;
  }

  /** What the file at work was when it was seen. */
  get currentObject(): FileObject {
    return this.#currentObject;
  }

  get hasNext(): boolean {
    return this.#nextIndex < this.#upcoming.length;
  }

  /** Of files behind the one at work, as of the last look. */
  get bytesAhead(): number {
    return this.#bytesAhead;
  }

  /** The place of a single file before anything of it is read: a restart finds it again though it was rotated. */
  get start(): Json {
    const [first] = this.#upcoming;
    if (this.#around.isDirectory || this.#current !== undefined || first === undefined) return null;
    const nothing = printOf(new Uint8Array(0));
    const id = { ...first.object, head: nothing, tail: nothing };
    return positionOf(firstPlace(first.name), { offset: 0, line: 1 }, { id, atEnd: first.bytes === 0 });
  }

  /** The last file that is there, and its length. */
  async end(): Promise<Bound | null> {
    const next = this.#upcoming.at(-1);
    const file = next?.name ?? this.#current?.name;
    if (file === undefined) return null;
    const path = next?.path ?? this.#currentPath;
    const info = await infoOf(path);
    if (info === undefined) return { file, offset: 0 };
    const bytes = await openBytes(path);
    await bytes.close();
    return { file, offset: bytes.compressed ? null : info.size, id: objectOf(info) };
  }

  /** Whether that file is at work or still to come. */
  holds({ file, id }: Bound): boolean {
    return [{ name: this.#current?.name, object: this.#currentObject }, ...this.#upcoming]
      .some(({ name, object }) => id === undefined || id.ino === null ? name === file : isSame(object, id));
  }

  /**
   * Takes up where a commit left off; called before the first look.
   * @returns whether the file is still there, under its name or another
   * @throws {JobError} if it is gone, and was not read to its end, or if another one is there in its place
   */
  async restore(position: FilePosition): Promise<boolean> {
    const { file, id, offset, line, done, doneBefore, doneIds = done.map(() => null) } = position;
    this.#goTo({ name: file, done, doneIds, doneBefore }, this.#around.pathOf(file), id ?? NOBODY);
    if (this.#around.isDirectory) await this.#restoreNames(position);
    this.#known.add(file);
    const path = await findRestored(position, this.#around, this.#logger);
    const info = path === undefined ? undefined : await infoOf(path);
    if (path === undefined || info === undefined) return false;
    this.#currentPath = path;
    this.#currentObject = objectOf(info);
    this.#restored = { mark: id, done: undefined, offset, line, writtenMs: info.mtime?.getTime() ?? 0 };
    return true;
  }

  /** Looks for files that have come, when all are read that were there. */
  async look({ atWork = this.#restored, last, patient = false }: Look): Promise<void> {
    const successors = await this.#successors(atWork);
    const news = await this.#news(atWork);
    if (this.#current !== undefined) {
      await this.#read.check(this.#current, (file) => this.#isCurrent(file, atWork));
    }
    if (patient && !this.#isOver(successors, news)) return;
    if (successors.length + news.length === 0) return;
    this.#upcoming = upTo(last, this.#currentObject, [...successors, ...news]);
    this.#nextIndex = 0;
    this.#bytesAhead = this.#upcoming.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { name } of this.#upcoming) this.#known.add(name);
  }

  /** The file at work has grown, so a successor of it waits. */
  goesOn(): void {
    this.#successions = 0;
  }

  /** Moves on to the next file. */
  advance(finished: DoneFile | undefined): void {
    const { name, path, bytes, object } = this.#upcoming[this.#nextIndex++]!;
    const before = this.#current;
    this.#bytesAhead -= bytes;
    this.#restored = undefined;
    this.#successions = 0;
    if (before === undefined) return this.#goTo(firstPlace(name), path, object);
    const done = [...before.done, before.name];
    const doneIds = [...before.doneIds, finished === undefined ? null : doneToJson(finished)];
    const forgotten = Math.max(0, done.length - REMEMBERED);
    const doneBefore = before.doneBefore + forgotten;
    this.#goTo({ name, done: done.slice(forgotten), doneIds: doneIds.slice(forgotten), doneBefore }, path, object);
  }

  /**
   * Looks where the file at work is, as it is not where it was.
   * @returns whether it was renamed
   */
  async relocate(): Promise<boolean> {
    for (const path of await this.#around.beside(this.#current!.name)) {
      const info = path === this.#currentPath ? undefined : await infoOf(path);
      if (info === undefined || !isSame(objectOf(info), this.#currentObject)) continue;
      this.#currentPath = path;
      return true;
    }
    return false;
  }

  /** Takes another file for the one at work, which has not been read. */
  replace(object: FileObject): void {
    this.#currentObject = object;
    if (this.#upcoming[this.#nextIndex - 1]?.bytes === 0) return;
    this.#logger.warn(
      `"${this.#currentPath}" is another file than a moment ago: that one was removed before it was read`,
    );
  }

  #goTo(place: FilePlace, path: string, object: FileObject): void {
    this.#current = this.#read.place = place;
    this.#currentPath = path;
    this.#currentObject = object;
  }

  /** Those that lie before the place of the commit: read, or late. */
  async #restoreNames({ file, done, doneBefore, id }: FilePosition): Promise<void> {
    const around = this.#around;
    const before = (await around.names()).filter((name) => name < file);
    const oldest = doneBefore === 0 ? "" : done[0]!;
    const unread: string[] = [];
    for (const name of before.filter((name) => name >= oldest && !done.includes(name))) {
      const path = around.pathOf(name);
      const info = await infoOf(path);
      if (info === undefined || id !== undefined && isSame(objectOf(info), id)) continue;
      if (!await this.#read.include({ path, info })) unread.push(name);
    }
    this.#read.tellLate(unread, file);
    const far = before.filter((name) => name < oldest).length;
    if (far > doneBefore) {
      this.#logger.warn(
        `${
          far - doneBefore
        } of ${far} files in "${around.path}" that sort before "${oldest}" came late and are not read; ` +
          `give them names that sort after "${file}"`,
      );
    }
    for (const name of before) this.#known.add(name);
    this.#current = { ...this.#current!, doneBefore: Math.min(doneBefore, far) };
  }

  /** What has taken the name of the file at work, and what was in between. */
  async #successors(atWork: AtWork | undefined): Promise<NextFile[]> {
    if (this.#current === undefined) return [];
    const { name } = this.#current;
    const path = this.#around.pathOf(name);
    const info = await infoOf(path);
    const live = info === undefined ? undefined : { path, info };
    if (live !== undefined && await this.#isCurrent(live, atWork)) return [];
    const between: FoundFile[] = [];
    let ours: string | undefined;
    // Without the file there is no telling which others were written later.
    for (const file of atWork === undefined ? [] : await this.#around.rotationsOf(name)) {
      if (await this.#isCurrent(file, atWork)) ours = file.path;
      else if (file.info.size > 0 && !await this.#read.include(file, atWork?.done)) between.push(file);
    }
    const read = { path: ours, writtenMs: atWork?.writtenMs ?? 0 };
    const successors = newerOnes(between, read, this.#around.baseOf(name));
    if (live !== undefined && !await this.#read.include(live, atWork?.done)) successors.push(live);
    return successors.map((file) => nextFile(name, file));
  }

  /** Files of a directory that were not seen before and sort behind the one at work. */
  async #news(atWork: AtWork | undefined): Promise<NextFile[]> {
    const around = this.#around;
    const current = this.#current?.name;
    if (!around.isDirectory && current !== undefined) return [];
    const news: NextFile[] = [];
    const late: string[] = [];
    const seen = new Set<string>();
    for (const name of await around.names()) {
      if (this.#known.has(name)) continue;
      const path = around.pathOf(name);
      const info = await infoOf(path);
      if (info === undefined) continue;
      const inode = `${info.dev}:${info.ino}`;
      const again = info.ino !== null && seen.has(inode) || await this.#isCurrent({ path, info }, atWork) ||
        await this.#read.include({ path, info }, atWork?.done);
      seen.add(inode);
      if (again) this.#known.add(name);
      else if (current === undefined || name > current) news.push(nextFile(name, { path, info }));
      else late.push(name);
    }
    if (current !== undefined) this.#read.tellLate(late, current);
    for (const name of late) this.#known.add(name);
    return news;
  }

  /** Whether all is read of the file at work, so that those behind it may come. */
  #isOver(successors: readonly NextFile[], news: readonly NextFile[]): boolean {
    if (successors.length === 0) return true;
    // A log's writer goes on with the old file until it has opened the new one, which may be there and empty.
    if (news.length === 0 && successors.every(({ bytes }) => bytes === 0)) return false;
    return this.#successions++ > 0;
  }

  /** Whether a file is the one at work, under whatever name. */
  async #isCurrent({ path, info }: FoundFile, atWork: AtWork | undefined): Promise<boolean> {
    if (this.#current === undefined || !isSame(objectOf(info), this.#currentObject)) return false;
    // Without inodes its bytes say it.
    return info.ino !== null || atWork?.mark === undefined || await holdsMark(path, atWork.mark, atWork.offset);
  }
}

function firstPlace(name: string): FilePlace {
  return { name, done: [], doneIds: [], doneBefore: 0 };
}

function nextFile(name: string, { path, info }: FoundFile): NextFile {
  return { name, path, bytes: info.size, object: objectOf(info) };
}

/** Of the files to come those up to the last one of a run. */
function upTo(last: Bound | null | undefined, current: FileObject, files: readonly NextFile[]): NextFile[] {
  if (last === undefined) return [...files];
  if (last === null) return [];
  const { file, id } = last;
  if (id === undefined || id.ino === null) return files.filter(({ name }) => name <= file);
  if (isSame(current, id)) return [];
  const index = files.findIndex(({ object }) => isSame(object, id));
  return files.slice(0, index + 1);
}
