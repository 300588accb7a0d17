import { assertEquals } from "@std/assert";
import {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  ValueStateDescriptor,
} from "../../../src/engine/state/state.ts";
import type { StateTtlConfig } from "../../../src/engine/state/state_ttl_config.ts";
import { StateRig } from "./state_rig.ts";

/** States of all kinds whose values live 10 ms. */
function statesOf(rig: StateRig, config: Omit<StateTtlConfig, "ttlMs"> = {}) {
  const options = { ttl: { ttlMs: 10, ...config } };
  const sum = {
    createAccumulator: () => 0,
    add: (value: number, accumulated: number) => accumulated + value,
    getResult: (accumulated: number) => `${accumulated}`,
    merge: (a: number, b: number) => a + b,
  };
  const { store } = rig;
  return {
    value: store.getState(new ValueStateDescriptor<number>("value", options)),
    list: store.getListState(new ListStateDescriptor<number>("list", options)),
    map: store.getMapState(new MapStateDescriptor<string, number>("map", options)),
    reducing: store.getReducingState(new ReducingStateDescriptor<number>("reducing", (a, b) => a + b, options)),
    aggregating: store.getAggregatingState(new AggregatingStateDescriptor("aggregating", sum, options)),
  };
}

const READ = { updateType: "OnReadAndWrite" } as const;
const ONCE_MORE = { stateVisibility: "ReturnExpiredIfNotCleanedUp" } as const;

/** Puts something into all of them. */
function fill({ value, list, map, reducing, aggregating }: ReturnType<typeof statesOf>): void {
  value.update(1);
  list.add(1);
  map.put("x", 1);
  reducing.add(1);
  aggregating.add(1);
}

function readAll({ value, list, map, reducing, aggregating }: ReturnType<typeof statesOf>): unknown[] {
  return [value.value(), list.get(), map.get("x"), reducing.get(), aggregating.get()];
}

const FULL = [1, [1], 1, 1, "1"];
const EMPTY = [undefined, [], undefined, undefined, undefined];

Deno.test("a value is expired when its last update + ttl has come", () => {
  const rig = new StateRig();
  const states = statesOf(rig.at(100));
  fill(states);

  rig.at(109);
  assertEquals(readAll(states), FULL);
  rig.at(110);
  assertEquals(readAll(states), EMPTY);
});

Deno.test("writing renews a value, reading does not", () => {
  const rig = new StateRig();
  const states = statesOf(rig);
  fill(states);
  rig.at(9);
  readAll(states);
  states.value.update(2);
  states.map.put("x", 2);
  states.reducing.add(1);
  states.aggregating.add(1);
  rig.at(18);
  assertEquals(readAll(states), [2, [], 2, 2, "2"]);
  rig.at(19);

  assertEquals(readAll(states), EMPTY);
});

Deno.test("reading renews a value with OnReadAndWrite", () => {
  const rig = new StateRig();
  const states = statesOf(rig, READ);
  fill(states);
  for (const nowMs of [9, 18, 27]) assertEquals([rig.at(nowMs).nowMs, readAll(states)], [nowMs, FULL]);

  rig.at(37);
  assertEquals(readAll(states), EMPTY);
});

Deno.test("nothing expires with Disabled, and it is stored as if there were no TTL", () => {
  const rig = new StateRig();
  const states = statesOf(rig, { updateType: "Disabled" });
  fill(states);
  rig.at(1_000_000);
  rig.backend.dropExpired();

  assertEquals(readAll(states), FULL);
  assertEquals(rig.commit()[0], ['["value","","a"]', "1"]);
  assertEquals(rig.restart().store.getState(new ValueStateDescriptor<number>("value")).value(), 1);
});

Deno.test("each element of a list has its own time, and an expired list is empty", () => {
  const rig = new StateRig();
  const { list } = statesOf(rig);
  for (const nowMs of [0, 3, 6]) rig.at(nowMs) && list.add(nowMs);

  assertEquals(rig.at(10) && list.get(), [3, 6]);
  assertEquals(rig.at(15) && list.get(), [6]);
  assertEquals(rig.at(16) && list.get(), []);
});

