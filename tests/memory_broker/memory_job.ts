import type { Position } from "../../src/connectors/broker.ts";

/** What a broker keeps of a job, and which instance of it is active. */
export class MemoryJob {
  readonly name: string;
  entries = new Map<string, string>();
  /** Of the consumer group of the job's name, by topic and partition. */
  readonly positions = new Map<string, Position>();
  /** The lease of the active instance. */
  #active: object | undefined;
  #standingBy = 0;
  #free = Promise.withResolvers<void>();

  constructor(name: string) {
    this.name = name;
  }

  /** Whether an instance is active or standing by. */
  get running(): boolean {
    return this.#active !== undefined || this.#standingBy > 0;
  }

  get isFree(): boolean {
    return this.#active === undefined;
  }

  isHeldBy(lease: object): boolean {
    return this.#active === lease;
  }

  take(lease: object): void {
    this.#active = lease;
  }

  /** Gives the right to run the job back, or takes it from whoever has it. */
  release(): void {
    this.#active = undefined;
    const { resolve } = this.#free;
    this.#free = Promise.withResolvers();
    resolve();
  }

  /** Resolves when the job was released, though another instance may have it by then. @throws the reason of `signal` */
  async standBy(signal: AbortSignal): Promise<void> {
    const aborted = Promise.withResolvers<never>();
    const stop = () => aborted.reject(signal.reason);
    signal.addEventListener("abort", stop);
    this.#standingBy++;
    try {
      if (signal.aborted) stop();
      await Promise.race([this.#free.promise, aborted.promise]);
    } finally {
      this.#standingBy--;
      signal.removeEventListener("abort", stop);
    }
  }

  /** Adds what a commit has; of two changes of one entry the later one holds. */
  apply(
    changes: Iterable<readonly [entry: string, value: string | null, ...unknown[]]>,
    positions: readonly Position[],
  ): void {
    for (const [entry, value] of changes) {
      if (value === null) this.entries.delete(entry);
      else this.entries.set(entry, value);
    }
    for (const position of positions) this.positions.set(`${position.topic}-${position.partition}`, position);
  }

  forget(): void {
    this.entries = new Map();
    this.positions.clear();
  }
}
