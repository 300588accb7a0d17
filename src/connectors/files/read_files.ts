import type { Json, Logger } from "../../engine/mod.ts";
import { type DoneFile, doneFromJson, isSame, objectOf } from "./file_mark.ts";
import type { FilePlace } from "./file_position.ts";
import { infoOf, isCompressedCopy, isDone } from "./find_file.ts";
import type { FoundFile, Surroundings } from "./surroundings.ts";

/** So many names are told. */
const SHOWN = 3;

/** Files that were read to their end, and what is told of those that change afterwards: they are not read again. */
export class ReadFiles {
  readonly #around: Surroundings;
  readonly #logger: Logger;
  /** Paths that were told of, so that each is told once. */
  readonly #told = new Set<string>();
  #ids: readonly Json[] = [];
  #files: readonly (DoneFile | undefined)[] = [];

  constructor(around: Surroundings, logger: Logger) {
    this.#around = around;
    this.#logger = logger;
  }

  /** Takes those of the place that is at work now. */
  set place({ doneIds }: FilePlace) {
    if (doneIds === this.#ids) return;
    this.#ids = doneIds;
    this.#files = doneIds.map(doneFromJson);
  }

  /**
   * Whether a file is one of them under whatever name, or the compressed copy of one.
   * @param atWork counts as read, for its copy
   */
  async include({ path, info }: FoundFile, atWork?: DoneFile): Promise<boolean> {
    const object = objectOf(info);
    const isCompressed = path.endsWith(".gz");
    for (const done of [...this.#files, atWork]) {
      if (done === undefined) continue;
      if (isSame(object, done) && await isDone(path, info, done)) return true;
      if (isCompressed && await isCompressedCopy(path, info, done)) return true;
    }
    return false;
  }

  /**
   * Tells of files that have grown, and of others that took a name that was read.
   * @param isCurrent says whether a file is the one at work
   */
  async check({ name: current, done }: FilePlace, isCurrent: (file: FoundFile) => Promise<boolean>): Promise<void> {
    if (done.length === 0) return;
    const around = this.#around;
    const beside = around.isDirectory ? [] : await around.rotationsOf(current);
    for (const [index, name] of done.entries()) {
      const read = this.#files[index];
      if (read === undefined) continue;
      const path = around.pathOf(name);
      const info = name === current ? undefined : await infoOf(path);
      const named = info === undefined ? [] : [{ path, info }];
      for (const file of [...beside, ...named]) {
        if (isSame(objectOf(file.info), read)) this.#checkSize(file, read);
      }
      for (const file of named) {
        if (isSame(objectOf(file.info), read) || this.#told.has(path)) continue;
        if (await this.include(file) || await isCurrent(file)) continue;
        this.#told.add(path);
        this.tellLate([name], current);
      }
    }
  }

  /** Tells of files that are not read as others behind them were. */
  tellLate(names: readonly string[], current: string): void {
    if (names.length === 0) return;
    const shown = names.slice(0, SHOWN).map((name) => `"${name}"`).join(", ");
    const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : "";
    this.#logger.warn(
      `Files in "${this.#around.path}" came late and are not read: ${shown}${more}; ` +
        `"${current}" is read already, give them names that sort after it`,
    );
  }

  #checkSize({ path, info: { size } }: FoundFile, read: DoneFile): void {
    if (path.endsWith(".gz") || size <= read.size || this.#told.has(path)) return;
    this.#told.add(path);
    this.#logger.warn(
      `"${path}" has grown from ${read.size} to ${size} bytes since it was read, and what was added is not read: ` +
        (this.#around.isDirectory
          ? "only the file with the last name may grow; a log file that is rotated is followed when path names it"
          : "its writer went on with it long after its name was another file's"),
    );
  }
}
