import type { Json, Logger } from "../../engine/mod.ts";
import { openBytes } from "./file_bytes.ts";
import { type DoneFile, doneToJson, type FileObject, isSame, objectOf, printOf } from "./file_mark.ts";
import { type Bound, type FilePlace, type FilePosition, positionOf } from "./file_position.ts";
import { infoOf } from "./find_file.ts";
import { type AtWork, isCurrent, NewFiles, type NextFile } from "./new_files.ts";
import { ReadFiles } from "./read_files.ts";
import { findRestored } from "./restored_file.ts";
import type { Surroundings } from "./surroundings.ts";

/** Options of {@link FileList.look}. */
export interface Look {
  /** The current file; left out: that of the last commit. */
  readonly atWork?: AtWork;
  /** The last file to read; files behind it are left out. */
  readonly last?: Bound | null;
  /** Whether the current file is left for its successor only at the second look: its writer may still append to it. */
  readonly patient?: boolean;
}

/** How many names of files that were read are kept in the commit, to recognise those files by name and object. */
const REMEMBERED = 100;
const NOBODY: FileObject = { dev: null, ino: null, bornMs: null };

/**
 * The files of a source in the order in which they are read, that of their names. A file that is renamed is still the same file;
 * the file that took its name comes next.
 *
 * A new file whose name sorts before the current one is late: that is logged once, and it is not read.
 */
export class FileList {
  readonly #around: Surroundings;
  readonly #logger: Logger;
  readonly #read: ReadFiles;
  readonly #newFiles: NewFiles;
  #upcoming: NextFile[] = [];
  #nextIndex = 0;
  #bytesAhead = 0;
  #current: FilePlace | undefined;
  #currentPath = "";
  #currentObject: FileObject = NOBODY;
  /** The current file of the last commit, until it is opened. */
  #restored: AtWork | undefined;
  /** How many looks in a row have found another file under the name of the current one. */
  #successions = 0;

  /** The files around; the first look is still to come. */
  constructor(around: Surroundings, logger: Logger) {
    this.#around = around;
    this.#logger = logger;
    this.#read = new ReadFiles(around, logger);
    this.#newFiles = new NewFiles(around, this.#read);
  }

  get current(): FilePlace | undefined {
    return this.#current;
  }

  /** The path of the current file. */
  get currentPath(): string {
    return this.#currentPath;
  }

  /** The file system's object of the current file when it was seen. */
  get currentObject(): FileObject {
    return this.#currentObject;
  }

  get hasNext(): boolean {
    return this.#nextIndex < this.#upcoming.length;
  }

  /** Bytes of the files behind the current one, as of the last look. */
  get bytesAhead(): number {
    return this.#bytesAhead;
  }

  /** The position of a single file before anything of it is read, by which a restart finds it though it was rotated. */
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

  /** Whether that file is the current one or still to come. */
  holds({ file, id }: Bound): boolean {
    return [{ name: this.#current?.name, object: this.#currentObject }, ...this.#upcoming]
      .some(({ name, object }) => id === undefined || id.ino === null ? name === file : isSame(object, id));
  }

  /**
   * Goes on from the position of a commit; called before the first look.
   * @returns whether the file still exists, under its name or another
   * @throws {JobError} if it is gone and was not read to its end, or if another file is in its place
   */
  async restore(position: FilePosition): Promise<boolean> {
    const { file, id, offset, line, done, doneBefore, doneIds = done.map(() => null) } = position;
    this.#goTo({ name: file, done, doneIds, doneBefore }, this.#around.pathOf(file), id ?? NOBODY);
    if (this.#around.isDirectory) await this.#restoreNames(position);
    this.#newFiles.known.add(file);
    const path = await findRestored(position, this.#around, this.#logger);
    const info = path === undefined ? undefined : await infoOf(path);
    if (path === undefined || info === undefined) return false;
    this.#currentPath = path;
    this.#currentObject = objectOf(info);
    this.#restored = { mark: id, done: undefined, offset, line, writtenMs: info.mtime?.getTime() ?? 0 };
    return true;
  }

  /** Looks for new files, when all known ones have been read. */
  async look({ atWork = this.#restored, last, patient = false }: Look): Promise<void> {
    const current = { name: this.#current?.name, object: this.#currentObject, atWork };
    const successors = await this.#newFiles.successors(current);
    const news = await this.#newFiles.news(current);
    if (this.#current !== undefined) {
      await this.#read.check(this.#current, (file) => isCurrent(file, current));
    }
    if (patient && !this.#isOver(successors, news)) return;
    if (successors.length + news.length === 0) return;
    this.#upcoming = upTo(last, this.#currentObject, [...successors, ...news]);
    this.#nextIndex = 0;
    this.#bytesAhead = this.#upcoming.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { name } of this.#upcoming) this.#newFiles.known.add(name);
  }

  /** Notes that the current file has grown, so its successor has to wait. */
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
   * Finds the current file again, which is not under its name any more.
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

  /** Replaces the current file, which has not been read, by another one. */
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

  /** Restores the names of files before the commit's position: they were read, or are late. */
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
    this.#read.warnOfLate(unread, file);
    const far = before.filter((name) => name < oldest).length;
    if (far > doneBefore) {
      this.#logger.warn(
        `${
          far - doneBefore
        } of ${far} files in "${around.path}" that sort before "${oldest}" came late and are not read; ` +
          `give them names that sort after "${file}"`,
      );
    }
    for (const name of before) this.#newFiles.known.add(name);
    this.#current = { ...this.#current!, doneBefore: Math.min(doneBefore, far) };
  }

  /** Whether the current file is complete, so that the next one can be read. */
  #isOver(successors: readonly NextFile[], news: readonly NextFile[]): boolean {
    if (successors.length === 0) return true;
    // A log's writer appends to the old file until it has opened the new one, which may exist and be empty.
    if (news.length === 0 && successors.every(({ bytes }) => bytes === 0)) return false;
    return this.#successions++ > 0;
  }
}

function firstPlace(name: string): FilePlace {
  return { name, done: [], doneIds: [], doneBefore: 0 };
}

/** The files to come, up to the last one of a bounded run. */
function upTo(last: Bound | null | undefined, current: FileObject, files: readonly NextFile[]): NextFile[] {
  if (last === undefined) return [...files];
  if (last === null) return [];
  const { file, id } = last;
  if (id === undefined || id.ino === null) return files.filter(({ name }) => name <= file);
  if (isSame(current, id)) return [];
  const index = files.findIndex(({ object }) => isSame(object, id));
  return files.slice(0, index + 1);
}
