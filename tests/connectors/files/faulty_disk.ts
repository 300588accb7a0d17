/** Thrown where the process dies. */
export class Crash extends Error {
  override name = "Crash";
}

/** How the process dies at a step: before it is done, after it, or (a write) with half of it done. */
export type Death = "before" | "after" | "half";

/** What lies in a file, as far as it would outlive a power failure. */
interface Inode {
  synced: Uint8Array;
}

/**
 * Stands between the program and one directory while it lives: counts each step that touches files, dies at a given one, and
 * knows what a power failure would leave: of a file what was synced, of the names those at the last sync of the directory.
 */
export class FaultyDisk implements Disposable {
  /** Done since the last `arm()`. */
  steps = 0;
  readonly #dir: string;
  readonly #real = { open: Deno.open, rename: Deno.rename, remove: Deno.remove, mkdir: Deno.mkdir, lstat: Deno.lstat };
  readonly #realFile = { write: Deno.FsFile.prototype.write, sync: Deno.FsFile.prototype.sync };
  readonly #inodes = new WeakMap<Deno.FsFile, Inode>();
  /** By path. */
  readonly #names = new Map<string, Inode>();
  #syncedNames = new Map<string, Inode>();
  #dieAt = Number.POSITIVE_INFINITY;
  #death: Death = "before";

  constructor(dir: string) {
    this.#dir = dir;
    // deno-lint-ignore no-this-alias -- patched functions of a prototype have a `this` of their own
    const disk = this;
    const real = this.#real;
    const { write, sync } = this.#realFile;
    Deno.open = (path, options) =>
      disk.step(async () => {
        const file = await real.open(path, options);
        if (options?.createNew) {
          const inode = { synced: new Uint8Array(0) };
          disk.#names.set(String(path), inode);
          disk.#inodes.set(file, inode);
        }
        return file;
      });
    Deno.rename = (from, to) =>
      disk.step(async () => {
        await real.rename(from, to);
        disk.#names.set(String(to), disk.#names.get(String(from))!);
        disk.#names.delete(String(from));
      });
    Deno.remove = (path, options) =>
      disk.step(async () => {
        await real.remove(path, options);
        disk.#names.delete(String(path));
      });
    Deno.mkdir = (path, options) => disk.step(() => real.mkdir(path, options));
    Deno.lstat = (path) => disk.step(() => real.lstat(path));
    Deno.FsFile.prototype.write = function (this: Deno.FsFile, bytes: Uint8Array) {
      // Half of it is written when that is asked for, which is always allowed.
      const half = disk.#dies && disk.#death === "half" ? bytes.subarray(0, bytes.length >> 1) : bytes;
      return disk.step(() => write.call(this, half));
    };
    Deno.FsFile.prototype.sync = function (this: Deno.FsFile) {
      return disk.step(async () => {
        await sync.call(this);
        const inode = disk.#inodes.get(this);
        if (inode === undefined) disk.#syncedNames = new Map(disk.#names);
        else inode.synced = await disk.#contentOf(inode);
      });
    };
  }

  /** From now on the step after so many others is the last. */
  arm(stepsLeft: number, death: Death): void {
    this.steps = 0;
    this.#dieAt = stepsLeft;
    this.#death = death;
  }

  disarm(): void {
    this.#dieAt = Number.POSITIVE_INFINITY;
  }

  /** Anything that may be the last. A test's own steps too: a commit. */
  async step<T>(work: () => T | Promise<T>): Promise<T> {
    const dies = this.#dies;
    this.steps++;
    if (dies && this.#death === "before") throw new Crash();
    if (!dies) return await work();
    // Whether it succeeds or not, nobody learns it.
    const [result] = await Promise.allSettled([work()]);
    if (result.status === "fulfilled" && result.value instanceof Deno.FsFile) result.value.close();
    throw new Crash();
  }

  /** Leaves what was synced. */
  async failPower(): Promise<void> {
    for await (const { name } of Deno.readDir(this.#dir)) await this.#real.remove(`${this.#dir}/${name}`);
    this.#names.clear();
    for (const [path, inode] of this.#syncedNames) {
      await Deno.writeFile(path, inode.synced);
      this.#names.set(path, inode);
    }
  }

  [Symbol.dispose](): void {
    Object.assign(Deno, this.#real);
    Object.assign(Deno.FsFile.prototype, this.#realFile);
  }

  async #contentOf(inode: Inode): Promise<Uint8Array> {
    const path = [...this.#names].find(([, one]) => one === inode)?.[0];
    return path === undefined ? inode.synced : await Deno.readFile(path);
  }

  get #dies(): boolean {
    return this.steps === this.#dieAt;
  }
}