Deno.test("reading a list renews all its elements with OnReadAndWrite", () => {
  const rig = new StateRig();
  const { list } = statesOf(rig, READ);
  for (const nowMs of [0, 3, 6]) rig.at(nowMs) && list.add(nowMs);

  assertEquals(rig.at(10) && list.get(), [3, 6]);
  assertEquals(rig.at(19) && list.get(), [3, 6]);
  rig.commit();
  assertEquals(rig.at(29) && list.get(), []);
});

Deno.test("update() of a list gives all elements a new time", () => {
  const rig = new StateRig();
  const { list } = statesOf(rig);
  list.addAll([1, 2, 3]);
  rig.at(5);
  list.update([1, 2]);

  assertEquals(rig.at(14) && list.get(), [1, 2]);
  assertEquals(rig.at(15) && list.get(), []);
});

Deno.test("each entry of a map has its own time", () => {
  const rig = new StateRig();
  const { map } = statesOf(rig);
  map.put("x", 1);
  map.put("y", 2);
  rig.at(5);
  map.put("x", 3);
  rig.at(10);

  assertEquals([map.contains("x"), map.contains("y"), map.isEmpty(), [...map.entries()]], [true, false, false, [[
    "x",
    3,
  ]]]);
  rig.at(15);
  assertEquals([map.contains("x"), map.isEmpty(), [...map.keys()], [...map.values()]], [false, true, [], []]);
});

Deno.test("reading one entry of a map, or contains(), renews that one with OnReadAndWrite", () => {
  const rig = new StateRig();
  const { map } = statesOf(rig, READ);
  for (const key of ["x", "y", "z"]) map.put(key, 1);
  rig.at(5);
  map.get("x");
  map.contains("y");
  // Renews nothing: it gives nothing.
  map.isEmpty();
  rig.at(10);

  assertEquals([...map.keys()], ["x", "y"]);
});

for (const how of ["entries", "keys", "values"] as const) {
  Deno.test(`${how}() of a map renews all it gives with OnReadAndWrite, and no more`, () => {
    const rig = new StateRig();
    const { map } = statesOf(rig, READ);
    for (const key of ["x", "y", "z"]) map.put(key, 1);
    rig.at(5);
    let given = 0;
    for (const _ of map[how]()) if (++given === 2) break;
    rig.at(10);

    assertEquals([map.contains("x"), map.contains("y"), map.contains("z")], [true, true, false]);
  });
}

Deno.test("an expired value is given once with ReturnExpiredIfNotCleanedUp: the reading removes it", () => {
  const rig = new StateRig();
  const states = statesOf(rig, ONCE_MORE);
  fill(states);
  rig.commit();
  rig.at(10);

  assertEquals(readAll(states), FULL);
  assertEquals(readAll(states), EMPTY);
  assertEquals(rig.commit().map(([, text]) => text), [null, null, null, null, null]);
});

Deno.test("the reading removes an expired value also behind one of a clock that was set back since", () => {
  const rig = new StateRig();
  const { value } = statesOf(rig, ONCE_MORE);
  rig.key("b").at(100);
  value.update(1);
  rig.key("a").at(50);
  value.update(1);
  rig.at(60);

  assertEquals([value.value(), value.value()], [1, undefined]);
});

Deno.test("contains() and each way through a map give an expired entry once with ReturnExpiredIfNotCleanedUp", () => {
  const rig = new StateRig();
  const { map } = statesOf(rig, ONCE_MORE);
  map.put("x", 1);
  rig.at(10);
  assertEquals([map.contains("x"), map.contains("x")], [true, false]);

  map.putAll([["x", 1], ["y", 2]]);
  rig.at(20);
  // What isEmpty() says has to be true when the entries are asked for.
  assertEquals([map.isEmpty(), [...map.entries()], map.isEmpty()], [false, [["x", 1], ["y", 2]], true]);
  map.put("x", 1);
  rig.at(30);
  assertEquals([[...map.keys()], [...map.keys()]], [["x"], []]);
  map.put("x", 1);
  rig.at(40);
  assertEquals([[...map.values()], [...map.values()]], [[1], []]);
});

