import { JobError, type Source, type SourceContext, type SourceReader } from "../../engine/mod.ts";
import { FileList } from "./file_list.ts";
import type { Bound, FilePosition } from "./file_position.ts";
import { FileReader, FILES_SPLIT } from "./file_reader.ts";
import type { FileFormat } from "./format.ts";
import { Surroundings } from "./surroundings.ts";

/** What a {@link FileSource} reads, and how. */
export interface FileSourceOptions<T> {
  /** A file, or a directory whose files are read, those in directories below it included. */
  readonly path: string;
  /** How records lie in the files. */
  readonly format: FileFormat<T>;
  /** Whether to go on when all is read: with what is appended, with files that come and that are rotated; default false. */
  readonly watch?: boolean;
  /** ms between two looks at files and directory while all is read, > 0; default 1,000. */
  readonly pollMs?: number;
  /** Event time of a value, ms since the Unix epoch; left out: none. It is asked for before the record is taken. */
  readonly timestamp?: (value: T) => number;
  /** A longer line stops the job, an open quote in CSV is given up there; > 0, default 4 MiB. */
  readonly maxRecordBytes?: number;
}

/**
 * The records of a file, or of all files of a directory one after the other, in the order of their names (by UTF-16 code
 * units: zero-padded numbers and ISO dates sort well). Where it is goes into the commit, so a restart goes on at the record.
 * Wherever a job is told to begin, this source begins with the first file.
 *
 * A position knows its file: inode and time of birth where the file system has them, the first 1,024 bytes and the 256 before
 * the position, as hashes, or what had been read where that is less.
 *
 * - **Rotation by renaming** (`app.log` becomes `app.log.1`, a new `app.log` begins) is followed, while the job runs and over
 *   restarts: the renamed file is read to its end, then those that were rotated in between, then the new one from its
 *   beginning; also if the old one was compressed meanwhile. Let `path` name the log file itself. While it runs, the old
 *   file is left at the second look that finds it at its end and something in the new one.
 * - **A file that is cut (copytruncate), overwritten, or gone before it was read** ends the job with a sentence, and after a
 *   restart so does another file in its place. While the job runs, a file that was removed is read to its end.
 * - **A file with another inode and the same bytes so far**, saved by an editor or copied back, is gone on with.
 * - Files of a directory come complete and stay as they are: write them under a name that begins with "." or "_", which is not
 *   read, and rename them; `FileSink` does. The last one may grow while it is watched, line by line. A new file must sort
 *   after those that are read already: one that does not is told in a warning, not read, and so is what is added to a file
 *   that was read (certain for the last 100 names). Files that are read may be removed, renamed or compressed: each is read
 *   once, and a file with two names too.
 *
 * **gzip** is read by what the file begins with, not by its name; positions count bytes of the text then, so a restart
 * decompresses all before them. Such a file comes as a whole.
 *
 * A last line without newline is a record when its file is known to be complete: at the end of a run that ends, or when it is
 * left for the next one; until then it is waited for.
 *
 * Without `watch`, or in a bounded run, it ends where the last file ends when it is opened. A record that cannot be decoded
 * goes to the dead letters: `topic` is the file, `offset` the line (from 1), `value` the line's bytes without its newline.
 *
 * @see Flink: FileSource, monitorContinuously(); there one file's records keep their order, here all do
 */
export class FileSource<T> implements Source<T> {
  readonly description: string;
  /** As in the options. */
  readonly path: string;
  /** Whether it ends with the last file: it is not watched. */
  readonly bounded: boolean;
  readonly #options: Required<Omit<FileSourceOptions<T>, "timestamp">> & Pick<FileSourceOptions<T>, "timestamp">;

  /**
   * Describes it: no file is touched before the job opens it.
   * @throws {TypeError | RangeError} if an option is none of its kind
   */
  constructor(options: FileSourceOptions<T>) {
    const { path, format, watch = false, pollMs = 1_000, maxRecordBytes = 1 << 22 } = options;
    if (typeof path !== "string" || path === "") {
      throw new TypeError(
        `Cannot create a file source as path must name a file or directory: current value is "${path}"`,
      );
    }
    if (typeof format?.open !== "function") {
      throw new TypeError(
        `Cannot create a file source of "${path}" as format must be a FileFormat: current value is ${format}`,
      );
    }
    for (const [name, value] of Object.entries({ pollMs, maxRecordBytes })) {
      if (!(value > 0)) {
        throw new RangeError(
          `Cannot create a file source of "${path}" as ${name} must be > 0: current value is ${value}`,
        );
      }
    }
    this.path = path;
    this.#options = { ...options, watch, pollMs, maxRecordBytes };
    this.bounded = !watch;
    this.description = `${format.name} in "${path}"`;
  }

  /**
   * Looks which files there are, and goes to the committed record.
   * @throws {JobError} if the path cannot be read, or a committed position is no longer there
   */
  async open(context: SourceContext): Promise<SourceReader<T>> {
    const { path, watch } = this.#options;
    const position = (context.restored?.get(FILES_SPLIT) ?? null) as FilePosition | null;
    const around = await Surroundings.of(path, context.logger, position !== null);
    const files = new FileList(around, context.logger);
    const there = position !== null && await files.restore(position);
    let bound: Bound | null | undefined;
    if (watch && !context.bounded) {
      await files.look({ patient: true });
    } else {
      bound = context.restoredBounds?.get(FILES_SPLIT) as unknown as Bound | null | undefined;
      await files.look(bound === undefined ? {} : { last: bound });
      if (bound === undefined) bound = await files.end();
      else if (bound !== null) checkBound(bound, files, around);
    }
    const reader = new FileReader(
      files,
      position ?? files.start as unknown as FilePosition,
      bound,
      this.#options,
      context,
    );
    if (there) await reader.openCurrent(position);
    return reader;
  }
}

function checkBound(bound: Bound, files: FileList, around: Surroundings): void {
  const { file, offset } = bound;
  if (files.holds(bound)) return;
  throw new JobError(
    `Cannot go on up to ${offset === null ? "the end of " : ""}"${around.pathOf(file)}"${
      offset === null ? "" : ` byte ${offset}`
    }, where the run was to end: it is gone; put it back, or forget the job's commit with --reset`,
  );
}
