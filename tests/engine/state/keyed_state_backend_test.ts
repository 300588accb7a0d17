import { assertEquals, assertThrows } from "@std/assert";
import { JobError } from "../../../src/engine/errors.ts";
import { Changes } from "../../../src/engine/state/changes.ts";
import type { Key } from "../../../src/engine/state/key.ts";
import { KeyedStateBackend, type RestoredValue } from "../../../src/engine/state/keyed_state_backend.ts";
import {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  type StateDescriptor,
  type StateDescriptorOptions,
  ValueStateDescriptor,
} from "../../../src/engine/state/state.ts";
import { StateRig } from "./state_rig.ts";

const TOTAL = new ValueStateDescriptor<number>("total");

function restoredTotal(value: unknown, key: Key = "a", namespace = ""): Map<string, RestoredValue[]> {
  return new Map([["total", [{ namespace, key, value }]]]);
}

Deno.test("getState() gives each key a value of its own", () => {
  const backend = new KeyedStateBackend("counter", new Changes());
  const total = backend.store().getState(TOTAL);
  backend.setCurrentKey("a");
  total.update(1);
  backend.setCurrentKey("b");
  assertEquals(total.value(), undefined);
  total.update(2);
  backend.setCurrentKey("a");
  assertEquals(total.value(), 1);
});

Deno.test("clear() and update(undefined) forget the value of the current key", () => {
  const backend = new KeyedStateBackend("counter", new Changes());
  const total = backend.store().getState(TOTAL);
  for (const key of ["a", "b", "c"]) {
    backend.setCurrentKey(key);
    total.update(1);
  }
  backend.setCurrentKey("a");
  total.clear();
  backend.setCurrentKey("b");
  total.update(undefined);

  const values = ["a", "b", "c"].map((key) => {
    backend.setCurrentKey(key);
    return total.value();
  });
  assertEquals(values, [undefined, undefined, 1]);
});

Deno.test("getState() gives the same state for the same name", () => {
  const backend = new KeyedStateBackend("counter", new Changes());
  backend.setCurrentKey("a");
  backend.store().getState(TOTAL).update(5);

  assertEquals(backend.store().getState(new ValueStateDescriptor<number>("total")).value(), 5);
  assertEquals(backend.store().getState(new ValueStateDescriptor<number>("other")).value(), undefined);
});

Deno.test("store() keeps one value per namespace, the one of the moment", () => {
  const backend = new KeyedStateBackend("counter", new Changes());
  let namespace = "w1";
  const windowState = backend.store(() => namespace).getState(TOTAL);
  const globalState = backend.store().getState(TOTAL);
  backend.setCurrentKey("a");
  windowState.update(1);
  globalState.update(10);
  namespace = "w2";

  assertEquals([windowState.value(), globalState.value()], [undefined, 10]);
  namespace = "w1";
  assertEquals(windowState.value(), 1);
});

Deno.test("table() fills itself from the last commit when it is asked for first", () => {
  const backend = new KeyedStateBackend("counter", new Changes(), {
    restored: restoredTotal(7),
    versions: { total: 1 },
  });
  backend.setCurrentKey("a");

  assertEquals(backend.store().getState(TOTAL).value(), 7);
});

Deno.test("table() refuses a state that was written as another version, naming both", () => {
  const backend = new KeyedStateBackend("counter", new Changes(), {
    restored: restoredTotal(7),
    versions: { total: 3 },
  });

  const error = assertThrows(
    () => backend.store().getState(new ValueStateDescriptor("total", { version: 2 })),
    JobError,
  );
  assertEquals(
    (error as JobError).message,
    'Cannot restore state "total" of "counter": it was written as version 3, the job now describes it as version 2; ' +
      "run the job that wrote it, or forget the job's commit with --reset",
  );
});

Deno.test("table() refuses two versions of one state in one run, naming both", () => {
  const backend = new KeyedStateBackend("counter", new Changes());
  backend.store().getState(TOTAL);

  assertThrows(
    () => backend.store().getState(new ValueStateDescriptor("total", { version: 2 })),
    JobError,
    'state "total" of "counter" as version 2: it is in use as version 1',
  );
});

Deno.test("getState() refuses a second version of a state also of one and the same store", () => {
  const store = new KeyedStateBackend("counter", new Changes()).store();
  store.getState(TOTAL);

  assertThrows(
    () => store.getState(new ValueStateDescriptor("total", { version: 2 })),
    JobError,
    'state "total" of "counter" as version 2: it is in use as version 1',
  );
});

