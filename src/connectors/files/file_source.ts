import { JobError, type Source, type SourceContext, type SourceReader } from "../../engine/mod.ts";
import { FileList } from "./file_list.ts";
import type { Bound, FilePosition } from "./file_position.ts";
import { FileReader, FILES_SPLIT } from "./file_reader.ts";
import type { FileFormat } from "./format.ts";
import { Surroundings } from "./surroundings.ts";

/** What a {@link FileSource} reads, and how. */
export interface FileSourceOptions<T> {
  /** A file, or a directory whose files are read, with those in directories below it. */
  readonly path: string;
  /** The format of the records. */
  readonly format: FileFormat<T>;
  /** Whether to wait for more when all is read: appended lines, new files, rotated files; default false. */
  readonly watch?: boolean;
  /** How often to look at files and directory when all is read, ms, > 0; default 1,000. */
  readonly pollMs?: number;
  /** The event time of a value, ms since the Unix epoch; left out: values have no event time. Called before the record is taken. */
  readonly timestamp?: (value: T) => number;
  /** Longest record, bytes, > 0; default 4 MiB. A longer line stops the job; a CSV quote that is open there counts as never closed. */
  readonly maxRecordBytes?: number;
}

/**
 * The records of a file, or of all files of a directory one after the other, in the order of their names (by UTF-16 code
 * units: zero-padded numbers and ISO dates sort well). Its position is in the commit, so a restart goes on at the next record.
 * It always begins with the first file, whatever the job's `from` is.
 *
 * A position identifies its file: by inode and time of birth where the file system has them, and by hashes of the first 1,024
 * bytes and of the 256 before the position, or of what had been read if that is less.
 *
 * - **Rotation by renaming** (`app.log` becomes `app.log.1`, a new `app.log` begins) is followed, while the job runs and over
 *   restarts: the renamed file is read to its end, then those that were rotated in between, then the new one from its
 *   beginning; also if the old one was compressed meanwhile. Let `path` name the log file itself. While the job runs, it leaves
 *   the old file at the second look that finds nothing more in it and something in the new one.
 * - **A file that is cut (copytruncate), overwritten, or gone before it was read** ends the job with a sentence, and after a
 *   restart so does another file in its place. While the job runs, a file that was removed is read to its end.
 * - **A file with another inode and the same bytes so far**, saved by an editor or copied back, is read on.
 * - Files of a directory must be complete and stay unchanged: write them under a name that begins with "." or "_", which is not
 *   read, and rename them; `FileSink` does. The last one may grow while it is watched, line by line. A new file must sort
 *   after those that were read already: otherwise it is not read, and a warning is logged. So it is with lines that are added to
 *   a file that was read (always noticed for the last 100 names). Files that were read may be removed, renamed or compressed:
 *   each is read once, also a file with two names.
 *
 * **gzip** is recognised by the first bytes, not by the name; positions count bytes of the text then, so a restart decompresses
 * all before them. Such a file must be complete.
 *
 * A last line without a newline is a record when its file is known to be complete: at the end of a bounded run, or when the next
 * file is begun; until then the rest of the line is waited for.
 *
 * Without `watch`, or in a bounded run, it ends where the last file ends when the source is opened. A record that cannot be
 * decoded becomes a dead letter: its `topic` is the file, `offset` the line (from 1), `value` the line's bytes without newline.
 *
 * @see Flink: FileSource, monitorContinuously(); there one file's records keep their order, here all do
 */
export class FileSource<T> implements Source<T> {
  readonly description: string;
  /** The file or directory that is read. */
  readonly path: string;
  /** Whether it ends with the last file: true without `watch`. */
  readonly bounded: boolean;
  readonly #options: Required<Omit<FileSourceOptions<T>, "timestamp">> & Pick<FileSourceOptions<T>, "timestamp">;

  /**
   * Describes it: no file is touched before the job opens it.
   * @throws {TypeError | RangeError} if an option is invalid
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
   * Lists the files and goes to the committed position.
   * @throws {JobError} if the path cannot be read, or the committed position does not exist any more
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
    const reader = new FileReader({
      files,
      position: position ?? files.start as unknown as FilePosition,
      bound,
      options: this.#options,
      context,
    });
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
