/**
 * Lesson 11, second part: the same four with process functions.
 *
 *     1 2 3 4 ──┬── TimesTen ───────────────────── 10, 20, 30, 40
 *               ├── UpTo ───────────────────────── 1, 1 2, 1 2 3, 1 2 3 4
 *               ├── Even ───────────────────────── 2, 4
 *               └── keyBy odd or even ── AddUp ─── odd 1, even 2, odd 4, even 6
 *
 * A process function is the operator that all others could be made of: it gets a record and an `out`, and gives nothing, one
 * record or many. Behind `keyBy()` it can also have state: a value per key that the engine keeps for it, and saves together
 * with how far the job has read. A plain field would not do: there is one function for all keys, and after a crash its fields
 * are empty.
 *
 * New here: `process()` with a `ProcessFunction` and a `KeyedProcessFunction`; `ValueState`.
 * Run `deno task s11:process`: it prints what `deno task s11:transformation` prints.
 */
import {
  type Collector,
  type DataStream,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type KeyedRuntimeContext,
  type ProcessContext,
  ProcessFunction,
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

/** What each function makes of the numbers. */
export function defineWorkflow(numbers: DataStream<number>): {
  map: DataStream<number>;
  flatMap: DataStream<number>;
  filter: DataStream<number>;
  reduce: DataStream<Sum>;
} {
  return {
    map: numbers.process(new TimesTen()).name("times_ten"),
    flatMap: numbers.process(new UpTo()).name("up_to"),
    filter: numbers.process(new Even()).name("even"),
    reduce: numbers.keyBy((number): Parity => number % 2 === 0 ? "even" : "odd").process(new AddUp()).name("add_up"),
  };
}

/** As `map()`: always gives one. */
class TimesTen extends ProcessFunction<number, number> {
  override processElement(number: number, _context: ProcessContext, out: Collector<number>): void {
    out.collect(number * 10);
  }
}

/** As `flatMap()`: gives as many as it likes. */
class UpTo extends ProcessFunction<number, number> {
  override processElement(number: number, _context: ProcessContext, out: Collector<number>): void {
    for (let i = 1; i <= number; i++) out.collect(i);
  }
}

/** As `filter()`: gives one or none. */
class Even extends ProcessFunction<number, number> {
  override processElement(number: number, _context: ProcessContext, out: Collector<number>): void {
    if (number % 2 === 0) out.collect(number);
  }
}

/** As `reduce()`: remembers the sum of each key. */
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
    out.collect({ of: context.getCurrentKey(), sum });
  }
}

async function main(): Promise<void> {
  const env = new StreamExecutionEnvironment();
  const numbers = env.fromCollection([1, 2, 3, 4]).name("numbers");
  const { map, flatMap, filter, reduce } = defineWorkflow(numbers);
  map.print("map");
  flatMap.print("flatMap");
  filter.print("filter");
  reduce.print("reduce");

  writeErrorLine("The numbers 1, 2, 3 and 4 go in:\n");
  await env.execute();
}

if (import.meta.main) await runMain(main);
