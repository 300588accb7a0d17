import { JobError } from "../../engine/mod.ts";
import { fileError } from "./errors.ts";

/** A part that is not visible yet. The attempt tells the files of two instances of a job apart. */
export interface HiddenPart {
  readonly number: number;
  /** Number of times that the sink has been opened, from 1. */
  readonly attempt: number;
}

/** Digits of a part's number, padded with zeros so that names sort by numbers. */
const DIGITS = 10;

/**
 * The part files of one sink in a directory: `part-0000000007.jsonl`, and while it is written and not committed
 * `.part-0000000007.jsonl.3.inprogress`.
 */
export class PartFiles {
  readonly dir: string;
  readonly prefix: string;
  readonly suffix: string;

  constructor(dir: string, prefix: string, suffix: string) {
    this.dir = dir;
    this.prefix = prefix;
    this.suffix = suffix;
  }

  /** Creates the directory if it does not exist. */
  async createDirectory(): Promise<void> {
    await this.#do("write to", this.dir, () => Deno.mkdir(this.dir, { recursive: true }));
  }

  create(part: HiddenPart): Promise<Deno.FsFile> {
    const path = this.#hiddenPath(part);
    return this.#do("write", path, () => Deno.open(path, { write: true, createNew: true }));
  }

  async write(part: HiddenPart, file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
    await this.#do("write", this.#hiddenPath(part), async () => {
      for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
    });
  }

  /** Writes a part's bytes to the disk, so that not even a power failure loses them. */
  async seal(part: HiddenPart, file: Deno.FsFile): Promise<void> {
    await this.#do("write", this.#hiddenPath(part), () => file.sync());
    file.close();
  }

  /** Writes the directory to the disk, so that a power failure does not undo creating, renaming and removing files. */
  async sealNames(): Promise<void> {
    // On Windows a directory cannot be opened.
    if (Deno.build.os === "windows") return;
    await this.#do("write to", this.dir, async () => {
      using dir = await Deno.open(this.dir);
      await dir.sync();
    });
  }

  /** Makes a part visible. @returns false if its hidden file does not exist, or no longer does */
  async publish(part: HiddenPart): Promise<boolean> {
    const path = this.path(part.number);
    const hidden = this.#hiddenPath(part);
    if (!await exists(hidden)) return false;
    // Renaming would replace the file.
    if (await exists(path)) throw this.#notOurs(part.number);
    await this.#do("write", path, () => Deno.rename(hidden, path));
    return true;
  }

  async remove(part: HiddenPart): Promise<void> {
    const path = this.#hiddenPath(part);
    await this.#do("remove", path, () => Deno.remove(path));
  }

  /** The parts of the sink in the directory. */
  async list(): Promise<{ readonly visible: number[]; readonly hidden: HiddenPart[] }> {
    const name = `${RegExp.escape(this.prefix)}-(\\d{${DIGITS},})${RegExp.escape(this.suffix)}`;
    const pattern = new RegExp(`^(?:${name}|\\.${name}\\.(\\d+)\\.inprogress)$`);
    const visible: number[] = [];
    const hidden: HiddenPart[] = [];
    await this.#do("read", this.dir, async () => {
      for await (const entry of Deno.readDir(this.dir)) {
        const [, shown, number, attempt] = pattern.exec(entry.name) ?? [];
        if (shown !== undefined) visible.push(Number(shown));
        if (number !== undefined) hidden.push({ number: Number(number), attempt: Number(attempt) });
      }
    });
    return { visible, hidden };
  }

  /** @throws {JobError} if the directory has a part that no commit of this job has written */
  checkVisible(visible: readonly number[], next: number): void {
    const foreign = visible.find((number) => number >= next);
    if (foreign !== undefined) throw this.#notOurs(foreign);
  }

  path(number: number): string {
    return `${this.dir}/${this.#name(number)}`;
  }

  /** Whether the parts of a sink in `dir` have that path. */
  owns(dir: string, path: string): boolean {
    const name = path.slice(dir.length + 1);
    return path.startsWith(`${dir}/`) && name.startsWith(`${this.prefix}-`) && name.endsWith(this.suffix) &&
      !name.includes("/");
  }

  #hiddenPath({ number, attempt }: HiddenPart): string {
    return `${this.dir}/.${this.#name(number)}.${attempt}.inprogress`;
  }

  #name(number: number): string {
    return `${this.prefix}-${String(number).padStart(DIGITS, "0")}${this.suffix}`;
  }

  #notOurs(number: number): JobError {
    return new JobError(
      `Cannot write part files to "${this.dir}": "${this.#name(number)}" is there and no commit of this job made it; ` +
        "give each job that writes there a prefix of its own, or move the file away",
    );
  }

  async #do<T>(what: string, path: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw fileError(what, path, error);
    }
  }
}

/** @throws {JobError} if it cannot be found out */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw fileError("read", path, error);
  }
}
