/**
 * Lesson 11, second part: a function with state.
 *
 *     1 2 3 4 ── keyBy odd or even ── AddUp ── odd 1, even 2, odd 4, even 6
 *
 * A process function is the operator that all others could be made of: it is called with a record and an `out`, and emits no
 * record, one or many. Behind `keyBy()` it can also have state: a value per key that the engine keeps for it, and saves together
 * with how far the job has read. A plain field would not do: there is one function for all keys, and after a crash its fields
 * are empty.
 *
 * New here: `process()` with a `KeyedProcessFunction`; `ValueState`.
 * Run `deno task s11:process`: it prints what `reduce` printed in the first part. `deno task s11` runs both.
 */
import {
  type Collector,
  type DataStream,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type KeyedRuntimeContext,
  StreamExecutionEnvironment,
  type ValueState,
  ValueStateDescriptor,
} from "./engine/mod.ts";
import { runMain, writeErrorLine } from "./utils.ts";

/** Which sum a number belongs to. */
export type Parity = "odd" | "even";

/** A sum of numbers, and of which. */
export interface Sum {
  readonly of: Parity;
  readonly sum: number;
}

/** The sum so far of odd and of even numbers, after each number. */
export function defineWorkflow(numbers: DataStream<number>): DataStream<Sum> {
  return numbers.keyBy((number): Parity => number % 2 === 0 ? "even" : "odd").process(new AddUp()).name("add_up");
}

/** Adds up the numbers of each key. State: `sum`, one number per key. */
class AddUp extends KeyedProcessFunction<Parity, number, Sum> {
  #sum!: ValueState<number>;

  /** Called before the first record, and again after a crash: then the state is what it was when it was saved last. */
  override open(context: KeyedRuntimeContext): void {
    this.#sum = context.getState(new ValueStateDescriptor<number>("sum"));
  }

  override processElement(number: number, context: KeyedProcessContext<Parity>, out: Collector<Sum>): void {
    // The value of this record's key; undefined for the first record of a key.
    const sum = (this.#sum.value() ?? 0) + number;
    this.#sum.update(sum);
    out.collect({ of: context.currentKey(), sum });
  }
}

async function main(): Promise<void> {
  const env = new StreamExecutionEnvironment();
  defineWorkflow(env.fromCollection([1, 2, 3, 4]).name("numbers")).print("process");

  writeErrorLine("The numbers 1 to 4 go through a function with state:\n");
  await env.execute();
}

if (import.meta.main) await runMain(main);
