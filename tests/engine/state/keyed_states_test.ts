import { assertEquals, assertThrows } from "@std/assert";
import type { AggregateFunction } from "../../../src/engine/state/functions.ts";
import type { Key } from "../../../src/engine/state/key.ts";
import {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
} from "../../../src/engine/state/state.ts";
import { StateRig } from "./state_rig.ts";

const LIST = new ListStateDescriptor<string>("seen");
const MAP = new MapStateDescriptor<Key, number>("seats");
const SUM = new ReducingStateDescriptor<number>("sum", (accumulated, next) => accumulated + next);

interface Mean {
  readonly sum: number;
  readonly n: number;
}

const MEAN: AggregateFunction<number, Mean, number> = {
  createAccumulator: () => ({ sum: 0, n: 0 }),
  add: (value, { sum, n }) => ({ sum: sum + value, n: n + 1 }),
  getResult: ({ sum, n }) => sum / n,
  merge: (a, b) => ({ sum: a.sum + b.sum, n: a.n + b.n }),
};

Deno.test("ListState adds, gives all in order, and is empty when there is nothing", () => {
  const rig = new StateRig();
  const list = rig.store.getListState(LIST);
  assertEquals(list.get(), []);
  list.add("1");
  list.addAll(["2", "1"]);
  list.addAll([]);
  rig.key("b");
  list.add("other");

  assertEquals([rig.key("a") && list.get(), rig.key("b") && list.get()], [["1", "2", "1"], ["other"]]);
  list.clear();
  assertEquals([rig.key("a") && list.get(), rig.key("b") && list.get()], [["1", "2", "1"], []]);
});

Deno.test("ListState.update() puts values in the place of all, longer, shorter or none", () => {
  const list = new StateRig().store.getListState(LIST);
  for (const values of [["1", "2"], ["3"], ["4", "5", "6"], [], ["7"]]) {
    list.update(values);
    assertEquals(list.get(), values);
  }
  list.update(new Set(["8", ...list.get()]));
  assertEquals(list.get(), ["8", "7"]);
});

Deno.test("ListState commits the one element that was added to a long list, and for update() the list's length", () => {
  const rig = new StateRig();
  const list = rig.store.getListState(LIST);
  list.addAll(["1", "2", "3"]);
  assertEquals(rig.commit().length, 3);
  list.add("4");
  assertEquals(rig.commit(), [['["seen","","a",3]', '"4"']]);

  list.update(["x", "y"]);
  assertEquals(rig.commit(), [
    ['["seen","","a",0]', '"x"'],
    ['["seen","","a",1]', '"y"'],
    ['["seen","","a",2]', null],
    ['["seen","","a",3]', null],
  ]);
});

Deno.test("ListState has the same order after a restart, however many elements there are", () => {
  const rig = new StateRig();
  const values = Array.from({ length: 12 }, (_, i) => `${i}`);
  rig.store.getListState(LIST).addAll(values);
  rig.commit();
  const restarted = rig.restart();
  const list = restarted.store.getListState(LIST);
  assertEquals(list.get(), values);
  list.add("12");
  restarted.commit();

  assertEquals(restarted.restart().store.getListState(LIST).get(), [...values, "12"]);
});

Deno.test("MapState puts, gets, removes and clears by the key of the map", () => {
  const rig = new StateRig();
  const map = rig.store.getMapState(MAP);
  assertEquals([map.get("x"), map.contains("x"), map.isEmpty()], [undefined, false, true]);
  map.put("x", 1);
  map.putAll(new Map<Key, number>([["y", 2], [3, 3]]));
  map.putAll([[{ p: 1, q: 2 }, 4]]);
  rig.key("b");
  map.put("x", 10);
  rig.key("a");

  assertEquals([map.get("x"), map.get("y"), map.get(3), map.get({ q: 2, p: 1 }), map.get("3")], [
    1,
    2,
    3,
    4,
    undefined,
  ]);
  assertEquals([map.contains("x"), map.contains("z"), map.isEmpty()], [true, false, false]);
  map.remove("x");
  map.remove("none");
  assertEquals([...map.keys()], ["y", 3, { p: 1, q: 2 }]);
  map.clear();
  assertEquals([[...map.entries()], map.isEmpty(), rig.key("b") && map.get("x")], [[], true, 10]);
});

Deno.test("MapState gives entries, keys and values in order of first insertion, also after a restart", () => {
  const rig = new StateRig();
  const map = rig.store.getMapState(MAP);
  const keys = ["k9", "k10", 5, "k1", "a", "b", "c", "d", "e", "f", "g", "h"];
  for (const [i, key] of keys.entries()) map.put(key, i);
  map.put("k9", 100);
  map.remove("k10");
  map.put("k10", 101);
  const entries = [["k9", 100], ...keys.slice(2).map((key, i) => [key, i + 2]), ["k10", 101]];
  assertEquals([...map.entries()], entries as [Key, number][]);
  rig.commit();
  const restarted = rig.restart();
  const restored = restarted.store.getMapState(MAP);
  restored.put("last", 0);

  assertEquals([...restored.entries()], [...entries, ["last", 0]] as [Key, number][]);
  assertEquals([...restored.keys()], [...entries.map(([key]) => key), "last"] as Key[]);
  assertEquals([...restored.values()], [...entries.map(([, value]) => value), 0] as number[]);
  restarted.commit();
  assertEquals([...restarted.restart().store.getMapState(MAP).keys()], [...restored.keys()]);
});

