import { assertEquals } from "@std/assert";
import { SplitOperator } from "../../../src/engine/operators/split.ts";
import { OutputTag } from "../../../src/engine/side_output.ts";
import { OperatorHarness } from "../../../src/engine/testing/operator_harness.ts";

const SMALL = new OutputTag<number>("small");
const EVEN = new OutputTag<number>("even");

function newRig(): OperatorHarness<number, number> {
  const branches = [{ tag: SMALL, takes: (n: number) => n < 10 }, { tag: EVEN, takes: (n: number) => n % 2 === 0 }];
  return new OperatorHarness<number, number>(() => new SplitOperator(branches));
}

Deno.test("SplitOperator sends each record to the first branch that takes it, unchanged, at its timestamp", () => {
  const rig = newRig();
  rig.record(2, 5).record(12, 4).watermark(3).record(13, 9).record(3);

  assertEquals(rig.takeSide(SMALL), [[2, 5], [3, -Infinity]]);
  assertEquals(rig.takeSide(EVEN), [[12, 4]]);
});

Deno.test("SplitOperator counts by its main output what found a branch", () => {
  const rig = newRig();
  rig.record(2, 5).record(12, 4).record(13, 9);

  assertEquals([rig.task.counts.in, rig.task.counts.sideOut, rig.task.counts.filtered], [3, 2, 1]);
  assertEquals(rig.takeSide(EVEN), [[12, 4]]);
});

Deno.test("SplitOperator asks no branch behind the one that takes a record", () => {
  const asked: string[] = [];
  const ask = (name: string, answer: boolean) => () => (asked.push(name), answer);
  const branches = [
    { tag: SMALL, takes: ask("small", true) },
    { tag: EVEN, takes: ask("even", true) },
  ];
  new OperatorHarness(() => new SplitOperator(branches)).record(1, 1);

  assertEquals(asked, ["small"]);
});
