import { JobError, type Json, type Logger } from "../../engine/mod.ts";
import { fileError } from "./errors.ts";
import { openBytes } from "./file_bytes.ts";
import {
  type DoneFile,
  doneFromJson,
  doneToJson,
  type FileMark,
  type FileObject,
  isSame,
  objectOf,
  printOf,
} from "./file_mark.ts";
import { holdsMark, infoOf, isCompressedCopy, isDone } from "./find_file.ts";
import { namesIn } from "./listing.ts";
import type { FileOffset } from "./open_file.ts";
import { newerOnes, rotationOf } from "./rotation.ts";

/** A file in the order of reading, and those before it. */
export interface FilePlace {
  /** Relative to the directory; of a file that was rotated the name that it had before. */
  readonly name: string;
  /** The last files that were read before it, oldest first; at most {@link REMEMBERED}. */
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

/** Where a run ends. */
export interface Bound {
  readonly file: string;
  /** Null: the whole of a compressed file. */
  readonly offset: number | null;
  /** Bounds of before have none. */
  readonly id?: FileObject;
}

/** The file that is being read, for a look at what comes after it. */
export interface AtWork extends FileOffset {
  readonly mark: FileMark;
  readonly done: DoneFile;
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

/** So many names of files that were read are kept in the commit: among them a file is known again by name and object. */
const REMEMBERED = 100;
/** So many names are told. */
const SHOWN = 3;
const NOBODY: FileObject = { dev: null, ino: null, bornMs: null };

/**
 * The files of a source in the order in which they are read, that of their names. A file that was renamed is still the same
 * one; what took its name comes next.
 *
 * A file whose name sorts before the one at work came too late: it is told once, not read.
 */
export class FileList {
  readonly path: string;
  readonly #isDirectory: boolean;
  readonly #logger: Logger;
  /** All that were seen, late ones included. */
  readonly #known = new Set<string>();
  /** What was told of, so that it is told once. */
  readonly #told = new Set<string>();
  #upcoming: NextFile[] = [];
  #nextIndex = 0;
  #current: FilePlace | undefined;
  #currentPath = "";
  #currentObject: FileObject = NOBODY;
  /** Looks in a row at which another file had taken the name of the one at work. */
  #successions = 0;

  /**
   * @param expected whether a commit has a position there
   * @throws {JobError} if there is no such file or directory
   */
  static async open(path: string, logger: Logger, expected: boolean): Promise<FileList> {
    try {
      // What a commit knows may be found though its name is gone.
      const info = expected ? await infoOf(path) : await Deno.stat(path);
      return new FileList(path, info?.isDirectory ?? false, logger);
    } catch (error) {
      throw fileError("read", path, error);
    }
  }

  private constructor(path: string, isDirectory: boolean, logger: Logger) {
    this.path = path;
    this.#isDirectory = isDirectory;
    this.#logger = logger;
  }

  get current(): FilePlace | undefined {
    return this.#current;
  }

  /** What the file at work was when it was seen. */
  get currentObject(): FileObject {
    return this.#currentObject;
  }

  /** Where the file at work lies. */
  get currentPath(): string {
    return this.#currentPath;
  }

  get hasNext(): boolean {
    return this.#nextIndex < this.#upcoming.length;
  }

