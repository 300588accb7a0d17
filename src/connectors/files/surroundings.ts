import { dirname, resolve } from "node:path";
import type { Logger } from "../../engine/mod.ts";
import { fileError } from "./errors.ts";
import { infoOf } from "./find_file.ts";
import { namesIn } from "./listing.ts";
import { rotationOf } from "./rotation.ts";

/** A file with the file system's information about it. */
export interface FoundFile {
  readonly path: string;
  readonly info: Deno.FileInfo;
}

/** The place of a source's files: a directory, or that of a single file among others that are not read. */
export class Surroundings {
  readonly path: string;
  readonly isDirectory: boolean;
  /** The real path of a single file, if its path is a link. */
  readonly #real: string;
  readonly #logger: Logger;
  readonly #linksTold = new Set<string>();

  /**
   * @param expected whether a commit has a position there: its file may be found though the name is gone
   * @throws {JobError} if there is no such file or directory
   */
  static async of(path: string, logger: Logger, expected: boolean): Promise<Surroundings> {
    try {
      const info = expected ? await infoOf(path) : await Deno.stat(path);
      const isDirectory = info?.isDirectory ?? false;
      return new Surroundings(path, isDirectory, isDirectory ? path : await followed(path), logger);
    } catch (error) {
      throw fileError("read", path, error);
    }
  }

  private constructor(path: string, isDirectory: boolean, real: string, logger: Logger) {
    this.path = path;
    this.isDirectory = isDirectory;
    this.#real = real;
    this.#logger = logger;
  }

  /** The path of a file of the source. */
  pathOf(name: string): string {
    return this.isDirectory ? `${this.path}/${name}` : this.path;
  }

  /** The names of the source's files, sorted; the name of a single file, whether it exists or not. */
  async names(): Promise<string[]> {
    if (!this.isDirectory) return [this.path.split(/[/\\]/).at(-1)!];
    return await namesIn(this.path, (link) => {
      if (this.#linksTold.has(link)) return;
      this.#linksTold.add(link);
      this.#logger.warn(
        `"${this.pathOf(link)}" is a link to a directory, and not followed: give it a source of its own`,
      );
    });
  }

  /** Paths of all other files: in the directory, or beside the single file. */
  async beside(file: string): Promise<string[]> {
    if (this.isDirectory) {
      return (await this.names()).filter((name) => name !== file).map((name) => this.pathOf(name));
    }
    const dir = this.#real.slice(0, this.#real.search(/[^/\\]*$/));
    try {
      const paths: string[] = [];
      for await (const { name, isDirectory } of Deno.readDir(dir === "" ? "." : dir)) {
        if (!isDirectory && dir + name !== this.#real) paths.push(dir + name);
      }
      return paths.sort();
    } catch (error) {
      throw fileError("read", dir, error);
    }
  }

  /** Files that log rotation has made of a file. */
  async rotationsOf(file: string): Promise<FoundFile[]> {
    const base = this.baseOf(file);
    const found: FoundFile[] = [];
    for (const path of await this.beside(file)) {
      if (rotationOf(path, base) === undefined) continue;
      const info = await infoOf(path);
      if (info?.isFile) found.push({ path, info });
    }
    return found;
  }

  /** The path of which rotation makes names. */
  baseOf(file: string): string {
    return this.isDirectory ? this.pathOf(file) : this.#real;
  }
}

/** Where a link leads, whether or not the target exists. */
async function followed(path: string): Promise<string> {
  try {
    return (await Deno.lstat(path)).isSymlink ? resolve(dirname(path), await Deno.readLink(path)) : path;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return path;
    throw error;
  }
}
