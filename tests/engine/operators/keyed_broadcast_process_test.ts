import { assertEquals, assertThrows } from "@std/assert";
import { OperatorError } from "../../../src/engine/errors.ts";
import {
  type BroadcastOnTimerContext,
  type KeyedBroadcastContext,
  KeyedBroadcastProcessFunction,
  type KeyedReadOnlyBroadcastContext,
} from "../../../src/engine/functions/broadcast_functions.ts";
import type { Collector, KeyedRuntimeContext } from "../../../src/engine/functions/functions.ts";
import { CoProcessOperator } from "../../../src/engine/operators/co_process.ts";
import { broadcastFunction } from "../../../src/engine/operators/two_input_functions.ts";
import { NO_TIMESTAMP } from "../../../src/engine/record.ts";
import { OutputTag } from "../../../src/engine/side_output.ts";
import {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  type StateDescriptor,
  type ValueState,
  ValueStateDescriptor,
} from "../../../src/engine/state/state.ts";
import { OperatorHarness } from "../../../src/engine/testing/operator_harness.ts";

interface Sale {
  readonly shop: string;
  readonly cents: number;
}

/** A limit, or a wish to hear of all sums. */
type Rule = { readonly limit: number } | "sums" | "forget";

const LIMIT = new MapStateDescriptor<string, number>("limit");
const SUM = new ValueStateDescriptor<number>("sum");
const ALARMS = new OutputTag<string>("alarms");

/** Sums per shop; one above the limit gives an alarm 10 ms later, if it is above the limit then. */
class Alarms extends KeyedBroadcastProcessFunction<string, Sale, Rule, string> {
  #sum!: ValueState<number>;
  readonly calls: string[] = [];

  override open(context: KeyedRuntimeContext): void {
    this.calls.push(`open ${context.name()}`);
    this.#sum = context.getState(SUM);
  }

  override close(): void {
    this.calls.push("close");
  }

