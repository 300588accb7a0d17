/** All functions of two inputs, as their one operator calls them. */
import type { BroadcastProcessFunction, KeyedBroadcastProcessFunction } from "../functions/broadcast_functions.ts";
import type { Collector, KeyedRuntimeContext } from "../functions/functions.ts";
import type { CoFlatMapFunction, CoMapFunction } from "../functions/process_functions.ts";
import type { CoFunctionContext } from "./co_function_context.ts";

/** A function of two inputs. The types of the functions it is made of say whether there is a key, and which state is theirs. */
export interface TwoInputFunction<K, IN1, IN2, OUT> {
  processElement1(value: IN1, context: CoFunctionContext<K, OUT>, out: Collector<OUT>): void;
  processElement2(value: IN2, context: CoFunctionContext<K, OUT>, out: Collector<OUT>): void;
  onTimer?(timestampMs: number, context: CoFunctionContext<K, OUT>, out: Collector<OUT>): void;
  open?(context: KeyedRuntimeContext): void;
  close?(): void;
}

/** Of a `CoMapFunction`. */
export function coMap<K, IN1, IN2, OUT>(
  fn: CoMapFunction<IN1, IN2, OUT, KeyedRuntimeContext>,
): TwoInputFunction<K, IN1, IN2, OUT> {
  return {
    processElement1: (value, _context, out) => out.collect(fn.map1(value)),
    processElement2: (value, _context, out) => out.collect(fn.map2(value)),
    open: (context) => fn.open?.(context),
    close: () => fn.close?.(),
  };
}

/** Of a `CoFlatMapFunction`. */
export function coFlatMap<K, IN1, IN2, OUT>(
  fn: CoFlatMapFunction<IN1, IN2, OUT, KeyedRuntimeContext>,
): TwoInputFunction<K, IN1, IN2, OUT> {
  return {
    processElement1: (value, _context, out) => fn.flatMap1(value, out),
    processElement2: (value, _context, out) => fn.flatMap2(value, out),
    open: (context) => fn.open?.(context),
    close: () => fn.close?.(),
  };
}

/** Of a broadcast function, whose second input is the broadcast one. */
export function broadcastFunction<K, IN1, IN2, OUT>(
  fn: BroadcastProcessFunction<IN1, IN2, OUT> | KeyedBroadcastProcessFunction<K, IN1, IN2, OUT>,
): TwoInputFunction<K, IN1, IN2, OUT> {
  const keyed: KeyedBroadcastProcessFunction<K, IN1, IN2, OUT> = fn;
  return {
    processElement1: (value, context, out) => keyed.processElement(value, context, out),
    processElement2: (value, context, out) => keyed.processBroadcastElement(value, context, out),
    onTimer: (timestampMs, context, out) => keyed.onTimer?.(timestampMs, context, out),
    open: (context) => keyed.open?.(context),
    close: () => keyed.close?.(),
  };
}
