import type { Window } from "./window.ts";
import type { MergingWindowAssigner } from "./window_assigner.ts";

/** The open windows of a key as they are stored: each one's id, and the id under which its contents are kept. */
export type OpenWindows = readonly (readonly [window: string, stateWindow: string])[];

/** Told when windows become one. */
export interface MergeListener<W extends Window> {
  /**
   * @param result the one
   * @param merged those that are no more, in order of time
   * @param stateWindow where the contents of the one are kept from now on
   * @param mergedStateWindows where the other contents are
   */
  onMerge(result: W, merged: readonly W[], stateWindow: string, mergedStateWindows: readonly string[]): void;
}

/**
 * The open windows of one key, of which those that overlap become one.
 *
 * A window grows with nearly every record, its contents should not move each time: they stay under the id of the first window
 * they were in, the state window.
 * @see Flink: MergingWindowSet
 */
export class MergingWindowSet<W extends Window> {
  readonly #assigner: MergingWindowAssigner<never, W>;
  readonly #stateWindows: Map<string, string>;
  #changed = false;

  constructor(assigner: MergingWindowAssigner<never, W>, stored: OpenWindows = []) {
    this.#assigner = assigner;
    this.#stateWindows = new Map(stored);
  }

  /** What to store now; undefined if it is what was stored. */
  get changes(): OpenWindows | undefined {
    return this.#changed ? [...this.#stateWindows] : undefined;
  }

  /** Where the contents of an open window are. */
  stateWindow(window: W): string | undefined {
    return this.#stateWindows.get(window.id);
  }

  /** Opens a window. @returns it, or the one of which it is a part */
  add(added: W, listener: MergeListener<W>): W {
    let result = added;
    const windows = [...this.#stateWindows.keys()].map((id) => this.#assigner.windowOf(id));
    this.#assigner.mergeWindows([...windows, added], (toBeMerged, mergeResult) => {
      const merged = toBeMerged.filter((window) => window !== added);
      if (merged.length < toBeMerged.length) result = mergeResult;
      this.#merge(merged, mergeResult, listener);
    });
    if (!this.#stateWindows.has(result.id)) this.#put(result, result.id);
    return result;
  }

  /** Forgets a window. */
  retire(window: W): void {
    if (this.#stateWindows.delete(window.id)) this.#changed = true;
  }

  #merge(merged: readonly W[], result: W, listener: MergeListener<W>): void {
    // A window into which the new one fits stays what it is, and one that equals it, too. (Of two equal ones Flink takes only
    // the new one, and loses the contents of a session that has grown to its size, as dynamic gaps can make it.)
    if (merged.length === 1 && merged[0]!.id === result.id) return;
    const [stateWindow, ...mergedStateWindows] = merged.map(({ id }) => this.#stateWindows.get(id)!);
    for (const { id } of merged) this.#stateWindows.delete(id);
    this.#put(result, stateWindow!);
    listener.onMerge(result, merged, stateWindow!, mergedStateWindows);
  }

  #put(window: W, stateWindow: string): void {
    this.#stateWindows.set(window.id, stateWindow);
    this.#changed = true;
  }
}
