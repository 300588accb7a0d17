import { assertEquals } from "@std/assert";
import { CoProcessOperator } from "../../../src/engine/operators/co_process.ts";
import type { Collector, RuntimeContext } from "../../../src/engine/functions/functions.ts";
import { CoProcessFunction, type ProcessContext } from "../../../src/engine/functions/process_functions.ts";
import { MIN_WATERMARK, NO_TIMESTAMP } from "../../../src/engine/record.ts";
import { OutputTag } from "../../../src/engine/side_output.ts";
import { OperatorHarness } from "../../../src/engine/testing/operator_harness.ts";

const NEGATIVE = new OutputTag<number>("negative");

/** Numbers and texts as texts; negative numbers go aside. */
class Merge extends CoProcessFunction<number, string, string> {
  readonly calls: string[] = [];

  override open(context: RuntimeContext): void {
    this.calls.push(`open ${context.name()}`);
  }

  override close(): void {
    this.calls.push("close");
  }

  processElement1(n: number, context: ProcessContext, out: Collector<string>): void {
    if (n < 0) context.output(NEGATIVE, n);
    else out.collect(`number ${n} @${context.timestamp()}`);
  }

  processElement2(text: string, context: ProcessContext, out: Collector<string>): void {
    out.collect(
      `${text} ${context.timerService().currentWatermark()} ${context.timerService().currentProcessingTime()}`,
    );
  }
}

function newRig(fn = new Merge()): OperatorHarness<number, string, string> {
  return new OperatorHarness<number, string, string>(() => new CoProcessOperator(fn, { keyed: false }), {
    name: "merge",
    twoInputs: true,
  });
}

Deno.test("CoProcessOperator gives what its function gives for either input, at the record's timestamp", () => {
  const rig = newRig();
  rig.record(1, 10).record2("a", 5).record(-2, 7).record(3);
  rig.clock.nowMs = 1_000;
  rig.watermark(20).watermark2(8).record2("b", 30);

  assertEquals(rig.take(), [
    ["number 1 @10", 10],
    [`a ${MIN_WATERMARK} 0`, 5],
    ["number 3 @undefined", NO_TIMESTAMP],
    { watermark: 8 },
    ["b 8 1000", 30],
  ]);
  assertEquals(rig.takeSide(NEGATIVE), [[-2, 7]]);
});

Deno.test("CoProcessOperator opens and closes its function", () => {
  const fn = new Merge();
  newRig(fn).task.operator.close!();

  assertEquals(fn.calls, ["open merge", "close"]);
});
