import type { Output, StreamRecord } from "../record.ts";
import type { OutputTag } from "../side_output.ts";
import type { FilterFunction } from "../functions/functions.ts";
import type { Operator, OperatorContext } from "./operator.ts";

/** One way out of a split. */
export interface Branch<T> {
  readonly tag: OutputTag<T>;
  readonly takes: FilterFunction<T>;
}

/**
 * Sends each record, unchanged, to the first branch that takes it.
 *
 * In: `T`. Out: side outputs, one per branch. What no branch takes is filtered out.
 */
export class SplitOperator<T> implements Operator<T, T> {
  readonly #branches: readonly Branch<T>[];
  #context!: OperatorContext;
  #outputs!: readonly Output<T>[];

  constructor(branches: readonly Branch<T>[]) {
    this.#branches = branches;
  }

  open(context: OperatorContext): void {
    this.#context = context;
    this.#outputs = this.#branches.map(({ tag }) => context.sideOutput(tag));
  }

  processElement({ value, timestampMs }: StreamRecord<T>): void {
    const branches = this.#branches;
    for (let i = 0; i < branches.length; i++) {
      const { takes } = branches[i]!;
      if (!takes(value)) continue;
      this.#outputs[i]!.collect(value, timestampMs);
      return;
    }
    this.#context.countFiltered();
  }
}
