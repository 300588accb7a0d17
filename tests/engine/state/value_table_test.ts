import { assertEquals, assertThrows } from "@std/assert";
import { Changes, lastOf } from "../../../src/engine/state/changes.ts";
import { type Key, keyId } from "../../../src/engine/state/key.ts";
import { NO_NAMESPACE } from "../../../src/engine/state/namespace_index.ts";
import { ValueTable } from "../../../src/engine/state/value_table.ts";

/** A table of numbers, and what a commit would store of it. */
function newTable() {
  const changes = new Changes();
  const table = new ValueTable<number>({ uid: "counter", name: "total", changes });
  return {
    table,
    set: (namespace: string, key: Key, value: number | undefined) => table.set(namespace, keyId(key), key, value),
    get: (namespace: string, key: Key) => table.get(namespace, keyId(key)),
    commit: () => [...lastOf(changes.drain())],
  };
}

Deno.test("ValueTable keeps one value per namespace and key", () => {
  const { table, set, get } = newTable();
  set("w1", "a", 1);
  set("w2", "a", 2);
  set("w1", "b", 3);
  set("w1", "a", 4);

  assertEquals([get("w1", "a"), get("w2", "a"), get("w1", "b"), get("w2", "b"), get("w3", "a")], [
    4,
    2,
    3,
    undefined,
    undefined,
  ]);
  assertEquals(table.ledger.size, 3);
});

Deno.test("ValueTable keeps keys of different types apart", () => {
  const { set, get } = newTable();
  set(NO_NAMESPACE, 1, 10);
  set(NO_NAMESPACE, "1", 20);
  set(NO_NAMESPACE, { a: 1, b: 2 }, 30);

  assertEquals([get("", 1), get("", "1"), get("", { b: 2, a: 1 })], [10, 20, 30]);
});

Deno.test("set() removes a value when it is given undefined, and only that", () => {
  const { table, set, get } = newTable();
  set("w1", "a", 1);
  set("w1", "b", 2);
  set("w2", "a", 3);
  set("w1", "a", undefined);

  assertEquals([get("w1", "a"), get("w1", "b"), get("w2", "a"), table.ledger.size], [undefined, 2, 3, 2]);
});

Deno.test("set() begins anew when a namespace was emptied", () => {
  const { table, set, get } = newTable();
  set("w1", "a", 1);
  set("w1", "a", undefined);
  set("w1", "a", 2);

  assertEquals([get("w1", "a"), table.ledger.size], [2, 1]);
});

Deno.test("set() changes nothing when it is given undefined where nothing is", () => {
  const { table, set, commit } = newTable();
  set("w1", "a", undefined);

  assertEquals([table.ledger.size, commit()], [0, []]);
});

Deno.test("ValueTable stores one entry per changed key, by uid, state, namespace and key", () => {
  const { set, commit } = newTable();
  set("w1", "a", 1);
  set("w1", "a", 2);
  set(NO_NAMESPACE, { x: true }, 5);

  assertEquals(commit(), [
    ['["state","counter","total","w1","a"]', "2"],
    ['["state","counter","total","",{"x":true}]', "5"],
  ]);
  assertEquals(commit(), []);
});

Deno.test("ValueTable stores the null of a value that is gone, and nothing of one that came and went", () => {
  const { set, commit } = newTable();
  set("w1", "a", 1);
  commit();
  set("w1", "a", undefined);
  set("w1", "b", 2);
  set("w1", "b", undefined);

  assertEquals(commit(), [['["state","counter","total","w1","a"]', null]]);
});

Deno.test("ValueTable stores a value that went and came back", () => {
  const { set, commit } = newTable();
  set("w1", "a", 1);
  commit();
  set("w1", "a", 2);
  set("w1", "a", undefined);
  set("w1", "a", 3);

  assertEquals(commit(), [['["state","counter","total","w1","a"]', "3"]]);
});

Deno.test("ValueTable tells a value of null apart from no value", () => {
  const changes = new Changes();
  const table = new ValueTable<null>({ uid: "counter", name: "flag", changes });
  table.set("", "a", "a", null);

  assertEquals(table.get("", "a"), null);
  assertEquals([...changes.drain()], [['["state","counter","flag","","a"]', "null", false]]);
});

