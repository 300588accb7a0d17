import { assertEquals, assertThrows } from "@std/assert";
import { Changes, lastOf } from "../../../src/engine/state/changes.ts";
import { type Key, keyId } from "../../../src/engine/state/key.ts";
import { MapTable } from "../../../src/engine/state/map_table.ts";

const NEITHER = { timeMs: undefined, lastUpdateMs: undefined };

/** A table of maps of numbers, and what a commit would store of it. */
function newTable() {
  const changes = new Changes();
  const table = new MapTable<number>({ uid: "op", name: "seats", changes });
  return {
    table,
    put: (namespace: string, key: Key, userKey: Key, value: number) =>
      table.put(namespace, keyId(key), key, userKey, value),
    get: (namespace: string, key: Key, userKey: Key) => table.find(namespace, keyId(key), userKey)?.value,
    remove: (namespace: string, key: Key, userKey: Key) => table.remove(table.find(namespace, keyId(key), userKey)!),
    all: (namespace: string, key: Key) => [...table.slots(namespace, keyId(key))].map((slot) => [slot.key, slot.value]),
    commit: () => [...lastOf(changes.drain())],
  };
}

Deno.test("MapTable keeps one value per namespace, key and key of the map", () => {
  const { put, get } = newTable();
  put("w1", "a", "x", 1);
  put("w2", "a", "x", 2);
  put("w1", "b", "x", 3);
  put("w1", "a", "y", 4);
  put("w1", "a", "x", 5);

  assertEquals([get("w1", "a", "x"), get("w2", "a", "x"), get("w1", "b", "x"), get("w1", "a", "y")], [5, 2, 3, 4]);
  assertEquals([get("w1", "a", "z"), get("w2", "b", "x"), get("w3", "a", "x")], [undefined, undefined, undefined]);
});

Deno.test("MapTable tells keys of a map apart by type, and takes equal objects for one", () => {
  const { put, get, all } = newTable();
  put("", "a", 1, 10);
  put("", "a", "1", 20);
  put("", "a", null, 30);
  put("", "a", { p: 1, q: 2 }, 40);
  put("", "a", { q: 2, p: 1 }, 41);

  assertEquals([get("", "a", 1), get("", "a", "1"), get("", "a", null), get("", "a", { q: 2, p: 1 })], [
    10,
    20,
    30,
    41,
  ]);
  assertEquals(all("", "a").length, 4);
});

Deno.test("slots() come in order of first insertion; one that went and came back is last", () => {
  const { put, remove, all } = newTable();
  for (const userKey of ["c", "a", "b"]) put("", "k", userKey, 1);
  put("", "k", "c", 2);
  remove("", "k", "a");
  put("", "k", "a", 3);

  assertEquals(all("", "k"), [["c", 2], ["b", 1], ["a", 3]]);
});

Deno.test("MapTable stores one entry per key of a map, with its place in the order, and only what has changed", () => {
  const { put, commit } = newTable();
  put("w1", "a", "x", 10);
  put("w1", "a", { city: "Ulm" }, 20);
  put("", "b", "x", 30);
  assertEquals(commit(), [
    ['["state","op","seats","w1","a","x"]', "[0,10]"],
    ['["state","op","seats","w1","a",{"city":"Ulm"}]', "[1,20]"],
    ['["state","op","seats","","b","x"]', "[2,30]"],
  ]);
  assertEquals(commit(), []);

  put("w1", "a", "x", 11);
  assertEquals(commit(), [['["state","op","seats","w1","a","x"]', "[0,11]"]]);
});

Deno.test("MapTable stores the null of an entry that is gone, and nothing of one that came and went", () => {
  const { put, remove, commit } = newTable();
  put("", "a", "x", 1);
  commit();
  remove("", "a", "x");
  put("", "a", "y", 2);
  remove("", "a", "y");
  assertEquals(commit(), [['["state","op","seats","","a","x"]', null]]);

  put("", "a", "z", 1);
  commit();
  remove("", "a", "z");
  put("", "a", "z", 2);
  assertEquals(commit(), [['["state","op","seats","","a","z"]', "[3,2]"]]);
});

Deno.test("put() and replace() refuse undefined, and put() what keys nothing; nothing changes", () => {
  const { table, put, all } = newTable();
  put("", "a", "x", 1);
  const nothing = undefined as unknown as number;
  const words = 'Cannot put undefined into map state "seats" of "op": JSON does not keep it; use remove()';
  assertThrows(() => put("", "a", "x", nothing), TypeError, words);
  assertThrows(() => put("", "a", "y", nothing), TypeError, words);
  assertThrows(() => table.replace(table.find("", "a", "x")!, nothing), TypeError, words);
  assertThrows(() => put("", "a", Number.NaN, 1), TypeError, 'Cannot key map state "seats" of "op" by number NaN');

  assertEquals(all("", "a"), [["x", 1]]);
});

Deno.test("restore() takes entries that the store has: they are no change, and further ones come behind them", () => {
  const { table, put, remove, all, commit } = newTable();
  table.restore({ namespace: "w1", key: "a", part: { q: 1, p: 2 }, order: 7, value: 70, ...NEITHER });
  table.restore({ namespace: "w1", key: "a", part: "x", order: 9, value: 90, ...NEITHER });
  assertEquals(commit(), []);
  put("w1", "a", "y", 100);
  put("w1", "a", { p: 2, q: 1 }, 71);

  assertEquals(all("w1", "a"), [[{ q: 1, p: 2 }, 71], ["x", 90], ["y", 100]]);
  // Under the name that the store knows it by.
  assertEquals(commit(), [
    ['["state","op","seats","w1","a","y"]', "[10,100]"],
    ['["state","op","seats","w1","a",{"q":1,"p":2}]', "[7,71]"],
  ]);
  remove("w1", "a", "x");
  assertEquals(commit(), [['["state","op","seats","w1","a","x"]', null]]);
});

Deno.test("keys() gives the keys that have a map outside of windows, in the order in which they got it", () => {
  const { table, put, remove } = newTable();
  put("", "b", "x", 1);
  put("", "c", "x", 1);
  put("w1", "z", "x", 1);
  put("", "a", "x", 1);
  put("", "b", "y", 1);
  remove("", "c", "x");

  assertEquals([...table.keys()], ["b", "a"]);
});
