import { JobError, type Json, type SinkWriter } from "../../engine/mod.ts";
import type { Encoder } from "./encoder.ts";
import { exists, type PartFiles } from "./part_files.ts";

const encoder = new TextEncoder();
const BUFFER_BYTES = 1 << 16;
/** A larger buffer is not kept. */
const MAX_BUFFER_BYTES = 1 << 20;

/** The sink's part of a commit. */
export interface FileSinkCommit {
  readonly dir: string;
  readonly prefix: string;
  readonly suffix: string;
  /** Number of times that the sink has been opened; part of the names of hidden files. */
  readonly attempt: number;
  /** The number of the next part. */
  readonly next: number;
  /** Parts that this commit makes visible. */
  readonly pending: readonly number[];
}

/** What a {@link PartWriter} is made of. */
export interface PartWriterOptions<T> {
  readonly parts: PartFiles;
  readonly encoder: Encoder<T>;
  readonly rollBytes: number;
  /** Number of times that the sink has been opened. */
  readonly attempt: number;
  /** The number of the first part to be written. */
  readonly next: number;
}

/** Writes lines into hidden part files, and makes those of a commit visible after it. */
export class PartWriter<T> implements SinkWriter<T> {
  readonly #parts: PartFiles;
  readonly #encoder: Encoder<T>;
  readonly #rollBytes: number;
  readonly #attempt: number;
  #next: number;
  /** Parts that were closed since the last commit was prepared, and those of the prepared commit. */
  #closed: number[] = [];
  #prepared: number[] = [];
  #file: Deno.FsFile | undefined;
  #buffer = new Uint8Array(BUFFER_BYTES);
  /** The buffer in use while the other one is written to the file. */
  #spare: Uint8Array<ArrayBuffer> | undefined;
  #used = 0;
  /** Places in the buffer where a part ends. */
  #cuts: number[] = [];
  /** `#used` and `#partBytes` before each record since the last flush. */
  #marks: number[] = [];
  /** Bytes of the last part, in the buffer and in its file. */
  #partBytes = 0;

  constructor({ parts, encoder, rollBytes, attempt, next }: PartWriterOptions<T>) {
    this.#parts = parts;
    this.#encoder = encoder;
    this.#rollBytes = rollBytes;
    this.#attempt = attempt;
    this.#next = next;
  }

  write(value: T): void {
    const line = this.#encoder.encode(value);
    this.#marks.push(this.#used, this.#partBytes);
    const { header } = this.#encoder;
    if (this.#partBytes === 0 && header !== undefined) this.#append(header);
    this.#append(line);
    if (this.#partBytes < this.#rollBytes) return;
    this.#cuts.push(this.#used);
    this.#partBytes = 0;
  }

  takeBack(records: number): void {
    this.#partBytes = this.#marks[this.#marks.length - 2 * records + 1]!;
    this.#used = this.#marks[this.#marks.length - 2 * records]!;
    this.#marks.length -= 2 * records;
    this.#cuts = this.#cuts.filter((cut) => cut <= this.#used);
  }

  async flush(): Promise<void> {
    this.#marks = [];
    if (this.#used === 0) return;
    const bytes = this.#buffer.subarray(0, this.#used);
    const cuts = this.#cuts;
    this.#used = 0;
    this.#cuts = [];
    const buffer = this.#buffer;
    this.#buffer = this.#spare ?? new Uint8Array(BUFFER_BYTES);
    this.#spare = undefined;
    let from = 0;
    for (const cut of cuts) {
      await this.#writeOut(bytes.subarray(from, cut));
      await this.#closePart();
      from = cut;
    }
    if (from < bytes.length) await this.#writeOut(bytes.subarray(from));
    if (buffer.length <= MAX_BUFFER_BYTES) this.#spare = buffer;
  }

  async prepareCommit(): Promise<Json> {
    await this.flush();
    this.#partBytes = 0;
    await this.#closePart();
    if (this.#closed.length > 0) await this.#parts.sealNames();
    this.#prepared.push(...this.#closed);
    this.#closed = [];
    const { dir, prefix, suffix } = this.#parts;
    return {
      dir,
      prefix,
      suffix,
      attempt: this.#attempt,
      next: this.#next,
      pending: [...this.#prepared],
    } satisfies FileSinkCommit;
  }

  async committed(): Promise<void> {
    if (this.#prepared.length === 0) return;
    for (const number of this.#prepared) {
      if (await this.#parts.publish({ number, attempt: this.#attempt })) continue;
      const path = this.#parts.path(number);
      // Another instance may have taken over after the commit and renamed it.
      if (await exists(path)) continue;
      throw new JobError(`Cannot make "${path}" visible: its hidden file is gone, and its records with it`);
    }
    // Before the next commit, which no longer holds them.
    await this.#parts.sealNames();
    this.#prepared = [];
  }

  /** Closes the files. Uncommitted parts stay hidden for the next attempt to remove: another instance may own their names by now. */
  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #append(line: string): void {
    // A UTF-16 unit takes at most three bytes.
    const most = line.length * 3 + 1;
    if (this.#buffer.length - this.#used < most) {
      const buffer = new Uint8Array(Math.max(2 * this.#buffer.length, this.#used + most));
      buffer.set(this.#buffer.subarray(0, this.#used));
      this.#buffer = buffer;
    }
    const { written } = encoder.encodeInto(line, this.#buffer.subarray(this.#used));
    this.#buffer[this.#used + written] = 0x0a;
    this.#used += written + 1;
    this.#partBytes += written + 1;
  }

  async #writeOut(bytes: Uint8Array): Promise<void> {
    const part = { number: this.#next, attempt: this.#attempt };
    this.#file ??= await this.#parts.create(part);
    await this.#parts.write(part, this.#file, bytes);
  }

  async #closePart(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    await this.#parts.seal({ number: this.#next, attempt: this.#attempt }, file);
    this.#file = undefined;
    this.#closed.push(this.#next++);
  }
}
