import { RecordError, type RecordOrigin } from "../../src/engine/errors.ts";
import type { Json, Source, SourceContext, SourceReader, SourceSplit, SplitStatus } from "../../src/engine/source.ts";

/** A record of a split, or one that can not be decoded. */
export interface Entry<T> {
  readonly timestampMs: number;
  readonly value?: T;
  /** Thrown by `take()` in place of a value. */
  readonly error?: Error;
}

/** The record `value` at `timestampMs`. */
export function at<T>(timestampMs: number, value: T): Entry<T> {
  return { timestampMs, value };
}

/** A record that can not be decoded. */
export function bad(timestampMs: number, message: string): Entry<never> {
  return { timestampMs, error: new RecordError(message) };
}

interface Log<T> {
  readonly entries: Entry<T>[];
  /** How many have come to the reader; the rest is known to be there. */
  arrived: number;
}

/**
 * A source that is a few arrays: each split a log that outlives its readers, with its length as its end.
 *
 * All of a log is at hand unless `stepwise` is set: then each look of the job brings one more record of each split, so that
 * a short input takes many rounds.
 */
export class ScriptSource<T> implements Source<T> {
  readonly description: string;
  readonly topics?: readonly string[];
  /** What was done with readers: "open", "start", "close". */
  readonly calls: string[] = [];
  /** What `open()` got, in order. */
  readonly contexts: SourceContext[] = [];
  stepwise = false;
  /** Called for each look of the job at a reader. */
  onPoll: () => void | Promise<void> = () => {};
  readonly #logs: Map<string, Log<T>>;
  #wake: () => void = () => {};

  constructor(logs: Readonly<Record<string, readonly Entry<T>[]>>, topics?: readonly string[]) {
    this.#logs = new Map(
      Object.entries(logs).map(([id, entries]) => [id, { entries: [...entries], arrived: Number.POSITIVE_INFINITY }]),
    );
    this.description = `script ${Object.keys(logs).join(", ")}`;
    if (topics !== undefined) this.topics = topics;
  }

  /** Records that have just come. */
  append(split: string, ...entries: readonly Entry<T>[]): void {
    let log = this.#logs.get(split);
    if (log === undefined) this.#logs.set(split, log = { entries: [], arrived: Number.POSITIVE_INFINITY });
    log.entries.push(...entries);
    this.#wake();
  }

  /** Records that are known to be there but do not come before `arrive()`. */
  announce(split: string, ...entries: readonly Entry<T>[]): void {
    const log = this.#logs.get(split)!;
    log.arrived = Math.min(log.arrived, log.entries.length);
    log.entries.push(...entries);
  }

  arrive(split: string): void {
    this.#logs.get(split)!.arrived = Number.POSITIVE_INFINITY;
    this.#wake();
  }

  remove(split: string): void {
    this.#logs.delete(split);
  }

  open(context: SourceContext): Promise<SourceReader<T>> {
    this.calls.push("open");
    this.contexts.push(context);
    this.#wake = context.wake;
    const splits = [...this.#logs].map(([id, log]) => {
      const start = context.restored?.get(id) ??
        (context.restored !== undefined || context.from === "earliest" ? 0 : log.entries.length);
      const bound = context.bounded ? context.restoredBounds?.get(id) ?? log.entries.length : undefined;
      if (this.stepwise) log.arrived = start as number;
      return new ScriptSplit(id, log, start as number, bound as number | undefined);
    });
    return Promise.resolve({
      splits,
      start: () => void this.calls.push("start"),
      poll: () => {
        if (this.stepwise) { for (const log of this.#logs.values()) log.arrived++; }
        return this.onPoll() ?? undefined;
      },
      close: () => {
        this.calls.push("close");
        return Promise.resolve();
      },
    });
  }
}

class ScriptSplit<T> implements SourceSplit<T> {
  readonly id: string;
  readonly bound: number | undefined;
  readonly #log: Log<T>;
  #next: number;

  constructor(id: string, log: Log<T>, next: number, bound: number | undefined) {
    this.id = id;
    this.#log = log;
    this.#next = next;
    this.bound = bound;
  }

  get #end(): number {
    return this.bound ?? this.#log.entries.length;
  }

  get status(): SplitStatus {
    if (this.bound !== undefined && this.#next >= this.bound) return "finished";
    if (this.#next >= this.#end) return "caughtUp";
    return this.#next < this.#log.arrived ? "ready" : "pending";
  }

  get nextTimestampMs(): number {
    return this.#log.entries[this.#next]!.timestampMs;
  }

  take(): T {
    const { value, error } = this.#log.entries[this.#next++]!;
    if (error !== undefined) throw error;
    return value as T;
  }

  origin(): RecordOrigin | undefined {
    const offset = this.#next - 1;
    const { timestampMs } = this.#log.entries[offset]!;
    return { topic: this.id, partition: 0, offset, timestampMs, key: null, value: null, headers: undefined };
  }

  get position(): Json {
    return this.#next;
  }

  get lag(): number {
    return this.#end - this.#next;
  }
}
