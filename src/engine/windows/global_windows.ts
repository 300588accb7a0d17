import { EndOfStreamTrigger, NeverTrigger } from "./global_triggers.ts";
import type { Trigger } from "./trigger.ts";
import { GlobalWindow } from "./window.ts";
import { WindowAssigner } from "./window_assigner.ts";

/**
 * One window per key, which never ends: it emits nothing without a `trigger()`, and holds all records until the trigger purges
 * it. What it emits has the timestamp {@link GlobalWindow.MAX_TIMESTAMP}. No record is late.
 */
export class GlobalWindows extends WindowAssigner<unknown, GlobalWindow> {
  /** For explain, and stored with the state. */
  readonly description: string;
  readonly #trigger: Trigger<unknown, GlobalWindow>;
  readonly #windows = [GlobalWindow.get()];

  private constructor(description: string, trigger: Trigger<unknown, GlobalWindow>) {
    super();
    this.description = description;
    this.#trigger = trigger;
  }

  /** Windows that never fire by themselves: set a `trigger()`. */
  static create(): GlobalWindows {
    return new GlobalWindows("GlobalWindows()", new NeverTrigger());
  }

  /**
   * Windows that fire once, when a bounded input has come to its end. What was in the window stays there, and a later run of the job emits
   * it again for keys that have new records. (Flink sorts the operator's input by key and sends it no other watermark; the
   * results are the same.)
   */
  static createWithEndOfStreamTrigger(): GlobalWindows {
    return new GlobalWindows("GlobalWindows(end of stream)", new EndOfStreamTrigger());
  }

  /** @internal */
  override assignWindows(): readonly GlobalWindow[] {
    return this.#windows;
  }

  /** @internal */
  override windowOf(): GlobalWindow {
    return GlobalWindow.get();
  }

  /** @internal */
  override getDefaultTrigger(): Trigger<unknown, GlobalWindow> {
    return this.#trigger;
  }

  /** @internal */
  override isEventTime(): boolean {
    return false;
  }
}