Deno.test("versions() holds states of this run, and those of the commit that were not asked for", () => {
  const backend = new KeyedStateBackend("counter", new Changes(), {
    restored: restoredTotal(7),
    versions: { total: 3, seen: 1 },
  });
  backend.store().getState(new ValueStateDescriptor("fresh", { version: 4 }));

  assertEquals(backend.versions(), { total: 3, seen: 1, fresh: 4 });
});

Deno.test("update() is one change in the store, under the state's name", () => {
  const changes = new Changes();
  const backend = new KeyedStateBackend("counter", changes);
  backend.setCurrentKey({ city: "Ulm" });
  const total = backend.store().getState(TOTAL);
  total.update(1);
  total.update(2);

  assertEquals([...changes.drain()], [['["state","counter","total","",{"city":"Ulm"}]', "2", false]]);
});

const SUM = { createAccumulator: () => 0, add: (a: number, b: number) => a + b, getResult: String, merge: Math.max };

/** Uses a state of that kind by the name of "total", with something in it. */
const USES: Record<StateDescriptor["kind"] | "broadcast", (rig: StateRig, options?: StateDescriptorOptions) => void> = {
  value: ({ store }, options) => store.getState(new ValueStateDescriptor<number>("total", options)).update(1),
  list: ({ store }, options) => store.getListState(new ListStateDescriptor<number>("total", options)).add(1),
  map: ({ store }, options) => store.getMapState(new MapStateDescriptor<string, number>("total", options)).put("x", 1),
  reducing: ({ store }, options) =>
    store.getReducingState(new ReducingStateDescriptor<number>("total", Math.max, options)).add(1),
  aggregating: ({ store }, options) =>
    store.getAggregatingState(new AggregatingStateDescriptor("total", SUM, options)).add(1),
  broadcast: ({ backend }, options) =>
    backend.broadcastState(new MapStateDescriptor<string, number>("total", options)).put("x", 1),
};
const KINDS = Object.keys(USES) as (keyof typeof USES)[];

function messageOf(act: () => void): string {
  return assertThrows(act, JobError).message;
}

function asKind(kind: string): string {
  return `as ${kind === "aggregating" ? "an" : "a"} ${kind} state`;
}

Deno.test("a state in use as one kind is refused as any other, naming both", () => {
  for (const used of KINDS) {
    for (const other of KINDS.filter((kind) => kind !== used)) {
      const rig = new StateRig();
      USES[used](rig);
      assertEquals(
        messageOf(() => USES[other](rig)),
        `Cannot use state "total" of "op" ${asKind(other)}: it is in use ${asKind(used)}`,
      );
    }
  }
});

Deno.test("a state that was written as one kind is refused as any other, naming both", () => {
  for (const written of KINDS) {
    const rig = new StateRig();
    USES[written](rig);
    rig.commit();
    USES[written](rig.restart());
    for (const other of KINDS.filter((kind) => kind !== written)) {
      assertEquals(
        messageOf(() => USES[other](rig.restart())),
        `Cannot restore state "total" of "op": it was written ${asKind(written)}, the job now describes it ${
          asKind(other)
        }; run the job that wrote it, or forget the job's commit with --reset`,
      );
    }
  }
});

Deno.test("a state of any kind that was written as another version is refused, naming both", () => {
  for (const kind of KINDS) {
    const rig = new StateRig();
    USES[kind](rig, { version: 3 });
    rig.commit();
    USES[kind](rig.restart(), { version: 3 });
    assertEquals(
      messageOf(() => USES[kind](rig.restart())).includes(
        "it was written as version 3, the job now describes it as version 1;",
      ),
      true,
    );
  }
});

Deno.test("a state that was written with TTL is refused without, and the other way round, naming both", () => {
  const ttl = { ttlMs: 1_000 };
  for (const kind of KINDS.filter((kind) => kind !== "broadcast")) {
    const [timed, plain] = [new StateRig(), new StateRig()];
    USES[kind](timed, { ttl });
    USES[kind](plain);
    timed.commit();
    plain.commit();

    // Another time to live is fine: what is stored is when values were updated.
    USES[kind](timed.restart(), { ttl: { ttlMs: 5, updateType: "OnReadAndWrite" } });
    assertEquals(
      messageOf(() => USES[kind](timed.restart())).includes(
        "it was written with TTL, the job now describes it without TTL;",
      ),
      true,
    );
    assertEquals(
      messageOf(() => USES[kind](plain.restart(), { ttl })).includes(
        "it was written without TTL, the job now describes it with TTL;",
      ),
      true,
    );
    USES[kind](plain.restart(), { ttl: { ttlMs: 1, updateType: "Disabled" } });
  }
});

