import type { Window } from "../../windows/window.ts";
import { type Collector, ProcessWindowFunction, type WindowContext } from "../../functions/functions.ts";

/** One record of each pair. */
export type JoinFunction<IN1, IN2, OUT> = (left: IN1, right: IN2) => OUT;

/** Any number of records for what the two streams have in a window, one of which may have nothing there. */
export type CoGroupFunction<IN1, IN2, OUT> = (
  left: readonly IN1[],
  right: readonly IN2[],
  out: Collector<OUT>,
) => void;

/** A record of one stream or of the other, as triggers and evictors see it. @see Flink: CoGroupedStreams.TaggedUnion */
export type TaggedUnion<T1, T2> = { readonly one: T1 } | { readonly two: T2 };

/** Takes what a window holds apart into the records of the one stream and of the other. */
export class CoGroupWindowFunction<IN1, IN2, OUT, K, W extends Window>
  extends ProcessWindowFunction<TaggedUnion<IN1, IN2>, OUT, K, W> {
  readonly #coGroup: CoGroupFunction<IN1, IN2, OUT>;

  constructor(coGroup: CoGroupFunction<IN1, IN2, OUT>) {
    super();
    this.#coGroup = coGroup;
  }

  process(_key: K, _context: WindowContext<W>, elements: Iterable<TaggedUnion<IN1, IN2>>, out: Collector<OUT>): void {
    const left: IN1[] = [];
    const right: IN2[] = [];
    for (const element of elements) {
      if ("one" in element) left.push(element.one);
      else right.push(element.two);
    }
    const coGroup = this.#coGroup;
    coGroup(left, right, out);
  }
}

/** Joins every left record of a window with every right one. */
export function joining<IN1, IN2, OUT>(join: JoinFunction<IN1, IN2, OUT>): CoGroupFunction<IN1, IN2, OUT> {
  return (lefts, rights, out) => {
    for (const left of lefts) {
      for (const right of rights) out.collect(join(left, right));
    }
  };
}