  processElement({ cents }: Sale, context: KeyedReadOnlyBroadcastContext<string>, out: Collector<string>): void {
    this.#sum.update((this.#sum.value() ?? 0) + cents);
    out.collect(`${context.currentKey()} ${this.#sum.value()}`);
    if (!this.#isAbove(context)) return;
    context.timerService().registerEventTimeTimer(context.timestamp()! + 10);
    context.timerService().registerProcessingTimeTimer(1_000);
  }

  processBroadcastElement(rule: Rule, context: KeyedBroadcastContext<string>, out: Collector<string>): void {
    if (rule === "sums") {
      context.applyToKeyedState(SUM, (shop, sum) => out.collect(`${shop} has ${sum.value()}`));
    } else if (rule === "forget") context.applyToKeyedState(SUM, (_shop, sum) => sum.clear());
    else context.getBroadcastState(LIMIT).put("all", rule.limit);
  }

  override onTimer(timestampMs: number, context: BroadcastOnTimerContext<string>, out: Collector<string>): void {
    if (!this.#isAbove(context)) return;
    out.collect(`${context.currentKey()} is above ${context.timeDomain()} ${timestampMs}`);
    context.output(ALARMS, context.currentKey());
  }

  #isAbove(context: KeyedReadOnlyBroadcastContext<string>): boolean {
    return (this.#sum.value() ?? 0) > (context.getBroadcastState(LIMIT).get("all") ?? Infinity);
  }
}

const sale = (shop: string, cents: number): Sale => ({ shop, cents });

function newRig(
  fn: KeyedBroadcastProcessFunction<string, Sale, Rule, string> = new Alarms(),
): OperatorHarness<Sale, string, Rule> {
  return new OperatorHarness<Sale, string, Rule>(
    () => new CoProcessOperator(broadcastFunction(fn), { keyed: true, broadcast: [LIMIT] }),
    {
      name: "alarms",
      keyBy: ({ shop }) => shop,
      twoInputs: true,
    },
  );
}

Deno.test("A keyed broadcast function has state and timers per key, and broadcast state for all", () => {
  const rig = newRig();
  rig.record(sale("a", 5), 1).record(sale("b", 1), 2).record2({ limit: 4 }, 3).record(sale("b", 2), 4);
  rig.record(sale("a", 1), 5).record(sale("b", 2), 6).watermark(15).watermark2(15);

  assertEquals(rig.take(), [
    ["a 5", 1],
    ["b 1", 2],
    ["b 3", 4],
    ["a 6", 5],
    ["b 5", 6],
    ["a is above EVENT_TIME 15", 15],
    { watermark: 15 },
  ]);
  rig.record2({ limit: 5 }, 7).watermark(20).watermark2(20).processingTime(1_000);
  assertEquals(rig.take(), [{ watermark: 20 }, ["a is above PROCESSING_TIME 1000", NO_TIMESTAMP]]);
  // In Flink's CoBroadcastWithKeyedOperator side outputs have the timer's time, that of the clock too.
  assertEquals(rig.takeSide(ALARMS), [["a", 15], ["a", 1_000]]);
});

Deno.test("A keyed broadcast function goes on from the last commit, with both kinds of state and timers", () => {
  const rig = newRig();
  rig.record2({ limit: 4 }, 1).record(sale("a", 5), 2).record(sale("b", 1), 2).commit();
  rig.record2({ limit: 100 }, 3).record(sale("b", 100), 3); // lost
  rig.take();
  const restarted = rig.restart();
  restarted.record(sale("b", 4), 4).watermark(14).watermark2(14).processingTime(1_000).record2("sums", 20);

  assertEquals(restarted.take(), [
    ["b 5", 4],
    ["a is above EVENT_TIME 12", 12],
    ["b is above EVENT_TIME 14", 14],
    { watermark: 14 },
    ["a is above PROCESSING_TIME 1000", NO_TIMESTAMP],
    ["b is above PROCESSING_TIME 1000", NO_TIMESTAMP],
    ["a has 5", 20],
    ["b has 5", 20],
  ]);
});

Deno.test("applyToKeyedState() goes through all keys that have something, and lets it be changed and cleared", () => {
  const rig = newRig();
  rig.record2("sums", 1).record(sale("b", 1), 2).record(sale("a", 2), 3).record2("sums", 4).record2("forget", 5);
  rig.record2("sums", 6).record(sale("a", 7), 8);

  assertEquals(rig.take(), [["b 1", 2], ["a 2", 3], ["b has 1", 4], ["a has 2", 4], ["a 7", 8]]);
  assertEquals(rig.commit(), [['["state","alarms","sum","","a"]', "7"]]);
});

Deno.test("applyToKeyedState() comes to an end if each key's state is cleared and set anew", () => {
  let calls = 0;
  const rig = newRig({
    open: (context) => void context.getState(SUM),
    processElement: ({ cents }, context) => state.update(cents + context.currentKey().length),
    processBroadcastElement: (_rule, context) =>
      context.applyToKeyedState(SUM, (_shop, sum) => {
        calls++;
        const value = sum.value()!;
        sum.clear();
        sum.update(value + 1);
      }),
  });
  const state = stateOf(rig, SUM);
  rig.record(sale("a", 1), 1).record(sale("b", 2), 2).record2("sums", 3);

  assertEquals([calls, rig.commit()], [2, [['["state","alarms","sum","","a"]', "3"], [
    '["state","alarms","sum","","b"]',
    "4",
  ]]]);
});

/** The state as the operator's backend has it, for the key at work. */
function stateOf(
  rig: OperatorHarness<Sale, string, Rule>,
  descriptor: ValueStateDescriptor<number>,
): ValueState<number> {
  return rig.task.state.store().getState(descriptor);
}

Deno.test("applyToKeyedState() gives the state of each kind of descriptor", () => {
  const add = (a: number, b: number) => a + b;
  const list = new ListStateDescriptor<number>("list");
  const map = new MapStateDescriptor<string, number>("map");
  const reducing = new ReducingStateDescriptor<number>("reducing", add);
  const aggregating = new AggregatingStateDescriptor<number, number, string>("aggregating", {
    createAccumulator: () => 0,
    add,
    getResult: (sum) => `sum ${sum}`,
    merge: add,
  });
  let store!: KeyedRuntimeContext;
  const rig = newRig({
    open: (context) => void (store = context),
    processElement({ cents }) {
      store.getState(SUM).update(cents);
      store.getListState(list).add(cents);
      store.getMapState(map).put("cents", cents);
      store.getReducingState(reducing).add(cents);
      store.getAggregatingState(aggregating).add(cents);
    },
    processBroadcastElement(_rule, context, out) {
      context.applyToKeyedState(SUM, (shop, state) => out.collect(`${shop} value ${state.value()}`));
      context.applyToKeyedState(list, (shop, state) => out.collect(`${shop} list ${state.get()}`));
      context.applyToKeyedState(map, (shop, state) => out.collect(`${shop} map ${state.get("cents")}`));
      context.applyToKeyedState(reducing, (shop, state) => out.collect(`${shop} reducing ${state.get()}`));
      context.applyToKeyedState(aggregating, (shop, state) => out.collect(`${shop} aggregating ${state.get()}`));
    },
  });
  rig.record(sale("a", 1), 1).record(sale("a", 2), 1).record2("sums", 2);

  assertEquals(rig.take(), [
    ["a value 2", 2],
    ["a list 1,2", 2],
    ["a map 2", 2],
    ["a reducing 3", 2],
    ["a aggregating sum 3", 2],
  ]);
});

Deno.test("processBroadcastElement() has no key: its state and timers are out of reach, also after a record that threw", () => {
  let state!: ValueState<number>;
  let context!: KeyedReadOnlyBroadcastContext<string>;
  const rig = newRig({
    open: (opened) => void (state = opened.getState(SUM)),
    processElement({ cents }, given) {
      context = given;
      if (cents < 0) throw new RangeError("negative");
    },
    processBroadcastElement(rule) {
      if (rule === "sums") state.update(1);
      else if (rule === "forget") context.currentKey();
      else context.timerService().registerEventTimeTimer(5);
    },
  });
  const message = 'Cannot use state, timers or the key of "alarms" when no key is at work';
  rig.record(sale("a", 1), 1);
  assertThrows(() => state.value(), TypeError, message);
  assertThrows(() => rig.record(sale("a", -1), 1), OperatorError, "negative");

  for (const rule of ["sums", "forget", { limit: 1 }] as const) {
    assertThrows(() => rig.record2(rule, 2), OperatorError, message);
  }
});

Deno.test("processBroadcastElement() has no key after applyToKeyedState() either", () => {
  let state!: ValueState<number>;
  const rig = newRig({
    open: (opened) => void (state = opened.getState(SUM)),
    processElement: () => state.update(1),
    processBroadcastElement(_rule, context) {
      context.applyToKeyedState(SUM as StateDescriptor, () => {});
      state.update(2);
    },
  });
  rig.record(sale("a", 1), 1);

  assertThrows(() => rig.record2("sums", 2), OperatorError, "when no key is at work");
  assertEquals(rig.commit(), [['["state","alarms","sum","","a"]', "1"]]);
});

Deno.test("A keyed broadcast function refuses a broadcast state that it has no descriptor of", () => {
  const other = new MapStateDescriptor<string, number>("other");
  const rig = newRig({
    processElement: (_sale, context) => void context.getBroadcastState(other),
    processBroadcastElement: (_rule, context) => void context.getBroadcastState(other),
  });
  const message = 'Cannot use broadcast state "other" of "alarms": broadcast() has "limit" only';

  assertThrows(() => rig.record(sale("a", 1), 1), OperatorError, message);
  assertThrows(() => rig.record2("sums", 1), OperatorError, message);
});

Deno.test("A keyed broadcast function opens and closes its function", () => {
  const fn = new Alarms();
  newRig(fn).task.operator.close!();

  assertEquals(fn.calls, ["open alarms", "close"]);
});