Deno.test("a state in use with one TTL is refused with another or none, naming both", () => {
  const rig = new StateRig();
  USES.value(rig, { ttl: { ttlMs: 10 } });
  USES.value(rig, { ttl: { ttlMs: 10, updateType: "OnCreateAndWrite" } });

  assertEquals(messageOf(() => USES.value(rig)), 'Cannot use state "total" of "op" without TTL: it is in use with TTL');
  assertEquals(
    messageOf(() => USES.value(rig, { ttl: { ttlMs: 10, updateType: "OnReadAndWrite" } })),
    'Cannot use state "total" of "op" with TTL of 10 ms, OnReadAndWrite, NeverReturnExpired: ' +
      "it is in use with TTL of 10 ms, OnCreateAndWrite, NeverReturnExpired",
  );
});

Deno.test("versions() is the version of a value, and text with kind and TTL of the others; all survive a restart", () => {
  const rig = new StateRig();
  rig.backend.valueTable("contents", 3);
  rig.backend.listTable("elements", 1);
  rig.store.getListState(new ListStateDescriptor("l", { version: 2 }));
  rig.store.getMapState(new MapStateDescriptor("m", { ttl: { ttlMs: 1 } }));
  rig.store.getReducingState(new ReducingStateDescriptor("r", Math.max));
  rig.store.getAggregatingState(new AggregatingStateDescriptor("g", SUM));
  rig.store.getState(new ValueStateDescriptor("v", { ttl: { ttlMs: 1 } }));
  rig.store.getState(new ValueStateDescriptor("d", { ttl: { ttlMs: 1, updateType: "Disabled" } }));
  rig.backend.broadcastState(new MapStateDescriptor("b"));
  const versions = {
    contents: 3,
    elements: "list 1",
    l: "list 2",
    m: "map 1 ttl",
    r: "reducing 1",
    g: "aggregating 1",
    v: "value 1 ttl",
    d: 1,
    b: "broadcast 1",
  };

  assertEquals(rig.backend.versions(), versions);
  rig.commit();
  assertEquals(rig.restart().backend.versions(), versions);
});

Deno.test("a state may have any name, also one that every object has something by", () => {
  for (const name of ["constructor", "__proto__", 'a "b", c']) {
    const rig = new StateRig();
    const descriptor = new ListStateDescriptor<number>(name);
    rig.store.getListState(descriptor).add(1);
    rig.commit();

    assertEquals(rig.restart().store.getListState(descriptor).get(), [1]);
  }
});

Deno.test("getState() gives one state for equal descriptors, the first of which says how it works", () => {
  const { store } = new StateRig();
  const max = store.getReducingState(new ReducingStateDescriptor<number>("total", Math.max));
  const min = store.getReducingState(new ReducingStateDescriptor<number>("total", Math.min));
  for (const value of [1, 3, 2]) min.add(value);

  assertEquals([max === min, max.get()], [true, 3]);
});

Deno.test("functions cannot use the name of an operator's own state, whatever the kind", () => {
  const rig = new StateRig();
  rig.backend.valueTable("total", 1);
  for (const kind of KINDS) {
    assertEquals(
      messageOf(() => USES[kind](rig)),
      'Cannot use state "total" of "op": the operator itself has one of that name; take another',
    );
  }
  const lists = new StateRig();
  lists.backend.listTable("total", 1);
  assertEquals(messageOf(() => USES.list(lists)).includes("the operator itself has one"), true);
  assertEquals(messageOf(() => lists.backend.keysOf(TOTAL)).includes("the operator itself has one"), true);
});

Deno.test("listTable() gives an operator lists by namespace and key, restored in order", () => {
  const rig = new StateRig();
  const table = rig.backend.listTable<string>("contents", 1);
  for (let i = 0; i < 12; i++) table.add("0:10", "a", "a", `${i}`);
  table.add("10:20", "a", "a", "other");
  rig.commit();
  const restored = rig.restart().backend.listTable<string>("contents", 1);

  assertEquals(restored.get("0:10", "a"), Array.from({ length: 12 }, (_, i) => `${i}`));
  assertEquals(restored.get("10:20", "a"), ["other"]);
  assertEquals(messageOf(() => rig.backend.listTable("contents", 2)).includes("it is in use as version 1"), true);
});