Deno.test("an expired value that may still be seen is not renewed by being read", () => {
  const rig = new StateRig();
  const states = statesOf(rig, { ...READ, ...ONCE_MORE });
  fill(states);
  rig.at(10);

  assertEquals([readAll(states), readAll(states)], [FULL, EMPTY]);
});

// As in Flink, where only what cannot be seen any more is left out of the fold.
Deno.test("add() folds into an expired value only if such may be seen", () => {
  for (const [config, sum] of [[{}, 1], [ONCE_MORE, 2]] as const) {
    const rig = new StateRig();
    const { reducing, aggregating } = statesOf(rig, config);
    reducing.add(1);
    aggregating.add(1);
    rig.at(10);
    reducing.add(1);
    aggregating.add(1);
    rig.at(19);

    assertEquals([reducing.get(), aggregating.get()], [sum, `${sum}`]);
  }
});

Deno.test("any use of a state drops what has expired in it, of all keys, and the next commit has it no more", () => {
  const uses: Record<string, (states: ReturnType<typeof statesOf>) => void> = {
    value: ({ value }) => value.value(),
    list: ({ list }) => list.get(),
    map: ({ map }) => map.get("none"),
    reducing: ({ reducing }) => reducing.get(),
    aggregating: ({ aggregating }) => aggregating.get(),
    "value ": ({ value }) => value.clear(),
    "list ": ({ list }) => list.clear(),
    "map ": ({ map }) => map.clear(),
    "list  ": ({ list }) => list.addAll([]),
    "map  ": ({ map }) => map.remove("none"),
    "map   ": ({ map }) => void [...map.keys()],
    "map    ": ({ map }) => map.isEmpty(),
  };
  for (const [kind, use] of Object.entries(uses)) {
    const rig = new StateRig();
    const states = statesOf(rig);
    for (const key of ["a", "b"]) rig.key(key) && fill(states);
    rig.commit();
    rig.key("nobody").at(10);
    use(states);

    const gone = rig.commit().filter(([, text]) => text === null).map(([entry]) => JSON.parse(entry)[0]);
    assertEquals(gone, [kind.trim(), kind.trim()]);
  }
});

Deno.test("dropExpired() drops what has expired of all states, and no more", () => {
  const rig = new StateRig();
  const states = statesOf(rig);
  fill(states);
  rig.key("b").at(5);
  fill(states);
  rig.commit();
  rig.at(10);
  rig.backend.dropExpired();
  assertEquals(rig.commit().map(([, text]) => text), [null, null, null, null, null]);

  assertEquals([rig.key("a") && readAll(states), rig.key("b") && readAll(states)], [EMPTY, FULL]);
  rig.at(15);
  rig.backend.dropExpired();
  rig.backend.dropExpired();
  rig.commit();
  assertEquals([...rig.entries.keys()], ['["job"]']);
});

Deno.test("dropExpired() passes over what was renewed, in whatever order", () => {
  const rig = new StateRig();
  const { value } = statesOf(rig);
  const update = (key: string, nowMs: number) => rig.key(key).at(nowMs) && value.update(nowMs);
  for (const [nowMs, key] of ["a", "b", "c", "d", "b", "a", "e", "c"].entries()) update(key, nowMs);
  rig.key("e");
  value.clear();
  const left: string[][] = [];
  for (const nowMs of [12, 13, 14, 15, 16, 17]) {
    rig.at(nowMs);
    rig.backend.dropExpired();
    left.push([...rig.backend.keysOf(new ValueStateDescriptor("value", { ttl: { ttlMs: 10 } }))] as string[]);
  }

  // d was updated at 3, b at 4, a at 5, c at 7.
  assertEquals(left, [["a", "b", "c", "d"], ["a", "b", "c"], ["a", "c"], ["c"], ["c"], []]);
});

