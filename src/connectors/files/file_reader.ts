import {
  type Clock,
  JobError,
  type Json,
  type SourceContext,
  type SourceReader,
  type SplitStatus,
} from "../../engine/mod.ts";
import { type FileList, type FilePlace, type FilePosition, positionOf } from "./file_list.ts";
import { type FileRest, FileSplit } from "./file_split.ts";
import type { FileDecoder, FileFormat } from "./format.ts";
import { type FileOffset, OpenFile } from "./open_file.ts";

/** All files are one split: splits are fixed when a source is opened, files come later. */
export const FILES_SPLIT = "files";

/** Where a run ends. */
export type Bound = { readonly file: string; readonly offset: number };

/** See `FileSourceOptions`. */
interface FileReaderOptions<T> {
  readonly format: FileFormat<T>;
  readonly pollMs: number;
  readonly maxRecordBytes: number;
  readonly timestamp?: (value: T) => number;
}

/** Reads ahead, file by file, as far as the job keeps up. */
export class FileReader<T> implements SourceReader<T>, FileRest {
  readonly splits: readonly [FileSplit<T>];
  status: Exclude<SplitStatus, "ready"> = "pending";
  readonly #files: FileList;
  /** Null: there was no file. Undefined: it does not end. */
  readonly #bound: Bound | null | undefined;
  readonly #options: FileReaderOptions<T>;
  readonly #clock: Clock;
  readonly #wake: () => void;
  readonly #closed = new AbortController();
  /** While no file is open. */
  #position: FilePosition | null;
  #file: OpenFile | undefined;
  #decoder: FileDecoder<T> | undefined;
  /** Length of the open file, bytes, as of the last look. */
  #size = 0;
  #loop: Promise<void> | undefined;
  #roomWanted: (() => void) | undefined;
  #error: unknown;

  constructor(
    files: FileList,
    position: FilePosition | null,
    bound: Bound | null | undefined,
    options: FileReaderOptions<T>,
    { clock, wake }: SourceContext,
  ) {
    this.#files = files;
    this.#position = position;
    this.#bound = bound;
    this.#options = options;
    this.#clock = clock;
    this.#wake = wake;
    this.splits = [new FileSplit(FILES_SPLIT, bound as Json | undefined, this, options.timestamp)];
    this.#settle();
  }

  get position(): Json {
    const file = this.#file;
    if (file === undefined) return this.#position as Json;
    return positionOf(this.#files.current!, file, !file.hasRest && file.readTo >= this.#size);
  }

  get bytes(): number {
    const file = this.#file;
    const end = Math.min(this.#size, this.#currentBound ?? Number.POSITIVE_INFINITY);
    return (file === undefined ? 0 : Math.max(0, end - file.readTo)) + this.#files.bytesAhead;
  }

  /** Where the file at work is not to be read beyond. */
  get #currentBound(): number | undefined {
    return this.#bound?.file === this.#files.current?.name ? this.#bound?.offset : undefined;
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
    this.#file?.close();
    this.#file = undefined;
  }

  /** Opens the file that is at work, there. */
  async openCurrent(from: FileOffset): Promise<void> {
    const { name } = this.#files.current!;
    const decoder = this.#options.format.open();
    const file = await OpenFile.open(this.#files.pathOf(name), decoder, this.#options.maxRecordBytes, from);
    this.#decoder = decoder;
    this.#file = file;
    this.#size = file.size;
    this.#settle();
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
    // The later file was seen before this one's end was: nothing came between.
    const complete = !more && (this.#bound !== undefined || this.#files.hasNext);
    if (!more && bound !== undefined) checkLength(file, bound, file.readTo);
    this.#push(place, file, complete);
    if (more) return true;
    return await this.#openNext();
  }

  async #openNext(): Promise<boolean> {
    if (!this.#files.hasNext) return false;
    this.#position = this.position as unknown as FilePosition;
    this.#file?.close();
    this.#file = undefined;
    this.#files.advance();
    await this.openCurrent({ offset: 0, line: 1 });
    return true;
  }

  #push(place: FilePlace, file: OpenFile, last: boolean): void {
    const records = file.takeRecords(last);
    if (records.length === 0) return;
    this.splits[0].push({ place, path: file.path, decoder: this.#decoder!, records });
    this.#wake();
  }

  /** Whether anything has come since all was read. */
  async #look(): Promise<void> {
    const file = this.#file;
    if (file !== undefined) {
      // A file that is read may be removed.
      this.#size = await this.#files.sizeOf(this.#files.current!.name) ?? file.readTo;
      checkLength(file, file.readTo, this.#size);
    }
    await this.#files.look();
    this.#settle();
  }

  /** Until the reading shows otherwise. */
  #settle(): void {
    this.status = this.bytes > 0 || this.#files.hasNext
      ? "pending"
      : this.#bound === undefined
      ? "caughtUp"
      : "finished";
  }
}

function checkLength({ path }: OpenFile, expected: number, found: number): void {
  if (found >= expected) return;
  throw new JobError(
    `Cannot go on reading "${path}" at byte ${expected}: it has ${found} bytes now; ` +
      "files must stay as they are while they are read",
  );
}
