import type { Window } from "./window.ts";
import type { MergingWindowAssigner } from "./window_assigner.ts";

/** The stored form of a key's open windows: the id of each, and the id under which its contents are kept. */
export type OpenWindows = readonly (readonly [window: string, stateWindow: string])[];

const NO_WINDOWS: OpenWindows = [];

/** Called when windows merge. */
export interface MergeListener<W extends Window> {
  /**
   * @param result the merged window
   * @param merged the windows that it replaces, in order of time
   * @param stateWindow the id under which its contents are kept from now on
   * @param mergedStateWindows the ids under which the other contents are kept
   */
  onMerge(result: W, merged: readonly W[], stateWindow: string, mergedStateWindows: readonly string[]): void;
}

/**
 * The open windows of one key, of which those that overlap merge.
 *
 * A window grows with nearly every record, but its contents should not move each time: they stay under the id of their first
 * window, the state window.
 * @see Flink: MergingWindowSet
 */
export class MergingWindowSet<W extends Window> {
  readonly #assigner: MergingWindowAssigner<never, W>;
  // Mostly one or two: a list is searched as fast as a map, and need not be made anew for each record.
  #open: OpenWindows;
  #changed = false;

  constructor(assigner: MergingWindowAssigner<never, W>, stored: OpenWindows = NO_WINDOWS) {
    this.#assigner = assigner;
    this.#open = stored;
  }

  /** What has to be stored; undefined if it has not changed. */
  get changes(): OpenWindows | undefined {
    return this.#changed ? this.#open : undefined;
  }

  /** The id under which the contents of an open window are kept. */
  stateWindow({ id }: W): string | undefined {
    for (const [window, stateWindow] of this.#open) if (window === id) return stateWindow;
    return undefined;
  }

  /** The open window whose contents are kept under that id; undefined if no window is open for it. */
  windowOfState(stateWindow: string): W | undefined {
    for (const [id, its] of this.#open) if (its === stateWindow) return this.#assigner.windowOf(id);
    return undefined;
  }

  /** Opens a window. @returns it, or the window into which it has merged */
  add(added: W, listener: MergeListener<W>): W {
    let result = added;
    if (this.#open.length > 0) {
      const windows = this.#open.map(([id]) => this.#assigner.windowOf(id));
      windows.push(added);
      this.#assigner.mergeWindows(windows, (toBeMerged, mergeResult) => {
        const merged = toBeMerged.filter((window) => window !== added);
        if (merged.length < toBeMerged.length) result = mergeResult;
        this.#merge(merged, mergeResult, listener);
      });
    }
    if (this.stateWindow(result) === undefined) this.#put([], result, result.id);
    return result;
  }

  /** Removes a window. */
  retire(window: W): void {
    const left = this.#open.filter(([id]) => id !== window.id);
    this.#changed ||= left.length < this.#open.length;
    this.#open = left;
  }

  #merge(merged: readonly W[], result: W, listener: MergeListener<W>): void {
    // A window that covers the new one, or equals it, stays as it is. (Of two equal ones Flink keeps only the new one, and loses
    // the contents of a session that has grown to the same size, as dynamic gaps can make it.)
    if (merged.length === 1 && merged[0]!.id === result.id) return;
    const [stateWindow, ...mergedStateWindows] = merged.map((window) => this.stateWindow(window)!);
    this.#put(merged, result, stateWindow!);
    listener.onMerge(result, merged, stateWindow!, mergedStateWindows);
  }

  /** Puts `window` behind all others, in place of those that have merged into it. */
  #put(merged: readonly W[], window: W, stateWindow: string): void {
    const others = this.#open.filter(([id]) => !merged.some((each) => each.id === id));
    this.#open = [...others, [window.id, stateWindow]];
    this.#changed = true;
  }
}
