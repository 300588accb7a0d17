import { assertEquals } from "@std/assert";
import { coFlatMap, coMap } from "../../../src/engine/operators/two_input_functions.ts";
import { CoProcessOperator } from "../../../src/engine/operators/co_process.ts";
import type { Collector, KeyedRuntimeContext } from "../../../src/engine/functions/functions.ts";
import type { CoFlatMapFunction } from "../../../src/engine/functions/process_functions.ts";
import { NO_TIMESTAMP } from "../../../src/engine/record.ts";
import { type ValueState, ValueStateDescriptor } from "../../../src/engine/state/state.ts";
import { OperatorHarness } from "../../../src/engine/testing/operator_harness.ts";

Deno.test("coMap() gives one record for each of either input, at its timestamp", () => {
  const rig = new OperatorHarness<number, string, boolean>(
    () =>
      new CoProcessOperator(coMap({ map1: (n: number) => `number ${n}`, map2: (b: boolean) => `truth ${b}` }), {
        keyed: false,
      }),
    { twoInputs: true },
  );
  rig.record(1, 10).record2(true, 5).record(2);

  assertEquals(rig.take(), [["number 1", 10], ["truth true", 5], ["number 2", NO_TIMESTAMP]]);
});

Deno.test("coFlatMap() gives any number of records for each of either input, at its timestamp", () => {
  const rig = new OperatorHarness<number, string, string>(
    () =>
      new CoProcessOperator(
        coFlatMap<unknown, number, string, string>({
          flatMap1: () => {},
          flatMap2: (text, out) => text.split(" ").forEach((word) => out.collect(word)),
        }),
        { keyed: false },
      ),
    { twoInputs: true },
  );
  rig.record(1, 10).record2("a b", 5);

  assertEquals(rig.take(), [["a", 5], ["b", 5]]);
});

/** Words that have been blocked are passed no more. The example of Flink's training, "Connected Streams". */
class Control implements CoFlatMapFunction<string, string, string, KeyedRuntimeContext> {
  #blocked!: ValueState<boolean>;

  open(context: KeyedRuntimeContext): void {
    this.#blocked = context.getState(new ValueStateDescriptor<boolean>("blocked"));
  }

  flatMap1(): void {
    this.#blocked.update(true);
  }

  flatMap2(word: string, out: Collector<string>): void {
    if (this.#blocked.value() === undefined) out.collect(word);
  }
}

Deno.test("coFlatMap() behind keyBy() has state per key that both inputs share, also after a restart", () => {
  const identity = (word: string) => word;
  const rig = new OperatorHarness<string, string, string>(
    () => new CoProcessOperator<string, string, string, string>(coFlatMap(new Control()), { keyed: true }),
    { keyBy: identity, keyBy2: identity },
  );
  rig.record2("Apache", 1).record("DROP", 2).record("IGNORE", 3).record2("DROP", 4).record2("Flink", 5);
  assertEquals(rig.take(), [["Apache", 1], ["Flink", 5]]);
  rig.commit();

  assertEquals(rig.restart().record2("IGNORE", 6).record2("Flink", 7).take(), [["Flink", 7]]);
});

Deno.test("coMap() and coFlatMap() open and close their function", () => {
  const calls: string[] = [];
  const life = { open: () => void calls.push("open"), close: () => void calls.push("close") };
  for (
    const fn of [
      coMap({ map1: () => 1, map2: () => 2, ...life }),
      coFlatMap({ flatMap1: () => {}, flatMap2: () => {}, ...life }),
      coMap({ map1: () => 1, map2: () => 2 }),
      coFlatMap({ flatMap1: () => {}, flatMap2: () => {} }),
    ]
  ) {
    new OperatorHarness(() => new CoProcessOperator(fn, { keyed: false }), { twoInputs: true }).task.operator.close!();
  }

  assertEquals(calls, ["open", "close", "open", "close"]);
});
