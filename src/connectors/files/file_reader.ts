import {
  type Clock,
  JobError,
  type Json,
  type Logger,
  type SourceContext,
  type SourceReader,
  type SplitStatus,
} from "../../engine/mod.ts";
import type { FileList } from "./file_list.ts";
import { isSame } from "./file_mark.ts";
import { type FileRest, FileSplit } from "./file_split.ts";
import type { FileDecoder, FileFormat } from "./format.ts";
import { type Bound, type FileOffset, type FilePlace, type FilePosition, positionOf } from "./file_position.ts";
import { OpenFile } from "./open_file.ts";

/** The only split, of all files: splits are fixed when a source is opened, and files come later. */
export const FILES_SPLIT = "files";

/** The options of the source that a reader needs, with their defaults filled in. */
interface FileReaderOptions<T> {
  readonly format: FileFormat<T>;
  readonly pollMs: number;
  readonly maxRecordBytes: number;
  readonly timestamp?: (value: T) => number;
}

/** What a {@link FileReader} is made of. */
export interface FileReaderParts<T> {
  readonly files: FileList;
  readonly position: FilePosition | null;
  /** Where the run ends. Null: at once, as there was no file. Undefined: it is unbounded. */
  readonly bound: Bound | null | undefined;
  readonly options: FileReaderOptions<T>;
  readonly context: SourceContext;
}

/** Reads ahead, file by file, as far as the job keeps up. */
export class FileReader<T> implements SourceReader<T>, FileRest {
  readonly splits: readonly [FileSplit<T>];
  status: Exclude<SplitStatus, "ready"> = "pending";
  readonly #files: FileList;
  /** Where the run ends. Null: at once, as there was no file. Undefined: it is unbounded. */
  readonly #bound: Bound | null | undefined;
  readonly #options: FileReaderOptions<T>;
  readonly #clock: Clock;
  readonly #wake: () => void;
  readonly #logger: Logger;
  #warned = false;
  readonly #closed = new AbortController();
  /** The position while no file is open. */
  #position: FilePosition | null;
  #file: OpenFile | undefined;
  #decoder: FileDecoder<T> | undefined;
  #loop: Promise<void> | undefined;
  #roomWanted: (() => void) | undefined;
  #error: unknown;

  constructor(parts: FileReaderParts<T>) {
    const { files, position, bound, options, context: { clock, wake, logger } } = parts;
    this.#files = files;
    this.#position = position;
    this.#bound = bound;
    this.#options = options;
    this.#clock = clock;
    this.#wake = wake;
    this.#logger = logger;
    this.splits = [new FileSplit(FILES_SPLIT, bound as unknown as Json | undefined, this, options.timestamp)];
    this.#settle();
  }