Deno.test("MapState commits the entries that changed, and nothing of one that came and went", () => {
  const rig = new StateRig();
  const map = rig.store.getMapState(MAP);
  map.putAll([["x", 1], ["y", 2], ["z", 3]]);
  assertEquals(rig.commit().length, 3);
  map.put("y", 20);
  map.put("new", 1);
  map.remove("new");
  assertEquals(rig.commit(), [['["seats","","a","y"]', "[1,20]"]]);
  map.clear();
  assertEquals(rig.commit(), [
    ['["seats","","a","x"]', null],
    ['["seats","","a","y"]', null],
    ['["seats","","a","z"]', null],
  ]);
});

Deno.test("MapState lets entries be removed while they are gone through, and what is held is of the key that was at work", () => {
  const rig = new StateRig();
  const map = rig.store.getMapState(MAP);
  map.putAll([["x", 1], ["y", 2], ["z", 3]]);
  const keys = map.keys();
  rig.key("b");
  assertEquals([...map.keys()], []);
  rig.key("a");
  for (const key of keys) if (key !== "y") map.remove(key);

  assertEquals([...map.entries()], [["y", 2]]);
});

Deno.test("ReducingState keeps the first value as it is and folds the others into it", () => {
  const rig = new StateRig();
  const folded: number[][] = [];
  const sum = rig.store.getReducingState(
    new ReducingStateDescriptor<number>("sum", (accumulated, next) => {
      folded.push([accumulated, next]);
      return accumulated + next;
    }),
  );
  assertEquals(sum.get(), undefined);
  sum.add(1);
  assertEquals([sum.get(), folded], [1, []]);
  sum.add(10);
  sum.add(100);
  rig.key("b");
  sum.add(5);

  assertEquals([rig.key("a") && sum.get(), folded], [111, [[1, 10], [11, 100]]]);
  assertEquals(rig.commit(), [['["sum","","a"]', "111"], ['["sum","","b"]', "5"]]);
  sum.clear();
  assertEquals([sum.get(), rig.key("b") && sum.get()], [undefined, 5]);
});

Deno.test("AggregatingState keeps an accumulator and gives its result", () => {
  const rig = new StateRig();
  const mean = rig.store.getAggregatingState(new AggregatingStateDescriptor("mean", MEAN));
  assertEquals(mean.get(), undefined);
  for (const value of [1, 2, 6]) mean.add(value);

  assertEquals(mean.get(), 3);
  assertEquals(rig.commit(), [['["mean","","a"]', '{"sum":9,"n":3}']]);
  mean.clear();
  assertEquals([mean.get(), rig.commit()], [undefined, [['["mean","","a"]', null]]]);
});

Deno.test("ReducingState and AggregatingState go on from the last commit", () => {
  const rig = new StateRig();
  const mean = new AggregatingStateDescriptor("mean", MEAN);
  rig.store.getReducingState(SUM).add(1);
  rig.store.getAggregatingState(mean).add(4);
  rig.commit();
  rig.store.getReducingState(SUM).add(1000); // lost
  const { store } = rig.restart();
  store.getReducingState(SUM).add(2);
  store.getAggregatingState(mean).add(6);

  assertEquals([store.getReducingState(SUM).get(), store.getAggregatingState(mean).get()], [3, 5]);
});

Deno.test("ReducingState and AggregatingState refuse functions that give undefined, and keep what they have", () => {
  const rig = new StateRig();
  const forgetful = new ReducingStateDescriptor<number>("r", () => undefined as unknown as number);
  const reducing = rig.store.getReducingState(forgetful);
  assertThrows(
    () => reducing.add(undefined as unknown as number),
    TypeError,
    'state "r" of "op": add() was given undefined',
  );
  reducing.add(1);
  assertThrows(
    () => reducing.add(2),
    TypeError,
    'Cannot fold into state "r" of "op": its reduce function returned undefined',
  );
  assertEquals(reducing.get(), 1);

  const mean = { ...MEAN, add: () => undefined as unknown as Mean };
  const aggregating = rig.store.getAggregatingState(new AggregatingStateDescriptor("g", mean));
  assertThrows(
    () => aggregating.add(2),
    TypeError,
    'Cannot fold into state "g" of "op": add() of its aggregate function returned undefined',
  );
  assertEquals(aggregating.get(), undefined);
});

Deno.test("store() gives all kinds per namespace, the one of the moment", () => {
  const rig = new StateRig();
  let namespace = "w1";
  const store = rig.backend.store(() => namespace);
  const [list, map, sum] = [store.getListState(LIST), store.getMapState(MAP), store.getReducingState(SUM)];
  const mean = store.getAggregatingState(new AggregatingStateDescriptor("mean", MEAN));
  const all = () => [list.get(), [...map.keys()], sum.get(), mean.get()];
  for (const [window, n] of [["w1", 1], ["w2", 2]] as const) {
    namespace = window;
    list.add(window);
    map.put(window, n);
    sum.add(n);
    mean.add(n);
  }

  assertEquals(all(), [["w2"], ["w2"], 2, 2]);
  namespace = "w1";
  assertEquals(all(), [["w1"], ["w1"], 1, 1]);
  assertEquals(rig.store.getListState(LIST).get(), []);
  for (const state of [list, map, sum, mean]) state.clear();
  assertEquals(all(), [[], [], undefined, undefined]);
  namespace = "w2";
  assertEquals(all(), [["w2"], ["w2"], 2, 2]);
});
