import type { KeyedStateStore } from "../../state/state.ts";
import type { Window } from "../../windows/window.ts";
import { type KeyedRuntimeContext, TimestampedCollector, type WindowContext } from "../../functions/functions.ts";
import { runtimeContext } from "../function_context.ts";
import type { OperatorContext } from "../operator.ts";
import type { OutputTag } from "../../side_output.ts";

/** The window at work, as its function sees it. One object serves all windows of an operator. */
export class FiringWindow<W extends Window, OUT> implements WindowContext<W> {
  /** Takes what the function emits. */
  readonly out: TimestampedCollector<OUT> = new TimestampedCollector();
  /** Undefined before the first. */
  current: W | undefined;
  readonly #context: OperatorContext;
  readonly #global: KeyedStateStore;
  readonly #perWindow: KeyedStateStore;
  readonly #merging: boolean;

  /** @param merging whether windows may become one */
  constructor(context: OperatorContext, merging: boolean) {
    this.#context = context;
    this.#global = context.state.store();
    this.#perWindow = context.state.store(() => this.current!.id);
    this.#merging = merging;
  }

  setCurrentWindow(window: W): void {
    this.current = window;
    this.out.timestampMs = window.maxTimestamp();
  }

  /** For the function's `open()`. */
  runtimeContext(): KeyedRuntimeContext {
    return Object.assign(this.#context.state.store(), runtimeContext(this.#context));
  }

  window(): W {
    return this.current!;
  }

  currentWatermark(): number {
    return this.#context.currentWatermark();
  }

  currentProcessingTime(): number {
    return this.#context.processingTime();
  }

  globalState(): KeyedStateStore {
    return this.#global;
  }

  windowState(): KeyedStateStore {
    if (!this.#merging) return this.#perWindow;
    throw new TypeError(
      `Cannot use windowState() of "${this.#context.name}": its windows merge, and nothing says how their states would; use globalState()`,
    );
  }

  output<X>(tag: OutputTag<X>, value: X): void {
    this.#context.sideOutput(tag).collect(value, this.out.timestampMs);
  }
}
