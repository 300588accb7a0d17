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

  override open({ name }: RuntimeContext): void {
    this.calls.push(`open ${name}`);
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
  const rig = new OperatorHarness(() => new ProcessOperator(new Words()));
  rig.record("the end is near", 100).watermark(99).record("of all", 50);

  assertEquals(rig.take(), [["the", 100], ["end", 100], ["near", 100], { watermark: 99 }, ["all", 50]]);
  assertEquals(rig.takeSide(SHORT), [[2, 100], [2, 50]]);
});

Deno.test("ProcessOperator shows its function the time of the record, if it has one, and both clocks", () => {
  const seen: unknown[] = [];
  const rig = new OperatorHarness(() =>
    new ProcessOperator<string, never>({
      processElement(_value, context) {
        const { timerService } = context;
        seen.push([context.timestamp(), timerService.currentWatermark(), timerService.currentProcessingTime()]);
      },
    })
  );
  rig.record("a");
  rig.clock.nowMs = 7_000;
  rig.record("b", 0).watermark(20).record("c", 30);

  // In Flink the first would be null.
  assertEquals(seen, [[undefined, MIN_WATERMARK, 0], [0, MIN_WATERMARK, 7_000], [30, 20, 7_000]]);
});

Deno.test("ProcessOperator opens its function before the first record, with the operator's name, and closes it", () => {
  const fn = new Words();
  const rig = new OperatorHarness(() => new ProcessOperator(fn), { name: "words" });
  assertEquals(fn.calls, ["open words"]);
  rig.task.operator.close!();

  assertEquals(fn.calls, ["open words", "close"]);
});

Deno.test("ProcessOperator gives its function the signal that ends with the attempt", () => {
  let signal: AbortSignal | undefined;
  const rig = new OperatorHarness(() =>
    new ProcessOperator<string, string>({ open: (context) => void (signal = context.signal), processElement() {} })
  );

  assertStrictEquals(signal, rig.attempt.signal);
});
