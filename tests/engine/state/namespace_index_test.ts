import { assertEquals } from "@std/assert";
import { Changes } from "../../../src/engine/state/changes.ts";
import { ListTable } from "../../../src/engine/state/list_table.ts";
import { MapTable } from "../../../src/engine/state/map_table.ts";
import { NamespaceIndex } from "../../../src/engine/state/namespace_index.ts";
import { ValueTable } from "../../../src/engine/state/value_table.ts";

const thing = (namespace: string, keyId: string | number) => ({ namespace, keyId });

Deno.test("NamespaceIndex finds one thing per namespace and key, the one added last", () => {
  const index = new NamespaceIndex<{ namespace: string; keyId: string | number }>();
  const things = [thing("w1", "a"), thing("w1", 1), thing("w1", "1"), thing("w2", "a"), thing("", "a")];
  for (const one of things) index.add(one);
  const again = thing("w2", "a");
  index.add(again);

  assertEquals(things.slice(0, 3).map(({ namespace, keyId }) => index.find(namespace, keyId)), things.slice(0, 3));
  assertEquals([index.find("w2", "a") === again, index.find("", "a") === things[4]], [true, true]);
  assertEquals([index.find("w2", "b"), index.find("w3", "a")], [undefined, undefined]);
});

Deno.test("delete() takes out one thing, and what is added to an emptied namespace is found again", () => {
  const index = new NamespaceIndex<{ namespace: string; keyId: string | number }>();
  const [a, b] = [thing("w1", "a"), thing("w1", "b")];
  index.add(a);
  index.add(b);
  index.delete(a);
  assertEquals([index.find("w1", "a"), index.find("w1", "b")], [undefined, b]);
  index.delete(b);
  assertEquals(index.find("w1", "b"), undefined);
  index.add(a);

  assertEquals(index.find("w1", "a"), a);
});

Deno.test("a namespace with one thing gets another, also of the same key, and loses none to a key that it lacks", () => {
  const index = new NamespaceIndex<{ namespace: string; keyId: string | number }>();
  const [a, again, b] = [thing("w1", "a"), thing("w1", "a"), thing("w1", "b")];
  index.add(a);
  assertEquals([index.find("w1", "a") === a, index.find("w1", "b")], [true, undefined]);
  index.delete(b);
  assertEquals(index.find("w1", "a") === a, true);
  index.add(again);
  assertEquals(index.find("w1", "a") === again, true);
  index.add(b);
  assertEquals([index.find("w1", "a") === again, index.find("w1", "b") === b], [true, true]);
});

Deno.test("global() gives things in no namespace in the order in which they came, and lets them be deleted on the way", () => {
  const index = new NamespaceIndex<{ namespace: string; keyId: string | number }>();
  for (const id of ["b", 1, "a"]) index.add(thing("", id));
  index.add(thing("w1", "z"));
  const seen: unknown[] = [];
  for (const one of index.global()) {
    seen.push(one.keyId);
    index.delete(one);
  }

  assertEquals([seen, [...index.global()]], [["b", 1, "a"], []]);
});

/** In how many maps there is something by the name of `namespace` after `act` that was not there before. */
function leftBehind(namespace: string, act: () => void): number {
  const left = new Set<Map<unknown, unknown>>();
  const { set, delete: remove } = Map.prototype;
  Map.prototype.set = function (key, value) {
    if (key === namespace) left.add(this);
    return set.call(this, key, value);
  };
  Map.prototype.delete = function (key) {
    if (key === namespace) left.delete(this);
    return remove.call(this, key);
  };
  try {
    act();
  } finally {
    Object.assign(Map.prototype, { set, delete: remove });
  }
  return left.size;
}

// Sessions have windows of their own: a table that kept something of each would grow for ever.
Deno.test("tables keep nothing of a window that was emptied, cleared without ever having had anything, or only read", () => {
  const changes = new Changes();
  const values = new ValueTable<number>({ uid: "op", name: "values", changes });
  const lists = new ListTable<number>({ uid: "op", name: "lists", changes });
  const maps = new MapTable<number>({ uid: "op", name: "maps", changes });
  const fill = () => {
    for (const id of ["a", "b"]) {
      values.set("w1", id, id, 1);
      lists.add("w1", id, id, 1);
      maps.put("w1", id, id, "x", 1);
    }
  };
  const clear = () => {
    for (const id of ["a", "b"]) {
      values.set("w1", id, id, undefined);
      lists.clear("w1", id);
      for (const entry of maps.slots("w1", id)) maps.remove(entry);
    }
  };

  assertEquals(leftBehind("w1", () => [fill, clear, fill, clear].forEach((act) => act())), 0);
  assertEquals(leftBehind("w1", clear), 0);
  assertEquals(leftBehind("w1", () => [values.get("w1", "a"), lists.get("w1", "a"), maps.find("w1", "a", "x")]), 0);
  assertEquals(leftBehind("w1", fill), 3);
});