  get position(): Json {
    const file = this.#file;
    if (file === undefined) return this.#position as Json;
    return positionOf(this.#files.current!, file, { id: file.mark, atEnd: !file.hasRest && file.bytesLeft === 0 });
  }

  get bytes(): number {
    const file = this.#file;
    const left = (this.#currentBound ?? Number.POSITIVE_INFINITY) - (file?.readTo ?? 0);
    return Math.max(0, Math.min(file?.bytesLeft ?? 0, left)) + this.#files.bytesAhead;
  }

  /** Where to stop in the current file, if it is the last one of a bounded run. */
  get #currentBound(): number | undefined {
    return this.#files.hasNext ? undefined : this.#bound?.offset ?? undefined;
  }

  start(): void {
    this.#loop = this.#readAhead();
  }

  poll(): undefined {
    if (this.#error !== undefined) throw this.#error;
    if (this.splits[0].wantsMore) this.#roomWanted?.();
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.#roomWanted?.();
    await this.#loop;
    await this.#file?.close();
    this.#file = undefined;
  }

  /** Opens the current file at an offset. */
  async openCurrent(from: FileOffset): Promise<void> {
    const file = await this.#openFile(from);
    this.#file = file;
    checkLength(file, from.offset);
    this.#settle();
  }

  /** Opens the current file, which may have been renamed since it was seen. */
  async #openFile(from: FileOffset): Promise<OpenFile> {
    const files = this.#files;
    for (;;) {
      const decoder = this.#decoder = this.#options.format.open();
      try {
        const file = await OpenFile.open(files.currentPath, {
          decoder,
          maxRecordBytes: this.#options.maxRecordBytes,
          from,
        });
        const isIt = isSame(file.object, files.currentObject);
        if (isIt || !await files.relocate()) {
          if (!isIt) files.replace(file.object);
          return file;
        }
        await file.close();
      } catch (error) {
        const gone = error instanceof JobError && error.cause instanceof Deno.errors.NotFound;
        if (!gone || !await files.relocate()) throw error;
      }
    }
  }

  async #readAhead(): Promise<void> {
    const { signal } = this.#closed;
    try {
      while (!signal.aborted) {
        if (!this.splits[0].wantsMore) {
          await new Promise<void>((resolve) => this.#roomWanted = resolve);
          this.#roomWanted = undefined;
        } else if (!await this.#advance()) {
          this.status = this.#bound === undefined ? "caughtUp" : "finished";
          this.#wake();
          if (this.status === "finished") return;
          await this.#clock.sleep(this.#options.pollMs, signal);
          await this.#look();
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      this.#error = error;
      this.#wake();
    }
  }

  /** Reads on. @returns false if all is read */
  async #advance(): Promise<boolean> {
    const file = this.#file;
    if (file === undefined) return await this.#openNext();
    const place = this.#files.current!;
    const bound = this.#currentBound;
    const more = await file.fill(bound);
    // Before its bytes become records: if it was cut in the meantime and has grown again, they are other bytes.
    if (more && await file.hasChanged()) await file.look();
    // The later file was seen before the end of this one, so nothing was appended in between.
    const complete = !more && (this.#bound !== undefined || this.#files.hasNext);
    if (!more && bound !== undefined) checkLength(file, bound);
    this.#push(place, file, complete);
    if (more) return true;
    return await this.#openNext();
  }

  async #openNext(): Promise<boolean> {
    if (!this.#files.hasNext) return false;
    this.#position = this.position as unknown as FilePosition;
    const done = this.#file?.done;
    await this.#file?.close();
    this.#file = undefined;
    this.#files.advance(done);
    await this.openCurrent({ offset: 0, line: 1 });
    return true;
  }

  #push(place: FilePlace, file: OpenFile, last: boolean): void {
    const records = file.takeRecords(last);
    if (file.headerWarning !== undefined && !this.#warned) {
      this.#warned = true; // other files will be similar
      this.#logger.warn(`"${file.path}": ${file.headerWarning}`);
    }
    if (records.length === 0) return;
    this.splits[0].push({ place, file, path: file.path, decoder: this.#decoder!, records });
    this.#wake();
  }

  /** Looks for what was added since all was read. */
  async #look(): Promise<void> {
    const file = this.#file;
    if (file === undefined) {
      await this.#files.look({ patient: true });
    } else {
      await file.look();
      if (file.bytesLeft > 0) this.#files.goesOn();
      else await this.#files.look({ atWork: file, patient: true });
    }
    this.#settle();
  }

  /** Sets the status that holds until more is read. */
  #settle(): void {
    this.status = this.bytes > 0 || this.#files.hasNext
      ? "pending"
      : this.#bound === undefined
      ? "caughtUp"
      : "finished";
  }
}

function checkLength({ path, readTo }: OpenFile, expected: number): void {
  if (readTo >= expected) return;
  throw new JobError(
    `Cannot go on reading "${path}" at byte ${expected}: it has ${readTo} bytes now, so it was cut or replaced; ` +
      "put it back, or forget the job's commit with --reset",
  );
}
