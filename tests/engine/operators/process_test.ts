import { assertEquals, assertStrictEquals } from "@std/assert";
import type { Collector, RuntimeContext } from "../../../src/engine/functions/functions.ts";
import { ProcessOperator } from "../../../src/engine/operators/process.ts";
import { type ProcessContext, ProcessFunction } from "../../../src/engine/functions/process_functions.ts";
import { MIN_WATERMARK } from "../../../src/engine/record.ts";
import { OutputTag } from "../../../src/engine/side_output.ts";
import { OperatorHarness } from "../../../src/engine/testing/operator_harness.ts";

const SHORT = new OutputTag<number>("short");

/** Words of a line; short ones go to the side output by their length. */
class Words extends ProcessFunction<string, string> {
  readonly calls: string[] = [];

  override open(context: RuntimeContext): void {
    this.calls.push(`open ${context.name()}`);
  }

  override close(): void {
    this.calls.push("close");
  }

  processElement(line: string, context: ProcessContext, out: Collector<string>): void {
    for (const word of line.split(" ")) {
      if (word.length < 3) context.output(SHORT, word.length);
      else out.collect(word);
    }
  }
}

Deno.test("ProcessOperator gives what its function gives, also to side outputs, at the record's timestamp", () => {
  const rig = new OperatorHarness(() => new ProcessOperator(new Words(), { keyed: false }));
  rig.record("the end is near", 100).watermark(99).record("of all", 50);

  assertEquals(rig.take(), [["the", 100], ["end", 100], ["near", 100], { watermark: 99 }, ["all", 50]]);
  assertEquals(rig.takeSide(SHORT), [[2, 100], [2, 50]]);
});

Deno.test("ProcessOperator shows its function the time of the record, if it has one, and both clocks", () => {
  const seen: unknown[] = [];
  const rig = new OperatorHarness(() =>
    new ProcessOperator<unknown, string, never>({
      processElement(_value, context) {
        seen.push([
          context.timestamp(),
          context.timerService().currentWatermark(),
          context.timerService().currentProcessingTime(),
        ]);
      },
    }, { keyed: false })
  );
  rig.record("a");
  rig.clock.nowMs = 7_000;
  rig.record("b", 0).watermark(20).record("c", 30);

  // In Flink the first would be null.
  assertEquals(seen, [[undefined, MIN_WATERMARK, 0], [0, MIN_WATERMARK, 7_000], [30, 20, 7_000]]);
});

Deno.test("ProcessOperator opens its function before the first record, with the operator's name, and closes it", () => {
  const fn = new Words();
  const rig = new OperatorHarness(() => new ProcessOperator(fn, { keyed: false }), { name: "words" });
  assertEquals(fn.calls, ["open words"]);
  rig.task.operator.close!();

  assertEquals(fn.calls, ["open words", "close"]);
});

Deno.test("ProcessOperator gives its function the signal that ends with the attempt", () => {
  let signal: AbortSignal | undefined;
  const rig = new OperatorHarness(() =>
    new ProcessOperator<unknown, string, string>({
      open: (context) => void (signal = context.signal()),
      processElement() {},
    }, {
      keyed: false,
    })
  );

  assertStrictEquals(signal, rig.attempt.signal);
});

Deno.test("ProcessOperator lets event time go past a function without a key, which has no timers", () => {
  const processElement = () => {};
  const taskOf = (keyed: boolean) =>
    new OperatorHarness(() => new ProcessOperator<string, string, string>({ processElement }, { keyed }), {
      ...keyed && { keyBy: (text: string) => text },
    }).task;

  assertEquals([taskOf(false).ignoresTime, taskOf(true).ignoresTime], [true, false]);
});