Deno.test("broadcastState() is one map for all keys, without a key at work, and survives a restart", () => {
  const rules = new MapStateDescriptor<string, number>("rules");
  const rig = new StateRig();
  const state = rig.backend.broadcastState(rules);
  state.putAll([["z", 1], ["a", 2]]);
  rig.key("b");
  state.put("m", 3);
  rig.key(null);
  assertEquals([...rig.backend.broadcastState(rules).entries()], [["z", 1], ["a", 2], ["m", 3]]);
  assertEquals(rig.commit(), [
    ['["rules","broadcast",null,"z"]', "[0,1]"],
    ['["rules","broadcast",null,"a"]', "[1,2]"],
    ['["rules","broadcast",null,"m"]', "[2,3]"],
  ]);
  const restored = rig.restart().backend.broadcastState(rules);
  assertEquals([...restored.entries()], [["z", 1], ["a", 2], ["m", 3]]);
  restored.clear();
  assertEquals(restored.isEmpty(), true);
});

Deno.test("broadcastState() refuses a TTL", () => {
  assertEquals(
    messageOf(() => USES.broadcast(new StateRig(), { ttl: { ttlMs: 1 } })),
    'Cannot use state "total" of "op" with TTL: broadcast state does not expire',
  );
});

Deno.test("keysOf() gives the keys that have something in a state, in the order in which they got it", () => {
  const descriptors = [
    TOTAL,
    new ListStateDescriptor<number>("list"),
    new MapStateDescriptor<string, number>("map"),
  ] as const;
  const rig = new StateRig();
  const [value, list, map] = descriptors;
  for (const key of ["c", { k: 1 }, "a", 7, "b"]) {
    rig.key(key);
    rig.store.getState(value).update(1);
    rig.store.getListState(list).add(1);
    rig.store.getMapState(map).put("x", 1);
  }
  rig.key("a");
  for (const state of [rig.store.getState(value), rig.store.getListState(list), rig.store.getMapState(map)]) {
    state.clear();
  }
  rig.key("c");
  rig.store.getState(value).update(2);
  rig.backend.store(() => "w1").getState(value).update(1);

  for (const descriptor of descriptors) assertEquals([...rig.backend.keysOf(descriptor)], ["c", { k: 1 }, 7, "b"]);
  assertEquals([...rig.backend.keysOf(new ValueStateDescriptor("none"))], []);
});

Deno.test("keysOf() knows the keys of a commit, those of lists and maps in their order", () => {
  const list = new ListStateDescriptor<number>("list");
  const map = new MapStateDescriptor<string, number>("map");
  const rig = new StateRig();
  const keys = ["c", "k10", "k9", "a"];
  for (const key of keys) {
    rig.key(key);
    rig.store.getState(TOTAL).update(1);
    rig.store.getListState(list).add(1);
    rig.store.getMapState(map).put("x", 1);
  }
  rig.commit();
  const { backend } = rig.restart();

  assertEquals([[...backend.keysOf(list)], [...backend.keysOf(map)]], [keys, keys]);
  assertEquals([...backend.keysOf(TOTAL)].sort(), keys.toSorted());
});

Deno.test("keysOf() lets the state of one key after the other change while they are gone through", () => {
  const rig = new StateRig();
  const state = rig.store.getState(TOTAL);
  for (const key of ["a", "b", "c"]) rig.key(key) && state.update(1);
  const seen: Key[] = [];
  for (const key of rig.backend.keysOf(TOTAL)) {
    seen.push(key);
    rig.key(key);
    if (key === "c") state.update(2);
    else state.clear();
  }

  assertEquals([seen, [...rig.backend.keysOf(TOTAL)]], [["a", "b", "c"], ["c"]]);
});

Deno.test("keysOf() leaves out keys whose values have expired", () => {
  const rig = new StateRig();
  const descriptor = new ValueStateDescriptor<number>("total", { ttl: { ttlMs: 10 } });
  const state = rig.store.getState(descriptor);
  for (const [key, nowMs] of [["a", 0], ["b", 5]] as const) rig.key(key).at(nowMs) && state.update(1);

  assertEquals([...rig.at(10).backend.keysOf(descriptor)], ["b"]);
});
