import type { Json, Logger } from "../../engine/mod.ts";
import { type DoneFile, doneFromJson, isSame, objectOf } from "./file_mark.ts";
import type { FilePlace } from "./file_position.ts";
import { infoOf, isCompressedCopy, isDone } from "./find_file.ts";
import type { FoundFile, Surroundings } from "./surroundings.ts";

/** How many names a warning lists. */
const SHOWN = 3;

/** Files that were read to their end. They are not read again, and a warning is logged if they change afterwards. */
export class ReadFiles {
  readonly #around: Surroundings;
  readonly #logger: Logger;
  /** Paths for which a warning was logged, so that each gets one. */
  readonly #warnedOf = new Set<string>();
  #ids: readonly Json[] = [];
  #files: readonly (DoneFile | undefined)[] = [];

  constructor(around: Surroundings, logger: Logger) {
    this.#around = around;
    this.#logger = logger;
  }

  /** Takes over the files that a position lists as read. */
  set place({ doneIds }: FilePlace) {
    if (doneIds === this.#ids) return;
    this.#ids = doneIds;
    this.#files = doneIds.map(doneFromJson);
  }

  /**
   * Whether a file is one of them under any name, or the compressed copy of one.
   * @param atWork the current file, which counts as read when its copy is looked for
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
   * Logs warnings for files that have grown, and for other files that have taken a name that was read.
   * @param isCurrent whether a file is the current one
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
        if (isSame(objectOf(file.info), read) || this.#warnedOf.has(path)) continue;
        if (await this.include(file) || await isCurrent(file)) continue;
        this.#warnedOf.add(path);
        this.warnOfLate([name], current);
      }
    }
  }

  /** Logs a warning for files that are not read as later ones have been. */
  warnOfLate(names: readonly string[], current: string): void {
    if (names.length === 0) return;
    const shown = names.slice(0, SHOWN).map((name) => `"${name}"`).join(", ");
    const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : "";
    this.#logger.warn(
      `Files in "${this.#around.path}" came late and are not read: ${shown}${more}; ` +
        `"${current}" is read already, give them names that sort after it`,
    );
  }

  #checkSize({ path, info: { size } }: FoundFile, read: DoneFile): void {
    if (path.endsWith(".gz") || size <= read.size || this.#warnedOf.has(path)) return;
    this.#warnedOf.add(path);
    this.#logger.warn(
      `"${path}" has grown from ${read.size} to ${size} bytes since it was read, and what was added is not read: ` +
        (this.#around.isDirectory
          ? "only the file with the last name may grow; a log file that is rotated is followed when path names it"
          : "its writer went on with it long after its name was another file's"),
    );
  }
}
