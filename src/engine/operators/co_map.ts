import type { Collector } from "../functions/functions.ts";
import type { CoFlatMapFunction, CoMapFunction } from "../functions/process_functions.ts";

/** What a `CoProcessFunction` and a `KeyedCoProcessFunction` have in common: the context of `open()` tells them apart. */
export interface CoFunction<IN1, IN2, OUT, C> {
  processElement1(value: IN1, context: unknown, out: Collector<OUT>): void;
  processElement2(value: IN2, context: unknown, out: Collector<OUT>): void;
  open(context: C): void;
  close(): void;
}

/** A {@link CoMapFunction} as the process functions' operators take it. */
export function coMap<IN1, IN2, OUT, C>(fn: CoMapFunction<IN1, IN2, OUT, C>): CoFunction<IN1, IN2, OUT, C> {
  return {
    processElement1: (value, _context, out) => out.collect(fn.map1(value)),
    processElement2: (value, _context, out) => out.collect(fn.map2(value)),
    open: (context) => fn.open?.(context),
    close: () => fn.close?.(),
  };
}

/** Likewise a {@link CoFlatMapFunction}. */
export function coFlatMap<IN1, IN2, OUT, C>(fn: CoFlatMapFunction<IN1, IN2, OUT, C>): CoFunction<IN1, IN2, OUT, C> {
  return {
    processElement1: (value, _context, out) => fn.flatMap1(value, out),
    processElement2: (value, _context, out) => fn.flatMap2(value, out),
    open: (context) => fn.open?.(context),
    close: () => fn.close?.(),
  };
}
