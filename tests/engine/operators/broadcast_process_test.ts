import { assertEquals, assertThrows } from "@std/assert";
import { OperatorError } from "../../../src/engine/errors.ts";
import {
  type BroadcastContext,
  BroadcastProcessFunction,
  type ReadOnlyBroadcastContext,
} from "../../../src/engine/functions/broadcast_functions.ts";
import { CoProcessOperator } from "../../../src/engine/operators/co_process.ts";
import { broadcastFunction } from "../../../src/engine/operators/two_input_functions.ts";
import type { Collector, RuntimeContext } from "../../../src/engine/functions/functions.ts";
import { MIN_WATERMARK, NO_TIMESTAMP } from "../../../src/engine/record.ts";
import { OutputTag } from "../../../src/engine/side_output.ts";
import { MapStateDescriptor } from "../../../src/engine/state/state.ts";
import { OperatorHarness } from "../../../src/engine/testing/operator_harness.ts";

/** "DE Germany" */
const NAMES = new MapStateDescriptor<string, string>("names");
const UNKNOWN = new OutputTag<string>("unknown");

/** Codes become names, which the broadcast stream has; a name of "-" takes one back. */
class NameOf extends BroadcastProcessFunction<string, string, string> {
  readonly calls: string[] = [];

  override open(context: RuntimeContext): void {
    this.calls.push(`open ${context.name()}`);
  }

  override close(): void {
    this.calls.push("close");
  }

  processElement(code: string, context: ReadOnlyBroadcastContext, out: Collector<string>): void {
    const name = context.getBroadcastState(NAMES).get(code);
    if (name === undefined) context.output(UNKNOWN, code);
    else out.collect(name);
  }

  processBroadcastElement(line: string, context: BroadcastContext, out: Collector<string>): void {
    const [code, name] = line.split(" ") as [string, string];
    const names = context.getBroadcastState(NAMES);
    if (name === "-") names.remove(code);
    else names.put(code, name);
    out.collect(`${[...names.keys()]} @${context.timestamp()}`);
  }
}

function newRig(fn: BroadcastProcessFunction<string, string, string> = new NameOf()) {
  return new OperatorHarness<string, string, string>(
    () => new CoProcessOperator(broadcastFunction(fn), { keyed: false, broadcast: [NAMES] }),
    {
      name: "name_of",
      twoInputs: true,
    },
  );
}

Deno.test("A broadcast function gives what its function makes of a record and of what was broadcast before it", () => {
  const rig = newRig();
  rig.record("DE", 10).record2("DE Germany", 5).record("DE", 20).record2("DE Deutschland", 30).record("DE");
  rig.record2("DE -").record("DE", 40);

  assertEquals(rig.take(), [
    ["DE @5", 5],
    ["Germany", 20],
    ["DE @30", 30],
    ["Deutschland", NO_TIMESTAMP],
    [" @undefined", NO_TIMESTAMP],
  ]);
  assertEquals(rig.takeSide(UNKNOWN), [["DE", 10], ["DE", 40]]);
});

Deno.test("A broadcast function goes on from the last commit", () => {
  const rig = newRig();
  rig.record2("DE Germany", 1).record2("FR France", 1).commit();
  rig.record2("FR -", 2).record2("IT Italy", 2); // lost
  const restarted = rig.restart();
  for (const code of ["DE", "FR", "IT"]) restarted.record(code, 3);

  assertEquals(restarted.take(), [["Germany", 3], ["France", 3]]);
  restarted.record2("DE -", 4).commit();
  assertEquals(restarted.restart().record("DE", 5).record("FR", 5).take(), [["France", 5]]);
});

// What an open restart would find otherwise: a state that nobody has asked for yet is not lost.
Deno.test("A broadcast function keeps what was broadcast when no record has asked for it since the restart", () => {
  const rig = newRig();
  rig.record2("DE Germany", 1).commit();
  const restarted = rig.restart();
  restarted.commit();

  assertEquals(restarted.restart().record("DE", 2).take(), [["Germany", 2]]);
});

Deno.test("A broadcast function lets processElement() read only, at run time too", () => {
  const fn = {
    processElement(_value: string, context: ReadOnlyBroadcastContext, out: Collector<string>) {
      const names = context.getBroadcastState(NAMES);
      out.collect(JSON.stringify([
        names.contains("DE"),
        names.isEmpty(),
        [...names.keys()],
        [...names.values()],
        [...names.entries()],
        ["put", "putAll", "remove", "clear"].filter((method) => method in names),
      ]));
    },
    processBroadcastElement: (line: string, context: BroadcastContext) =>
      context.getBroadcastState(NAMES).put(line, line.toLowerCase()),
  };
  const rig = newRig(fn);
  rig.record("?", 1).record2("DE", 2).record2("FR", 3).record("?", 4);

  assertEquals(rig.take(), [
    [JSON.stringify([false, true, [], [], [], []]), 1],
    [JSON.stringify([true, false, ["DE", "FR"], ["de", "fr"], [["DE", "de"], ["FR", "fr"]], []]), 4],
  ]);
});

Deno.test("A broadcast function refuses a state that broadcast() has no descriptor of, naming those it has", () => {
  const other = new MapStateDescriptor<string, string>("nmaes");
  const rig = newRig({
    processElement: (_value, context) => void context.getBroadcastState(other),
    processBroadcastElement: (_value, context) => void context.getBroadcastState(other),
  });
  const message = 'Cannot use broadcast state "nmaes" of "name_of": broadcast() has "names" only';

  assertThrows(() => rig.record("DE", 1), OperatorError, message);
  assertThrows(() => rig.record2("DE", 1), OperatorError, message);
});

Deno.test("A broadcast function shows its function both clocks, and takes the time of the stream further behind", () => {
  const seen: unknown[] = [];
  const look = (_value: string, context: ReadOnlyBroadcastContext) =>
    void seen.push([context.currentWatermark(), context.currentProcessingTime()]);
  const rig = newRig({ processElement: look, processBroadcastElement: look });
  rig.record("a", 1);
  rig.clock.nowMs = 9;
  rig.watermark(50).record2("b", 1).watermark2(20).record("c", 1);

  assertEquals(seen, [[MIN_WATERMARK, 0], [MIN_WATERMARK, 9], [20, 9]]);
  assertEquals(rig.take(), [{ watermark: 20 }]);
});

Deno.test("A broadcast function opens and closes its function", () => {
  const fn = new NameOf();
  newRig(fn).task.operator.close!();

  assertEquals(fn.calls, ["open name_of", "close"]);
});
