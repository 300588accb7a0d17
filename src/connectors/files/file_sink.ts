import { type JobStore, type Sink, type SinkContext, type SinkWriter, type Source } from "../../engine/mod.ts";
import { type Encoder, JsonLinesEncoder, SimpleStringEncoder } from "./encoder.ts";
import { fedSource } from "./fed_source.ts";
import { exists, PartFiles } from "./part_files.ts";
import { type FileSinkCommit, PartWriter } from "./part_writer.ts";

/** Where a {@link FileSink} writes, and how. */
export interface FileSinkOptions<T> {
  /** The directory, created if it does not exist. */
  readonly dir: string;
  /** How values are written; default: JSON lines. The files of a function are named ".txt". */
  readonly format?: Encoder<T> | ((value: T) => string);
  /** The beginning of the files' names; each job that writes to the directory needs its own. Default "part". */
  readonly prefix?: string;
  /** The end of the files' names; default: the format's, ".jsonl" for JSON lines. */
  readonly suffix?: string;
  /** Size at which a part is closed and another one begun, bytes, > 0; default 128 MiB. */
  readonly rollBytes?: number;
}

const DEFAULT_ROLL_BYTES = 128 << 20;

/**
 * Writes values into part files of a directory, `part-0000000000.jsonl`, `part-0000000001.jsonl`, … in the order of the
 * commits: exactly once with any store, at least once without one.
 *
 * A part is written under a hidden name and renamed after the commit that holds its records, so nothing partial is ever
 * visible. Each commit with records ends a part, however small: the job's `commitIntervalMs` decides how many there are.
 * An attempt that dies leaves hidden files; the next one renames those that were committed and removes the others. The
 * bytes are on the disk before their commit.
 *
 * Visible files are never touched again: move them away, or read them with a `FileSource` that watches the directory. A job
 * that is reset goes on behind the highest number that it finds there.
 *
 * @see Flink: FileSink, OnCheckpointRollingPolicy; numbers have ten digits here, so that names sort as they were written
 */
export class FileSink<T> implements Sink<T> {
  readonly description: string;
  readonly #parts: PartFiles;
  readonly #encoder: Encoder<T>;
  readonly #rollBytes: number;

  /**
   * Describes it: no file is touched before the job opens it.
   * @throws {TypeError | RangeError} if an option is invalid
   */
  constructor({ dir, format, prefix = "part", suffix, rollBytes = DEFAULT_ROLL_BYTES }: FileSinkOptions<T>) {
    if (typeof dir !== "string" || dir === "") {
      throw new TypeError(`Cannot create a file sink as dir must name a directory: current value is "${dir}"`);
    }
    if (!/^[^._/\\][^/\\]*$/.test(prefix) || /[/\\]/.test(suffix ?? "")) {
      throw new RangeError(
        `Cannot create a file sink in "${dir}" as prefix and suffix must make names that do not begin with "." or "_" and ` +
          `hold no slash: current values are "${prefix}" and "${suffix ?? ""}"`,
      );
    }
    if (!(rollBytes > 0)) {
      throw new RangeError(
        `Cannot create a file sink in "${dir}" as rollBytes must be > 0: current value is ${rollBytes}`,
      );
    }
    this.#encoder = typeof format === "function" ? new SimpleStringEncoder(format) : format ?? new JsonLinesEncoder();
    this.#parts = new PartFiles(dir, prefix, suffix ?? this.#encoder.suffix);
    this.#rollBytes = rollBytes;
    this.description = `files in "${dir}"`;
  }

  exactlyOnceWith(store: JobStore | undefined): boolean {
    return store !== undefined;
  }

  feeds(source: Source<unknown>): Promise<string | undefined> {
    return fedSource(this.#parts, source);
  }

  /**
   * Finishes what a crash has left, and goes on behind it.
   * @throws {JobError} if the directory cannot be written to, or another job writes files of these names there
   */
  async open({ restored, logger }: SinkContext): Promise<SinkWriter<T>> {
    const parts = this.#parts;
    const last = restored as unknown as FileSinkCommit | undefined;
    await parts.createDirectory();
    if (last !== undefined) {
      const finished = await finish(last);
      if (finished > 0) {
        logger.info(`${this.description}: made ${finished} committed files visible that a crash had left`);
      }
    }
    const attempt = (last?.attempt ?? 0) + 1;
    const { visible, hidden } = await parts.list();
    let next: number;
    if (last !== undefined && last.dir === parts.dir && last.prefix === parts.prefix && last.suffix === parts.suffix) {
      parts.checkVisible(visible, last.next);
      next = last.next;
    } else {
      for (const part of hidden) await parts.remove(part);
      next = visible.reduce((highest, number) => Math.max(highest, number), -1) + 1;
    }
    return new PartWriter({ parts, encoder: this.#encoder, rollBytes: this.#rollBytes, attempt, next });
  }
}

/**
 * Finishes what the last attempt left: its committed parts become visible, its others are removed. Hidden files of other attempts
 * stay: an instance that counted as dead and wakes up here must not remove those of its successor.
 */
async function finish({ dir, prefix, suffix, attempt, pending }: FileSinkCommit): Promise<number> {
  const parts = new PartFiles(dir, prefix, suffix);
  let finished = 0;
  for (const number of pending) {
    // Missing parts are visible already, or have been moved away since.
    if (await parts.publish({ number, attempt })) finished++;
  }
  if (!await exists(dir)) return finished; // it was moved away, and the job has another one
  const { hidden } = await parts.list();
  for (const part of hidden) {
    if (part.attempt === attempt) await parts.remove(part);
  }
  // Also if another attempt has renamed them: it may have died before this step.
  if (pending.length > 0) await parts.sealNames();
  return finished;
}
