import { dirname } from "node:path";

/** Of one burst, events come closer together than this, ms. */
const BURST_MS = 60;
/** The longest wait for the end of a burst, ms. */
const LONGEST_BURST_MS = 1_000;

/**
 * Files whose contents are watched. That a file is written with the contents it had is no change; editors that replace a file
 * instead of writing into it are noticed, as their folders are watched.
 */
export class WatchedFiles implements Disposable {
  readonly #log: (message: string) => void;
  /** Contents as they were when a version was made of them, by path; undefined: no such file. */
  #contents = new Map<string, string | undefined>();
  #watcher: Deno.FsWatcher | undefined;
  #folders = "";
  #events = 0;
  #news = Promise.withResolvers<void>();

  constructor(log: (message: string) => void) {
    this.#log = log;
  }

  /** Takes what the files hold now as their contents, and watches these files from now on. */
  async take(paths: readonly string[]): Promise<void> {
    this.#watch(paths);
    const contents = await Promise.all(paths.map(async (path) => [path, await contentsOf(path)] as const));
    this.#contents = new Map(contents);
  }

  /** Files that hold something else by now. */
  async changed(): Promise<string[]> {
    const paths = [...this.#contents.keys()];
    const isChanged = await Promise.all(paths.map(async (path) => await contentsOf(path) !== this.#contents.get(path)));
    return paths.filter((_, index) => isChanged[index]);
  }

  /** Resolves after a burst of changes that leaves a file changed; at once if one is. */
  async untilChanged(signal: AbortSignal): Promise<void> {
    const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    while (!signal.aborted) {
      const news = this.#news.promise;
      if ((await this.changed()).length > 0) return await this.#endOfBurst();
      await Promise.race([news, aborted]);
    }
  }

  [Symbol.dispose](): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  async #endOfBurst(): Promise<void> {
    for (let waitedMs = 0; waitedMs < LONGEST_BURST_MS; waitedMs += BURST_MS) {
      const events = this.#events;
      await new Promise((resolve) => setTimeout(resolve, BURST_MS));
      if (events === this.#events) return;
    }
  }

  #watch(paths: readonly string[]): void {
    const folders = [...new Set(paths.map((path) => dirname(path)))].sort();
    const name = folders.join("\n");
    if (name === this.#folders && this.#watcher !== undefined) return;
    this[Symbol.dispose]();
    this.#folders = name;
    this.#watcher = this.#open(folders);
    if (this.#watcher !== undefined) void this.#listen(this.#watcher);
  }

  #open(folders: readonly string[]): Deno.FsWatcher | undefined {
    try {
      return Deno.watchFs([...folders], { recursive: false });
    } catch (error) {
      // A folder that is imported from and does not exist.
      const [there] = [folders.filter((folder) => isFolder(folder))];
      if (there.length < folders.length && there.length > 0) return this.#open(there);
      this.#log(`cannot watch ${folders.join(", ")}: ${(error as Error).message}`);
      return undefined;
    }
  }

  async #listen(watcher: Deno.FsWatcher): Promise<void> {
    for await (const { kind } of watcher) {
      if (kind === "access") continue;
      this.#events++;
      const news = this.#news;
      this.#news = Promise.withResolvers();
      news.resolve();
    }
  }
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

async function contentsOf(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch {
    return undefined;
  }
}
