/** What tests of file sources and sinks share: directories of their own, and an open source that is asked as a job asks. */
import type { Logger } from "../../../src/engine/logger.ts";
import type { Json, SourceContext, SourceReader, SourceSplit } from "../../../src/engine/source.ts";
import { FileSource, type FileSourceOptions } from "../../../src/connectors/files/mod.ts";
import { newLog } from "../../engine/logged.ts";
import { ManualClock } from "../../../src/engine/testing/manual_clock.ts";
import { newSequence } from "../../engine/sequence.ts";
import { later } from "../../later.ts";

const FILES = ["read", "write"].every((name) =>
  Deno.permissions.querySync({ name: name as "read" | "write" }).state === "granted"
);

/** Registers a case with a directory of its own, which is removed afterwards. */
export function test(promise: string, body: (dir: string) => Promise<void>): void {
  Deno.test({
    name: `files: ${promise}${FILES ? "" : " (skipped, it needs --allow-read and --allow-write)"}`,
    ignore: !FILES,
    sanitizeOps: true,
    sanitizeResources: true,
    async fn() {
      const dir = Deno.makeTempDirSync();
      try {
        await body(dir);
      } finally {
        await Deno.remove(dir, { recursive: true });
      }
    },
  });
}

export function write(path: string, text: string | Uint8Array): void {
  Deno.writeFileSync(path, typeof text === "string" ? new TextEncoder().encode(text) : text);
}

export function append(path: string, text: string): void {
  Deno.writeTextFileSync(path, text, { append: true });
}

/** A file source opened as by a job; what is committed goes through JSON. */
export class OpenSource<T> implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly log: Logger & { readonly lines: string[] } = newLog();
  reader!: SourceReader<T>;
  wakes = 0;
  #news = Promise.withResolvers<void>();

  static async open<T>(
    options: FileSourceOptions<T>,
    context: { position?: Json; bound?: Json; bounded?: boolean; from?: SourceContext["from"] } = {},
  ): Promise<OpenSource<T>> {
    const opened = new OpenSource<T>();
    const { position, bound, bounded = false, from = "latest" } = context;
    opened.reader = await new FileSource(options).open({
      restored: position === undefined ? undefined : new Map([["files", position]]),
      restoredBounds: bound === undefined ? undefined : new Map([["files", bound]]),
      from,
      bounded,
      logger: opened.log,
      clock: opened.clock,
      sequence: newSequence(),
      wake: () => {
        opened.wakes++;
        opened.#news.resolve();
      },
    });
    return opened;
  }

  get split(): SourceSplit<T> {
    return this.reader.splits[0]!;
  }

  /** As a commit would keep it. */
  get position(): Json {
    return JSON.parse(JSON.stringify(this.split.position));
  }

  start(): this {
    this.reader.start();
    return this;
  }

  /** Until the reader knows what comes next. */
  async settle(): Promise<void> {
    for (;;) {
      this.reader.poll(0);
      if (this.split.status !== "pending") return;
      // Whatever changes the status wakes the job.
      this.#news = Promise.withResolvers();
      await this.#news.promise;
    }
  }

  /** Takes what comes until nothing more does, or so many. Errors stand where their records would. */
  async take(most = Number.POSITIVE_INFINITY): Promise<(T | string)[]> {
    const values: (T | string)[] = [];
    for (;;) {
      if (values.length === most) return values;
      await this.settle();
      if (this.split.status !== "ready") return values;
      try {
        values.push(this.split.take());
      } catch (error) {
        values.push(String(error));
      }
    }
  }

  /** Lets the reader look again at what there is, when it has seen all that there was. */
  async look(): Promise<void> {
    while (this.clock.nextDueMs === Number.POSITIVE_INFINITY) {
      this.reader.poll(0); // it may have ended with an error
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#news = Promise.withResolvers();
    const news = this.#news.promise;
    this.clock.advance(1_000);
    await news;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.reader.close();
  }
}

/** All records of a source that ends. */
export async function readAll<T>(options: FileSourceOptions<T>): Promise<(T | string)[]> {
  await using source = await OpenSource.open(options);
  return await source.start().take();
}

/** Makes every read of a file give few bytes, from 1 to `most` in turn, while it lives. */
export class ShortReads implements Disposable {
  readonly #read = Deno.FsFile.prototype.read;

  constructor(most: number) {
    let count = 0;
    Deno.FsFile.prototype.read = function (this: Deno.FsFile, bytes: Uint8Array) {
      return Promise.resolve(this.readSync(bytes.subarray(0, 1 + count++ % most)));
    };
  }

  [Symbol.dispose](): void {
    Deno.FsFile.prototype.read = this.#read;
  }
}

/** Holds every read of a file back until the test releases it; then it gives three bytes at most. */
export class HeldReads implements Disposable {
  readonly #read = Deno.FsFile.prototype.read;
  #held: () => void = () => {};

  constructor() {
    const hold = (release: () => void) => void (this.#held = release);
    Deno.FsFile.prototype.read = function (this: Deno.FsFile, bytes: Uint8Array) {
      return new Promise((resolve) => hold(() => resolve(this.readSync(bytes.subarray(0, 3)))));
    };
  }

  /** What waits for the bytes goes on in the promises' next turn. */
  release(): void {
    const held = this.#held;
    this.#held = () => {};
    held();
  }

  /** Releases all reads until that is done. */
  async releasingWhile<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const watched = later(work.finally(() => done = true));
    while (!done) {
      this.release();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return await watched;
  }

  [Symbol.dispose](): void {
    Deno.FsFile.prototype.read = this.#read;
  }
}
