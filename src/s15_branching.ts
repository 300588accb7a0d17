/**
 * Lesson 15: streams that part, and streams of different types that meet.
 *
 *                        ┌── even                            ┌── those up to two
 *     numbers ── split ──┤              numbers ── process ──┤
 *                        └── odd                             └── a note about each larger one
 *
 *     numbers ──┐
 *               ├── connect ── one function with a method for each
 *     names   ──┘
 *
 * `split()` sends each record one of several ways, the first whose condition it meets (a `filter()` for each way does it too).
 * And a process function can emit records of another type beside its main ones, to a side output.
 *
 * The other way round, two streams of different types are connected: one function takes the records of both, each kind by a
 * method of its own. Behind `keyBy()` both methods have the same state, one per key: what came on one side is known to the
 * other. Which side's record comes first is not promised. (Streams of one type simply become one stream, in lesson 16.)
 *
 * New here: `split()`; `OutputTag` and `getSideOutput()`; `connect()` with a CoMap, a CoFlatMap and a CoProcess function.
 * Run `deno task s15`: a block of lines for each.
 */
import {
  type Collector,
  type DataStream,
  KeyedCoProcessFunction,
  type KeyedProcessContext,
  type KeyedRuntimeContext,
  OutputTag,
  type ProcessContext,
  ProcessFunction,
  StreamExecutionEnvironment,
  type ValueState,
  ValueStateDescriptor,
} from "./engine/mod.ts";
import { runMain, writeErrorLine } from "./utils.ts";

/** What a number is called. */
export interface Name {
  readonly of: number;
  readonly name: string;
}

/** What becomes of the streams, each way by itself. */
export function defineWorkflow(
  numbers: DataStream<number>,
  names: DataStream<Name>,
): {
  even: DataStream<number>;
  odd: DataStream<number>;
  upToTwo: DataStream<number>;
  larger: DataStream<string>;
  coMap: DataStream<string>;
  coFlatMap: DataStream<string>;
  coProcess: DataStream<string>;
} {
  const { even, odd } = numbers.split({ even: (number) => number % 2 === 0, odd: () => true });
  const upToTwo = numbers.process(new UpToTwo()).name("up_to_two");
  return {
    even,
    odd,
    upToTwo,
    larger: upToTwo.getSideOutput(LARGER),
    // One record for each of either side.
    coMap: numbers.connect(names).map({
      map1: (number) => `a number, ${number}`,
      map2: ({ name }) => `a name, ${name}`,
    }),
    // Any number of records for each of either side.
    coFlatMap: numbers.connect(names).flatMap({
      flatMap1: (number, out) => {
        if (number > 2) out.collect(`${number} is large`);
      },
      flatMap2: ({ name }, out) => {
        for (const letter of name) out.collect(letter);
      },
    }),
    // Both sides by the same key.
    coProcess: numbers.keyBy((number) => number)
      .connect(names.keyBy(({ of }) => of))
      .process(new CallByName()).name("call_by_name"),
  };
}

/** Names the side output and carries its type. */
const LARGER = new OutputTag<string>("larger");

/** Emits numbers up to two, and to the side output a note about each larger one. */
class UpToTwo extends ProcessFunction<number, number> {
  override processElement(number: number, context: ProcessContext, out: Collector<number>): void {
    if (number <= 2) out.collect(number);
    else context.output(LARGER, `${number} is more than two`);
  }
}

/** Brings a number and its name together, whichever comes first. State: what came on the side that waits, per number. */
class CallByName extends KeyedCoProcessFunction<number, number, Name, string> {
  #number!: ValueState<number>;
  #name!: ValueState<string>;

  override open(context: KeyedRuntimeContext): void {
    this.#number = context.getState(new ValueStateDescriptor<number>("number"));
    this.#name = context.getState(new ValueStateDescriptor<string>("name"));
  }

  override processElement1(number: number, _context: KeyedProcessContext<number>, out: Collector<string>): void {
    const name = this.#name.value();
    if (name === undefined) this.#number.update(number);
    else out.collect(`${number} is called ${name}`);
  }

  override processElement2({ name }: Name, _context: KeyedProcessContext<number>, out: Collector<string>): void {
    const number = this.#number.value();
    if (number === undefined) this.#name.update(name);
    else out.collect(`${number} is called ${name}`);
  }
}

async function main(): Promise<void> {
  const env = new StreamExecutionEnvironment();
  const numbers = env.fromCollection([1, 2, 3, 4]).name("numbers");
  const names = env.fromCollection([{ of: 2, name: "two" }, { of: 4, name: "four" }]).name("names");
  const streams = defineWorkflow(numbers, names);
  for (const [way, stream] of Object.entries(streams)) stream.print(way);

  writeErrorLine("The numbers 1, 2, 3 and 4 and the names of 2 and 4 go in:\n");
  await env.execute();
}

if (import.meta.main) await runMain(main);
