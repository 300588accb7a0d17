import { assertEquals } from "@std/assert";
import { Changes, lastOf, type Storable } from "../../../src/engine/state/changes.ts";
import { mayRunPrograms } from "../../e2e/programs.ts";

/** Something with a text; null: it is gone. */
class Item implements Storable {
  dirty = false;
  stored = false;
  /** How often its text was made. */
  asked = 0;
  constructor(readonly key: string, public text: string | null) {}

  get isGone(): boolean {
    return this.text === null && !this.stored;
  }

  entryKey(): string {
    return this.key;
  }

  entryValue(): string | null {
    this.asked++;
    return this.text;
  }
}

/** As a store takes them: of two for one name the later counts. */
function drain(changes: Changes): (readonly [string, string | null])[] {
  return [...lastOf(changes.drain())];
}

Deno.test("drain() gives one entry per changed item, made once, however often it changed", () => {
  const changes = new Changes();
  const item = new Item("a", "1");
  changes.mark(item);
  item.text = "2";
  changes.mark(item);
  item.text = "3";
  changes.mark(item);

  assertEquals(drain(changes), [["a", "3"]]);
  assertEquals(item.asked, 1);
});

Deno.test("drain() begins a new list", () => {
  const changes = new Changes();
  const [a, b] = [new Item("a", "1"), new Item("b", "1")];
  changes.mark(a);
  drain(changes);
  assertEquals([changes.isEmpty, drain(changes)], [true, []]);

  changes.mark(b);
  changes.mark(a);
  assertEquals(changes.isEmpty, false);
  assertEquals(drain(changes), [["b", "1"], ["a", "1"]]);
});

Deno.test("drain() leaves no trace of what came and went", () => {
  const changes = new Changes();
  const item = new Item("a", "1");
  changes.mark(item);
  item.text = null;

  assertEquals(drain(changes), []);
});

Deno.test("drain() gives null when an item goes that the store has, once", () => {
  const changes = new Changes();
  const item = new Item("a", "1");
  changes.mark(item);
  drain(changes);
  item.text = null;
  changes.mark(item);

  assertEquals(drain(changes), [["a", null]]);
  changes.mark(item);
  assertEquals(drain(changes), []);
});

Deno.test("drain() gives the text again when an item of the store went and came back", () => {
  const changes = new Changes();
  const old = new Item("a", null);
  old.stored = true;
  changes.mark(old);
  changes.mark(new Item("a", "new"));

  assertEquals(drain(changes), [["a", "new"]]);
});

Deno.test("drain() makes a text when it is its turn, and begins a new list at once", () => {
  const changes = new Changes();
  const [a, b] = [new Item("a", "1"), new Item("b", "1")];
  changes.mark(a);
  changes.mark(b);
  const drained = changes.drain();
  drained.next();

  assertEquals([a.asked, b.asked, changes.isEmpty], [1, 0, true]);
  assertEquals([...drained], [["b", "1", false]]);
});

Deno.test("drain() yields with each entry whether the store has it", () => {
  const changes = new Changes();
  const item = new Item("a", "1");
  changes.mark(item);
  assertEquals([...changes.drain()], [["a", "1", false]]);

  changes.mark(item);
  assertEquals([...changes.drain()], [["a", "1", true]]);

  item.text = null;
  changes.mark(item);
  assertEquals([...changes.drain()], [["a", null, true]]);
});

Deno.test({
  name: "drain() and forget() let go of what records have changed: an item may hold a whole window",
  ignore: !mayRunPrograms(),
  fn: async () => {
    const url = (path: string) => JSON.stringify(new URL(`../../../src/engine/state/${path}`, import.meta.url).href);
    const program = `
    import { Changes } from ${url("changes.ts")};
    for (const end of [(changes) => [...changes.drain()], (changes) => changes.forget()]) {
      const changes = new Changes();
      const held = (() => {
        const item = { undo: () => {} };
        changes.journal.begin();
        changes.journal.log(item, undefined);
        changes.journal.end();
        return new WeakRef(item);
      })();
      const isHeld = async () => (await new Promise((resolve) => setTimeout(resolve)), gc(), held.deref() !== undefined);
      const before = await isHeld();
      end(changes);
      console.log(before, await isHeld(), changes.isEmpty);
    }`;
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--v8-flags=--expose-gc", program],
    }).output();
    const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assertEquals(said, ["true false true\n".repeat(2), ""]);
  },
});

Deno.test("dropGone() lets go of what came and went, once that is half of the list, and of nothing else", () => {
  const changes = new Changes();
  const items = Array.from({ length: 20_000 }, (_, i) => new Item(`${i}`, "1"));
  for (const item of items) changes.mark(item);
  drain(changes);
  const newer = Array.from({ length: 20_002 }, (_, i) => new Item(`n${i}`, "1"));
  for (const item of [...items, ...newer]) changes.mark(item);
  for (const item of newer.slice(1)) {
    item.text = null;
    changes.dropGone();
  }
  assertEquals(newer.filter(({ dirty }) => dirty).length, 1);
  // An item that is there again, as a record was undone, is stored.
  newer[7]!.text = "again";
  changes.mark(newer[7]!);
  items[0]!.text = null;

  const stored = new Map(changes.drain() as Iterable<readonly [string, string | null]>);
  assertEquals(stored.size, 20_002);
  assertEquals([stored.get("0"), stored.get("n0"), stored.get("n7"), stored.get("1")], [null, "1", "again", "1"]);
});