Deno.test("ValueTable refuses what a commit could not keep when it is set, and stays as it was", () => {
  for (const value of [10n, () => 1, Symbol("s"), NaN]) {
    const changes = new Changes();
    const table = new ValueTable<unknown>({ uid: "counter", name: "total", changes });
    table.set("", "b", "b", 1);

    for (const key of ["a", "b"]) {
      assertThrows(() => table.set("", key, key, value), TypeError, 'Cannot store state "total" of "counter"');
    }
    assertEquals([...changes.drain()], [['["state","counter","total","","b"]', "1", false]]);
  }
});

Deno.test("restore() takes a value that the store has: it is there, is no change, and is removed as null", () => {
  const { table, set, get, commit } = newTable();
  const stored = { part: undefined, order: 0, timeMs: undefined, lastUpdateMs: undefined };
  table.restore({ namespace: "w1", key: { b: 1, a: 2 }, value: 7, ...stored });

  assertEquals(get("w1", { a: 2, b: 1 }), 7);
  assertEquals(commit(), []);
  set("w1", { a: 2, b: 1 }, undefined);
  // Under the name that the store knows it by.
  assertEquals(commit(), [['["state","counter","total","w1",{"b":1,"a":2}]', null]]);
});

Deno.test("remove() removes the value of an entry", () => {
  const { table, set, get, commit } = newTable();
  set("w1", { b: 1, a: 2 }, 1);
  commit();
  set("w1", { a: 2, b: 1 }, undefined);

  assertEquals([get("w1", { a: 2, b: 1 }), table.ledger.size], [undefined, 0]);
  assertEquals(commit(), [['["state","counter","total","w1",{"b":1,"a":2}]', null]]);
});

Deno.test("mergeNamespaces() folds the values of one key into that of the target, in the order of the sources", () => {
  const { table, set, get, commit } = newTable();
  for (const [namespace, value] of [["w3", 3], ["w1", 100], ["w2", 20]] as const) set(namespace, "a", value);
  set("w2", "b", 5);
  commit();
  const folded: number[][] = [];
  table.mergeNamespaces("w1", ["w2", "none", "w1", "w3", "w2"], "a", "a", (accumulated, next) => {
    folded.push([accumulated, next]);
    return accumulated + next;
  });

  assertEquals(folded, [[100, 20], [120, 3]]);
  assertEquals([get("w1", "a"), get("w2", "a"), get("w3", "a"), get("w2", "b")], [123, undefined, undefined, 5]);
  assertEquals(commit(), [
    ['["state","counter","total","w2","a"]', null],
    ['["state","counter","total","w3","a"]', null],
    ['["state","counter","total","w1","a"]', "123"],
  ]);
});

Deno.test("mergeNamespaces() moves a value to a target that has none, without asking its function", () => {
  const { table, set, get } = newTable();
  set("w2", "a", 7);
  table.mergeNamespaces("w1", ["w2"], "a", "a", () => {
    throw new Error("asked");
  });

  assertEquals([get("w1", "a"), get("w2", "a"), table.ledger.size], [7, undefined, 1]);
});

Deno.test("mergeNamespaces() changes nothing when no source has a value, or its function throws or gives undefined", () => {
  const { table, set, get, commit } = newTable();
  set("w1", "a", 1);
  commit();
  table.mergeNamespaces("w1", ["w2", "w1"], "a", "a", (a, b) => a + b);
  assertEquals(commit(), []);

  set("w2", "a", 2);
  set("w3", "a", 3);
  commit();
  const merge = (by: (a: number, b: number) => number) => table.mergeNamespaces("w1", ["w2", "w3"], "a", "a", by);
  assertThrows(() =>
    merge((accumulated, next) => {
      if (next === 3) throw new RangeError("no");
      return accumulated;
    }), RangeError);
  assertThrows(
    () => merge(() => undefined as unknown as number),
    TypeError,
    'Cannot merge values of state "total" of "counter": its function returned undefined',
  );
  assertEquals([get("w1", "a"), get("w2", "a"), get("w3", "a"), commit()], [1, 2, 3, []]);
});

Deno.test("keys() gives the keys that have a value outside of windows, in the order in which they got it", () => {
  const { table, set } = newTable();
  set(NO_NAMESPACE, "b", 1);
  set(NO_NAMESPACE, { k: 1 }, 1);
  set("w1", "z", 1);
  set(NO_NAMESPACE, "c", 1);
  set(NO_NAMESPACE, "a", 1);
  set(NO_NAMESPACE, "c", undefined);
  set(NO_NAMESPACE, "b", 2);

  assertEquals([...table.keys()], ["b", { k: 1 }, "a"]);
});