  /** Of files behind the one at work, as of the last look. */
  get bytesAhead(): number {
    return this.#upcoming.slice(this.#nextIndex).reduce((sum, { bytes }) => sum + bytes, 0);
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
    const { file, done, doneBefore, doneIds = done.map(() => null) } = position;
    const names = await this.#list();
    this.#current = { name: file, done, doneIds, doneBefore };
    this.#currentObject = position.id ?? NOBODY;
    if (this.#isDirectory) await this.#restoreNames(names, position);
    this.#known.add(file);
    const path = await this.#find(names, position);
    this.#currentPath = path ?? this.pathOf(file);
    if (path !== undefined) this.#currentObject = objectOf(await Deno.stat(path));
    return path !== undefined;
  }

  /**
   * Looks for files that have come, when all are read that were there.
   * @param atWork the open file, read to its end
   * @param last files behind that one are left out
   * @param patient whether a file is given up for its successor only at the second look: its writer may still be at it
   */
  async look(
    { atWork, last, patient = false }: { atWork?: AtWork; last?: Bound | null; patient?: boolean },
  ): Promise<void> {
    const names = await this.#list();
    const successors = await this.#successors(names, atWork);
    const news = await this.#news(names, atWork);
    await this.#checkDone(names, atWork);
    if (patient && !this.#isOver(successors, news)) return;
    if (successors.length + news.length === 0) return;
    this.#upcoming = upTo(last, this.#currentObject, [...successors, ...news]);
    this.#nextIndex = 0;
    for (const { name } of this.#upcoming) this.#known.add(name);
  }

  /** The file at work has grown, so a successor of it waits. */
  goesOn(): void {
    this.#successions = 0;
  }

  /** Moves on to the next file. */
  advance(finished: DoneFile | undefined): FilePlace {
    const { name, path, object } = this.#upcoming[this.#nextIndex++]!;
    const before = this.#current;
    this.#currentPath = path;
    this.#currentObject = object;
    this.#successions = 0;
    if (before === undefined) return this.#current = { name, done: [], doneIds: [], doneBefore: 0 };
    const done = [...before.done, before.name];
    const doneIds = [...before.doneIds, finished === undefined ? null : doneToJson(finished)];
    const forgotten = Math.max(0, done.length - REMEMBERED);
    return this.#current = {
      name,
      done: done.slice(forgotten),
      doneIds: doneIds.slice(forgotten),
      doneBefore: before.doneBefore + forgotten,
    };
  }

  /** The place of a single file before anything of it is read: a restart finds it again though it was rotated. */
  get start(): Json {
    const [first] = this.#upcoming;
    if (this.#isDirectory || this.#current !== undefined || first === undefined) return null;
    const place = { name: first.name, done: [], doneIds: [], doneBefore: 0 };
    const nothing = printOf(new Uint8Array(0));
    const id = { ...first.object, head: nothing, tail: nothing };
    return positionOf(place, { offset: 0, line: 1 }, { id, atEnd: first.bytes === 0 });
  }

  /**
   * Looks where the file at work is, as it is not where it was.
   * @returns whether it was renamed
   */
  async relocate(): Promise<boolean> {
    const path = this.#currentPath;
    for (const other of await this.#allBeside(await this.#list(), this.#current!.name)) {
      const info = other === path ? undefined : await infoOf(other);
      if (info === undefined || !isSame(objectOf(info), this.#currentObject)) continue;
      this.#currentPath = other;
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

  /** Those that lie before the place of the commit: read, or late. */
  async #restoreNames(names: readonly string[], { file, done, doneBefore, id }: FilePosition): Promise<void> {
    const before = names.filter((name) => name < file);
    const oldest = doneBefore === 0 ? "" : done[0]!;
    const unread: string[] = [];
    for (const name of before.filter((name) => name >= oldest && !done.includes(name))) {
      const info = await infoOf(this.pathOf(name));
      const isOurs = info !== undefined && id !== undefined && isSame(objectOf(info), id);
      if (!isOurs && info !== undefined && !await this.#wasRead(name, info)) unread.push(name);
    }
    this.#warnOfLate(unread, file);
    const far = before.filter((name) => name < oldest).length;
    if (far > doneBefore) {
      this.#logger.warn(
        `${
          far - doneBefore
        } of ${far} files in "${this.path}" that sort before "${oldest}" came late and are not read; ` +
          `give them names that sort after "${file}"`,
      );
    }
    for (const name of before) this.#known.add(name);
    this.#current = { ...this.#current!, doneBefore: Math.min(doneBefore, far) };
  }

  /** Where the file of a commit is now; undefined if it may be gone. */
  async #find(names: readonly string[], position: FilePosition): Promise<string | undefined> {
    const { file, id, offset, line, atEnd } = position;
    const path = this.pathOf(file);
    const info = await infoOf(path);
    if (id === undefined) {
      if (info !== undefined && this.#holdsName(names, file) || atEnd) return info && path;
      throw new JobError(
        `Cannot go on reading "${path}" at byte ${offset}: it is gone; ` +
          "put it back, or forget the job's commit with --reset",
      );
    }
    const fits = (path: string) => holdsMark(path, id, offset);
    // Its object, wherever it is: in place first.
    for (const candidate of [path, ...await this.#allBeside(names, file)]) {
      const other = candidate === path ? info : await infoOf(candidate);
      if (other?.isFile && isSame(objectOf(other), id) && await fits(candidate)) return candidate;
    }
    // Its bytes: a rotated file may have been compressed, or all of them copied to another disk.
    if (offset > 0 && !(info !== undefined && isSame(objectOf(info), id))) {
      const rotated = (await this.#family(names, file)).map(({ path }) => path);
      for (const candidate of [...rotated, path]) {
        const other = await infoOf(candidate);
        if (!other?.isFile || !await fits(candidate)) continue;
        this.#logger.info(
          `"${candidate}" is not the file that was read at the last commit, but has the same beginning, and the same bytes ` +
            `before byte ${offset}: goes on there`,
        );
        return candidate;
      }
    }
    if (info === undefined) {
      if (atEnd && this.#isDirectory) return undefined;
      throw new JobError(
        `Cannot go on reading "${path}" at byte ${offset} (line ${line}): it is gone, and was not renamed to another name ` +
          `beside it; put it back, or forget the job's commit with --reset`,
      );
    }
    if (offset === 0 && atEnd) return path; // there was nothing in it
    throw new JobError(
      `Cannot go on reading "${path}" at byte ${offset} (line ${line}): ` +
        (isSame(objectOf(info), id)
          ? `it was cut or overwritten, it has ${info.size} bytes now and not those that were read`
          : `another file has taken its name, of ${info.size} bytes and with another beginning, and the one that was read ` +
            "is not beside it under another name") +
        `; put it back, or forget the job's commit with --reset`,
    );
  }

  /** What has taken the name of the file at work, and what was in between. */
  async #successors(names: readonly string[], atWork: AtWork | undefined): Promise<NextFile[]> {
    const current = this.#current;
    if (current === undefined) return [];
    const livePath = this.pathOf(current.name);
    const live = await infoOf(livePath);
    if (live !== undefined && await this.#isCurrent(livePath, live, atWork)) return [];
    const between: NextFile[] = [];
    let ours: string | undefined;
    // Without the file there is no telling which others were written later.
    for (const { path, info } of atWork === undefined ? [] : await this.#family(names, current.name)) {
      const object = objectOf(info);
      if (await this.#isCurrent(path, info, atWork)) ours = path;
      else if (info.size > 0 && !await this.#wasRead(path, info, atWork)) {
        between.push({ name: current.name, path, bytes: info.size, object });
      }
    }
    const read = { path: ours, writtenMs: atWork?.writtenMs ?? 0 };
    const rotated = new Map(between.map((file) => [file.path, file]));
    const newer = newerOnes(await this.#withTimes(between), read, livePath).map(({ path }) => rotated.get(path)!);
    if (live === undefined || await this.#wasRead(livePath, live, atWork)) return newer;
    return [...newer, { name: current.name, path: livePath, bytes: live.size, object: objectOf(live) }];
  }

  async #withTimes(files: readonly NextFile[]) {
    return await Promise.all(files.map(async ({ path, bytes }) => ({
      path,
      bytes,
      writtenMs: (await infoOf(path))?.mtime?.getTime() ?? 0,
    })));
  }

  /** Files of a directory that were not seen before and sort behind the one at work. */
  async #news(names: readonly string[], atWork: AtWork | undefined): Promise<NextFile[]> {
    const current = this.#current;
    if (!this.#isDirectory && current !== undefined) return [];
    const news: NextFile[] = [];
    const late: string[] = [];
    for (const name of names) {
      if (this.#known.has(name)) continue;
      const path = this.pathOf(name);
      const info = await infoOf(path);
      if (info === undefined) continue;
      const object = objectOf(info);
      const again = news.some((other) => isSame(other.object, object)) ||
        await this.#isCurrent(path, info, atWork) || await this.#wasRead(path, info, atWork);
      if (again) this.#known.add(name);
      else if (current === undefined || name > current.name) news.push({ name, path, bytes: info.size, object });
      else late.push(name);
    }
    if (late.length > 0) this.#warnOfLate(late, current!.name);
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

  /** Whether files that were read have changed since: that is told, they are not read again. */
  async #checkDone(names: readonly string[], atWork: AtWork | undefined): Promise<void> {
    const current = this.#current;
    if (current === undefined || current.done.length === 0) return;
    const beside = this.#isDirectory ? [] : await this.#family(names, current.name);
    for (const [index, name] of current.done.entries()) {
      const done = doneFromJson(current.doneIds[index]);
      if (done === undefined) continue;
      const path = this.pathOf(name);
      const info = name === current.name ? undefined : await infoOf(path);
      if (info !== undefined && !isSame(objectOf(info), done) && !this.#told.has(path)) {
        if (!await this.#wasRead(path, info, atWork) && !await this.#isCurrent(path, info, atWork)) {
          this.#told.add(path);
          this.#warnOfLate([name], current.name);
        }
      }
      for (const other of [...beside, ...info === undefined ? [] : [{ path, info }]]) {
        if (isSame(objectOf(other.info), done)) this.#warnOfGrown(other.path, other.info.size, done);
      }
    }
  }

  /** Whether a file is the one at work, under whatever name. */
  async #isCurrent(path: string, info: Deno.FileInfo, atWork: AtWork | undefined): Promise<boolean> {
    if (this.#current === undefined || !isSame(objectOf(info), this.#currentObject)) return false;
    // Without inodes its bytes say it.
    return info.ino !== null || atWork === undefined || await holdsMark(path, atWork.mark, atWork.offset);
  }

  /** Whether a file is one of those that were read to their end, or the compressed copy of one. */
  async #wasRead(nameOrPath: string, info: Deno.FileInfo, atWork?: AtWork): Promise<boolean> {
    const path = this.#isDirectory && !nameOrPath.startsWith(this.path) ? this.pathOf(nameOrPath) : nameOrPath;
    const all = (this.#current?.doneIds ?? []).map(doneFromJson).filter((done) => done !== undefined);
    for (const done of atWork === undefined ? all : [...all, atWork.done]) {
      if (await isDone(path, info, done)) return true;
      if (path.endsWith(".gz") && await isCompressedCopy(path, info, done)) return true;
    }
    return false;
  }

  /** Files that log rotation made of that name. */
  async #family(names: readonly string[], file: string): Promise<{ path: string; info: Deno.FileInfo }[]> {
    const base = this.pathOf(file);
    const family: { path: string; info: Deno.FileInfo }[] = [];
    for (const path of await this.#allBeside(names, file)) {
      if (rotationOf(path, base) === undefined) continue;
      const info = await infoOf(path);
      if (info?.isFile) family.push({ path, info });
    }
    return family;
  }

  /** Paths of all other files: in the directory, or in the one of the single file. */
  async #allBeside(names: readonly string[], file: string): Promise<string[]> {
    if (this.#isDirectory) return names.filter((name) => name !== file).map((name) => this.pathOf(name));
    const path = this.pathOf(file);
    const dir = path.slice(0, path.search(/[^/\\]*$/));
    try {
      const paths: string[] = [];
      for await (const { name, isDirectory } of Deno.readDir(dir === "" ? "." : dir)) {
        if (!isDirectory && dir + name !== path) paths.push(dir + name);
      }
      return paths.sort();
    } catch (error) {
      throw fileError("read", dir, error);
    }
  }

  #holdsName(names: readonly string[], file: string): boolean {
    return !this.#isDirectory || names.includes(file);
  }

  pathOf(name: string): string {
    return this.#isDirectory ? `${this.path}/${name}` : this.path;
  }

  /** Sorted. */
  async #list(): Promise<string[]> {
    if (!this.#isDirectory) return [this.path.split(/[/\\]/).at(-1)!];
    return await namesIn(this.path, (link) => {
      if (this.#told.has(link)) return;
      this.#told.add(link);
      this.#logger.warn(
        `"${this.pathOf(link)}" is a link to a directory, and not followed: give it a source of its own`,
      );
    });
  }

  #warnOfGrown(path: string, size: number, done: DoneFile): void {
    if (path.endsWith(".gz") || size <= done.size || this.#told.has(path)) return;
    this.#told.add(path);
    this.#logger.warn(
      `"${path}" has grown from ${done.size} to ${size} bytes since it was read, and what was added is not read: ` +
        (this.#isDirectory
          ? "only the file with the last name may grow; a log file that is rotated is followed when path names it"
          : "its writer went on with it long after its name was another file's"),
    );
  }

  #warnOfLate(names: readonly string[], current: string): void {
    if (names.length === 0) return;
    const shown = names.slice(0, SHOWN).map((name) => `"${name}"`).join(", ");
    const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : "";
    this.#logger.warn(
      `Files in "${this.path}" came late and are not read: ${shown}${more}; ` +
        `"${current}" is read already, give them names that sort after it`,
    );
  }
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

/** See {@link FilePosition}. */
export function positionOf(
  { name, done, doneIds, doneBefore }: FilePlace,
  { offset, line }: FileOffset,
  { id, atEnd }: { readonly id: FileMark; readonly atEnd: boolean },
): Json {
  const place = { file: name, offset, line, id: { ...id }, done, doneIds, doneBefore };
  return atEnd ? { ...place, atEnd } : place;
}
