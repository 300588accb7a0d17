import { JobError, type Json, type Logger } from "../../engine/mod.ts";
import { fileError } from "./errors.ts";
import type { FileOffset } from "./open_file.ts";

/** A file in the order of reading, and those before it. */
export interface FilePlace {
  /** Relative to the directory. */
  readonly name: string;
  /** The last files that were read before it, oldest first; at most {@link REMEMBERED}. */
  readonly done: readonly string[];
  /** How many were read before those. */
  readonly doneBefore: number;
}

/** What a commit holds. */
export interface FilePosition extends FileOffset {
  readonly file: string;
  /** Whether it was read to its end, as far as is known: then it may be gone. */
  readonly atEnd?: true;
  readonly done: readonly string[];
  readonly doneBefore: number;
}

/** A file that is still to be read. */
interface NextFile {
  readonly name: string;
  readonly bytes: number;
}

/** So many names of files that were read are kept in the commit: among them a late file is found by its name. */
const REMEMBERED = 100;
/** So many names are told. */
const SHOWN = 3;

/**
 * The files of a source in the order in which they are read, that of their names.
 *
 * A file whose name sorts before the one at work came too late: it is told once, not read.
 */
export class FileList {
  readonly path: string;
  readonly #isDirectory: boolean;
  readonly #logger: Logger;
  /** All that were seen, late ones included. */
  readonly #known = new Set<string>();
  #upcoming: NextFile[] = [];
  #nextIndex = 0;
  #current: FilePlace | undefined;

  /** @throws {JobError} if there is no such file or directory */
  static async open(path: string, logger: Logger): Promise<FileList> {
    try {
      return new FileList(path, (await Deno.stat(path)).isDirectory, logger);
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

  get hasNext(): boolean {
    return this.#nextIndex < this.#upcoming.length;
  }

  /** Whether that file is at work or still to come. */
  holds(name: string): boolean {
    return this.#current?.name === name || this.#upcoming.some((file) => file.name === name);
  }

  /** Of files behind the one at work, as of the last look. */
  get bytesAhead(): number {
    return this.#upcoming.slice(this.#nextIndex).reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** The last file that is there, and its length. */
  async end(): Promise<{ readonly file: string; readonly offset: number } | null> {
    const last = this.#upcoming.at(-1)?.name ?? this.#current?.name;
    return last === undefined ? null : { file: last, offset: await this.sizeOf(last) ?? 0 };
  }

  pathOf(name: string): string {
    return this.#isDirectory ? `${this.path}/${name}` : this.path;
  }

  /** In bytes; undefined if it does not exist. */
  async sizeOf(name: string): Promise<number | undefined> {
    try {
      return (await Deno.stat(this.pathOf(name))).size;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw fileError("read", this.pathOf(name), error);
    }
  }

  /**
   * Takes up where a commit left off; called before the first look.
   * @returns whether the file is still there
   * @throws {JobError} if it is gone, and was not read to its end
   */
  async restore(position: FilePosition): Promise<boolean> {
    const { file, offset, atEnd, done, doneBefore } = position;
    const names = await this.#list();
    const there = names.includes(file);
    if (!there && atEnd === undefined) {
      throw new JobError(
        `Cannot go on reading "${this.pathOf(file)}" at byte ${offset}: it is gone; ` +
          "put it back, or forget the job's commit with --reset",
      );
    }
    const before = names.filter((name) => name < file);
    const oldest = doneBefore === 0 ? "" : done[0]!;
    this.#warnOfLate(before.filter((name) => name >= oldest && !done.includes(name)), file);
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
    this.#known.add(file);
    this.#current = { name: file, done, doneBefore: Math.min(doneBefore, far) };
    return there;
  }

  /**
   * Looks for files that have come, when all are read that were there.
   * @param last files behind that name are left out
   */
  async look(last?: string): Promise<void> {
    const names = (await this.#list()).filter((name) => !this.#known.has(name));
    if (names.length === 0) return;
    const current = this.#current?.name;
    const late = current === undefined ? [] : names.filter((name) => name < current);
    if (late.length > 0) this.#warnOfLate(late, current!);
    const news = names.filter((name) =>
      (current === undefined || name > current) && (last === undefined || name <= last)
    );
    for (const name of [...late, ...news]) this.#known.add(name);
    this.#upcoming = [];
    this.#nextIndex = 0;
    for (const name of news) this.#upcoming.push({ name, bytes: await this.sizeOf(name) ?? 0 });
  }

  /** Moves on to the next file. */
  advance(): FilePlace {
    const { name } = this.#upcoming[this.#nextIndex++]!;
    if (this.#current === undefined) return this.#current = { name, done: [], doneBefore: 0 };
    const done = [...this.#current.done, this.#current.name];
    const forgotten = Math.max(0, done.length - REMEMBERED);
    return this.#current = { name, done: done.slice(forgotten), doneBefore: this.#current.doneBefore + forgotten };
  }

  /** Sorted. */
  async #list(): Promise<string[]> {
    if (!this.#isDirectory) return [this.path.split(/[/\\]/).at(-1)!];
    try {
      const names: string[] = [];
      await collectNames(this.path, "", names);
      return names.sort();
    } catch (error) {
      throw fileError("read", this.path, error);
    }
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

/** Also of directories below; hidden files and directories are left out, as with Flink's default filter. */
async function collectNames(dir: string, prefix: string, names: string[]): Promise<void> {
  for await (const entry of Deno.readDir(dir)) {
    if (entry.name.startsWith(".") || entry.name.startsWith("_")) continue;
    const path = `${dir}/${entry.name}`;
    if (entry.isDirectory) await collectNames(path, `${prefix}${entry.name}/`, names);
    else if (entry.isFile || await leadsToFile(path)) names.push(prefix + entry.name);
  }
}

async function leadsToFile(link: string): Promise<boolean> {
  try {
    return (await Deno.stat(link)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** See {@link FilePosition}. */
export function positionOf(
  { name, done, doneBefore }: FilePlace,
  { offset, line }: FileOffset,
  atEnd: boolean,
): Json {
  const place = { file: name, offset, line, done, doneBefore };
  return atEnd ? { ...place, atEnd } : place;
}
