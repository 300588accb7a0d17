import { Edge, type FanOut } from "../runtime/edge.ts";
import type { Task } from "../runtime/task.ts";
import type { Journal, Undoable } from "../state/journal.ts";

/**
 * What an edge carries: a record as `[value, timestampMs]`, a watermark as `{ watermark: ms }`, or a change between idle and
 * active.
 */
export type Flow<T = unknown> =
  | readonly [value: T, timestampMs: number]
  | { readonly watermark: number }
  | "idle"
  | "active";

/** The end of an edge, which keeps all that arrives. */
export class Probe<T = unknown> extends Edge implements Undoable {
  readonly #journal: Journal | undefined;
  #flows: Flow<T>[] = [];

  /** @param journal undoes the output of a record at which a function has thrown; left out: nothing is undone */
  constructor(journal?: Journal) {
    // There is no task behind it, and this class overrides all that would use one.
    super(undefined as unknown as Task, 0, 0);
    this.#journal = journal;
  }

  override get timeThrough(): FanOut | undefined {
    return undefined;
  }

  override collect(value: unknown, timestampMs: number): void {
    this.#flows.push([value as T, timestampMs]);
    this.#journal?.log(this, undefined);
  }

  undo(): void {
    this.#flows.pop();
  }

  override emitWatermark(watermark: number): void {
    this.#flows.push({ watermark });
  }

  override emitIdle(idle: boolean): void {
    this.#flows.push(idle ? "idle" : "active");
  }

  /** What has arrived since the last call. */
  take(): Flow<T>[] {
    const flows = this.#flows;
    this.#flows = [];
    return flows;
  }
}
