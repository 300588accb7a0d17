import type { StreamNode } from "../graph.ts";
import { MAX_WATERMARK, MIN_WATERMARK } from "../record.ts";
import type { FanOut } from "../runtime/edge.ts";
import type { DescribedOperators } from "./described_operators.ts";

/** The streams that a test passes into an operator: one or more of its first input, and one of its second input if it has that. */
export class InputStreams {
  readonly #described: DescribedOperators;
  readonly #outputs: ReadonlyMap<StreamNode, FanOut>;
  /** The watermark of each stream, ms; a restart forgets that a stream has ended. */
  readonly #watermarks: Map<StreamNode, number>;

  constructor(described: DescribedOperators, outputs: ReadonlyMap<StreamNode, FanOut>) {
    this.#described = described;
    this.#outputs = outputs;
    this.#watermarks = new Map(inputsOf(described).map((node) => [node, MIN_WATERMARK]));
  }

  /**
   * A stream of the first input, counted from 0.
   * @throws {RangeError} if there is no such stream
   */
  first(input: number): StreamNode {
    const node = this.#described.sources[input];
    if (node !== undefined) return node;
    throw new RangeError(`Cannot use input ${input}: there are ${this.#described.sources.length}, counted from 0`);
  }

  /** @throws {TypeError} if the operator has one input */
  get second(): StreamNode {
    const { second } = this.#described;
    if (second === undefined) {
      throw new TypeError("Cannot use a second input: the operator has one; say so with twoInputs");
    }
    return second;
  }

  collect(node: StreamNode, value: unknown, timestampMs: number): void {
    this.#outputs.get(node)!.collect(value, timestampMs);
  }

  /** As behind a source, a watermark that is not higher than the last one is ignored. */
  emitWatermark(node: StreamNode, watermarkMs: number): void {
    const output = this.#outputs.get(node)!;
    if (watermarkMs <= output.watermarkMs) return;
    if (watermarkMs !== MAX_WATERMARK) this.#watermarks.set(node, watermarkMs);
    output.emitWatermark(watermarkMs);
  }

  emitIdle(node: StreamNode, idle: boolean): void {
    this.#outputs.get(node)!.emitIdle(idle);
  }

  /** The watermark of each stream by its uid, ms, for a commit. */
  watermarks(): Map<string, number> {
    return new Map([...this.#watermarks].map(([{ uid }, ms]) => [uid, ms]));
  }

  /** Restores the watermark of each stream, as a job's start does. */
  restore(watermarks: ReadonlyMap<string, number>): void {
    for (const node of this.#watermarks.keys()) {
      const ms = watermarks.get(node.uid) ?? MIN_WATERMARK;
      if (ms > MIN_WATERMARK) this.emitWatermark(node, ms);
    }
  }
}

/** The streams that go into described operators. */
export function inputsOf({ sources, second }: DescribedOperators): readonly StreamNode[] {
  return second === undefined ? sources : [...sources, second];
}