Deno.test("a restart renews nothing: the time of the last update is in the commit", () => {
  const rig = new StateRig();
  fill(statesOf(rig.at(100)));
  assertEquals(rig.commit(), [
    ['["value","","a"]', "[100,1]"],
    ['["list","","a",0]', "[100,1]"],
    ['["map","","a","x"]', "[0,[100,1]]"],
    ['["reducing","","a"]', "[100,1]"],
    ['["aggregating","","a"]', "[100,1]"],
  ]);
  const restarted = rig.restart().at(109);
  const states = statesOf(restarted);
  assertEquals(readAll(states), FULL);
  restarted.at(110);

  assertEquals(readAll(states), EMPTY);
});

Deno.test("restored values expire in order of their last update, whatever the order in which a store gives them", () => {
  const rig = new StateRig();
  const { value, list } = statesOf(rig);
  for (const [nowMs, key] of ["c", "a", "d", "b"].entries()) {
    rig.key(key).at(nowMs);
    value.update(nowMs);
    list.add(nowMs);
  }
  rig.commit();
  const restarted = rig.restart().at(12);
  statesOf(restarted);
  restarted.backend.dropExpired();

  // c was updated at 0, a at 1, d at 2.
  const gone = restarted.commit().map(([entry]) => entry.split(",").slice(0, 3).join());
  assertEquals(gone, [
    '["value","","c"]',
    '["value","","a"]',
    '["value","","d"]',
    '["list","","c"',
    '["list","","a"',
    '["list","","d"',
  ]);
});

Deno.test("a value that expired and was put again is stored with its new time", () => {
  const rig = new StateRig();
  const states = statesOf(rig);
  fill(states);
  rig.commit();
  rig.at(10);
  fill(states);
  rig.commit();
  const restarted = rig.restart().at(19);

  assertEquals(readAll(statesOf(restarted)), FULL);
});

Deno.test("an entry of a map that expired and was put again is the last", () => {
  const rig = new StateRig();
  const { map } = statesOf(rig);
  map.put("x", 1);
  rig.at(5);
  map.put("y", 1);
  rig.at(10);
  map.put("x", 2);

  assertEquals([...map.keys()], ["y", "x"]);
});

Deno.test("states with TTL refuse undefined like others, and keep what they have", () => {
  const rig = new StateRig();
  const states = statesOf(rig);
  fill(states);
  const nothing = undefined as unknown as number;
  const refused = [
    () => states.list.add(nothing),
    () => states.list.update([nothing]),
    () => states.map.put("x", nothing),
    () => states.map.put("y", nothing),
    () => states.reducing.add(nothing),
  ].map((act) => {
    try {
      act();
      return "taken";
    } catch (error) {
      return (error as Error).name;
    }
  });

  assertEquals(refused, ["TypeError", "TypeError", "TypeError", "TypeError", "TypeError"]);
  assertEquals(readAll(states), FULL);
  rig.at(10);
  rig.backend.dropExpired();
  assertEquals([readAll(states), rig.commit()], [EMPTY, []]);
});

Deno.test("clear() and update(undefined) of a state with TTL forget the value of the current key alone", () => {
  const rig = new StateRig();
  const states = statesOf(rig);
  for (const key of ["a", "b"]) rig.key(key) && fill(states);
  for (const state of Object.values(states)) state.clear();
  assertEquals([readAll(states), rig.key("a") && readAll(states)], [EMPTY, FULL]);
  states.value.update(undefined);
  states.map.remove("x");

  assertEquals([states.value.value(), states.map.isEmpty()], [undefined, true]);
});
