import { assertEquals, assertThrows } from "@std/assert";
import { Changes, lastOf } from "../../../src/engine/state/changes.ts";
import { type Key, keyId } from "../../../src/engine/state/key.ts";
import { ListTable } from "../../../src/engine/state/list_table.ts";

const NEITHER = { timeMs: undefined, lastUpdateMs: undefined };

/** A table of lists of text, and what a commit would store of it. */
function newTable() {
  const changes = new Changes();
  const table = new ListTable<string>({ uid: "op", name: "seen", changes });
  return {
    table,
    add: (namespace: string, key: Key, ...values: readonly string[]) =>
      values.map((value) => table.add(namespace, keyId(key), key, value)),
    get: (namespace: string, key: Key) => table.get(namespace, keyId(key)),
    clear: (namespace: string, key: Key) => table.clear(namespace, keyId(key)),
    merge: (target: string, sources: readonly string[], key: Key) =>
      table.mergeNamespaces(target, sources, keyId(key), key),
    commit: () => [...lastOf(changes.drain())],
  };
}

Deno.test("ListTable keeps one list per namespace and key, in order", () => {
  const { add, get } = newTable();
  add("w1", "a", "1", "2");
  add("w2", "a", "3");
  add("w1", "b", "4");
  add("w1", "a", "5", "1");

  assertEquals([get("w1", "a"), get("w2", "a"), get("w1", "b")], [["1", "2", "5", "1"], ["3"], ["4"]]);
  assertEquals([get("w2", "b"), get("w3", "a")], [[], []]);
});

Deno.test("get() gives an array of the caller's own", () => {
  const { add, get } = newTable();
  add("", "a", "1");
  get("", "a").push("2");

  assertEquals(get("", "a"), ["1"]);
});

Deno.test("ListTable stores one entry per element, by an ascending number, and only what is new", () => {
  const { add, commit } = newTable();
  add("w1", "a", "x", "y");
  add("w1", { b: 1 }, "z");
  assertEquals(commit(), [
    ['["state","op","seen","w1","a",0]', '"x"'],
    ['["state","op","seen","w1","a",1]', '"y"'],
    ['["state","op","seen","w1",{"b":1},2]', '"z"'],
  ]);
  assertEquals(commit(), []);

  add("w1", "a", "new");
  assertEquals(commit(), [['["state","op","seen","w1","a",3]', '"new"']]);
});

Deno.test("clear() empties one list, and removes all that is stored of it", () => {
  const { add, clear, get, commit } = newTable();
  add("w1", "a", "x", "y");
  add("w1", "b", "z");
  commit();
  add("w1", "a", "came and went");
  clear("w1", "a");
  clear("w1", "nobody");

  assertEquals([get("w1", "a"), get("w1", "b")], [[], ["z"]]);
  assertEquals(commit(), [['["state","op","seen","w1","a",0]', null], ['["state","op","seen","w1","a",1]', null]]);
});

Deno.test("ListTable begins a list anew after clear()", () => {
  const { add, clear, get } = newTable();
  add("w1", "a", "x");
  clear("w1", "a");
  add("w1", "a", "y");

  assertEquals(get("w1", "a"), ["y"]);
});

Deno.test("remove() and replace() change one element", () => {
  const { table, add, get, commit } = newTable();
  const [first, , third] = add("w1", "a", "1", "2", "3");
  commit();
  table.remove(first!);
  table.replace(third!, "three");

  assertEquals(get("w1", "a"), ["2", "three"]);
  assertEquals(commit(), [['["state","op","seen","w1","a",0]', null], ['["state","op","seen","w1","a",2]', '"three"']]);
});

Deno.test("remove() keeps the others in order, whatever goes and comes meanwhile, and leaves no empty list", () => {
  const { table, add, get } = newTable();
  const elements = add("", "a", ..."0123456789");
  for (const i of [0, 9, 3, 4, 5]) table.remove(elements[i]!);
  assertEquals(get("", "a"), [..."12678"]);
  add("", "a", "x");
  for (const i of [7, 1, 2]) table.remove(elements[i]!);
  assertEquals(get("", "a"), [..."68x"]);
  assertEquals([...table.keys()], ["a"]);
  for (const element of table.slots("", "a")) table.remove(element);

  assertEquals([get("", "a"), [...table.keys()]], [[], []]);
});

Deno.test("clear() stores nothing of elements that were removed before", () => {
  const { table, add, clear, commit } = newTable();
  const [first] = add("w1", "a", "1", "2", "3");
  commit();
  table.remove(first!);
  commit();
  clear("w1", "a");

  assertEquals(commit(), [['["state","op","seen","w1","a",1]', null], ['["state","op","seen","w1","a",2]', null]]);
});

Deno.test("mergeNamespaces() appends the lists of one key, in the order of the sources", () => {
  const { add, get, merge, commit } = newTable();
  add("w3", "a", "5");
  add("w1", "a", "1", "2");
  add("w2", "a", "3");
  add("w2", "b", "other");
  commit();
  merge("w1", ["w2", "none", "w1", "w3"], "a");

  assertEquals(get("w1", "a"), ["1", "2", "3", "5"]);
  assertEquals([get("w2", "a"), get("w3", "a"), get("w2", "b")], [[], [], ["other"]]);
  assertEquals(commit(), [
    ['["state","op","seen","w2","a",3]', null],
    ['["state","op","seen","w1","a",5]', '"3"'],
    ['["state","op","seen","w3","a",0]', null],
    ['["state","op","seen","w1","a",6]', '"5"'],
  ]);
});

Deno.test("mergeNamespaces() makes the target if only sources have something", () => {
  const { add, get, merge } = newTable();
  add("w2", "a", "3");
  merge("w1", ["w2"], "a");

  assertEquals([get("w1", "a"), get("w2", "a")], [["3"], []]);
});

Deno.test("add() and replace() refuse undefined, and change nothing", () => {
  const { table, add, get } = newTable();
  const [first] = add("", "a", "1");
  const words = 'Cannot put undefined into list state "seen" of "op"';
  assertThrows(() => add("", "a", undefined as unknown as string), TypeError, words);
  assertThrows(() => table.replace(first!, undefined as unknown as string), TypeError, words);

  assertEquals(get("", "a"), ["1"]);
});

Deno.test("restore() takes elements that the store has: they are no change, and further ones come behind them", () => {
  const { table, add, get, clear, commit } = newTable();
  table.restore({ namespace: "w1", key: { b: 1, a: 2 }, part: 7, order: 7, value: "x", ...NEITHER });
  table.restore({ namespace: "w1", key: { a: 2, b: 1 }, part: 8, order: 8, value: "y", ...NEITHER });
  assertEquals(commit(), []);
  add("w1", { a: 2, b: 1 }, "z");

  assertEquals(get("w1", { a: 2, b: 1 }), ["x", "y", "z"]);
  assertEquals(commit(), [['["state","op","seen","w1",{"b":1,"a":2},9]', '"z"']]);
  clear("w1", { a: 2, b: 1 });
  assertEquals(commit().length, 3);
});

Deno.test("keys() gives the keys that have a list outside of windows, in the order in which they got it", () => {
  const { table, add, clear } = newTable();
  add("", "b", "1");
  add("", { k: 1 }, "1");
  add("w1", "z", "1");
  add("", "a", "1");
  add("", "b", "2");
  clear("", { k: 1 });

  assertEquals([...table.keys()], ["b", "a"]);
});
