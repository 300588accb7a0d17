import { assertEquals } from "@std/assert";
import { Changes, lastOf } from "../../../src/engine/state/changes.ts";
import { KeyedStateBackend } from "../../../src/engine/state/keyed_state_backend.ts";
import { type SessionSlot, SessionTable } from "../../../src/engine/state/session_table.ts";
import { TimeWindow } from "../../../src/engine/windows/window.ts";

/** A table of sessions of numbers, and what a commit would store of it. */
function newTable() {
  const changes = new Changes();
  const table = new SessionTable<number>({ uid: "op", name: "sessions", changes });
  const add = (key: string, startMs: number, endMs: number, value = 0) =>
    table.add(new TimeWindow(startMs, endMs), { id: key, key, value });
  const at = (key: string, ms: number): SessionSlot<number> => table.find(key, { startMs: ms, endMs: ms })!;
  const grow = (key: string, ms: number, endMs: number) => {
    const { value, bounds } = at(key, ms).value!;
    table.replace(at(key, ms), { ...bounds, endMs }, value + 1);
  };
  /** All that are due, removed: `key@end`. */
  const fire = (timeMs: number): string[] => {
    const fired: string[] = [];
    for (let slot = table.next(timeMs); slot !== undefined; slot = table.next(timeMs)) {
      fired.push(`${slot.key}@${slot.timeMs}`);
      table.remove(slot);
    }
    return fired;
  };
  return { table, changes, add, at, grow, fire, commit: () => Object.fromEntries(lastOf(changes.drain())) };
}

Deno.test("SessionTable finds the sessions of a key that overlap or touch bounds, the first one first", () => {
  const { table, add } = newTable();
  add("a", 40, 50, 3);
  add("a", 0, 10, 1);
  add("a", 20, 30, 2);
  add("b", 0, 90);
  const found = (startMs: number, endMs: number, behindMs?: number) =>
    table.find("a", { startMs, endMs }, behindMs)?.value?.value;

  assertEquals([found(11, 19), found(10, 20), found(10, 20, 0), found(10, 20, 20)], [undefined, 1, 2, undefined]);
  assertEquals([found(31, 99), found(-9, -1), table.find("c", { startMs: 0, endMs: 9 })], [3, undefined, undefined]);
  table.remove(table.find("a", { startMs: 0, endMs: 10 })!);
  assertEquals([found(0, 99), table.size, table.named("a", "40:50")?.value?.value], [2, 3, 3]);
});

Deno.test("SessionTable fires sessions at the ends that they have by then, those of one end in the order in which they got it", () => {
  const { table, add, grow, fire } = newTable();
  add("a", 0, 10);
  add("b", 0, 20);
  add("c", 0, 12);
  grow("a", 0, 15);
  grow("a", 0, 20);
  assertEquals([table.isDue(8), table.isDue(9), table.nextTimeMs], [false, true, 11]);

  assertEquals([fire(10), fire(11), fire(18)], [[], ["c@11"], []]);
  assertEquals([fire(19), table.size, table.nextTimeMs], [["b@19", "a@19"], 0, Infinity]);
});

Deno.test("SessionTable takes back what a record has changed, though timers have moved or fired meanwhile", () => {
  const { changes: { journal }, add, at, grow, fire, commit } = newTable();
  add("a", 0, 10);
  add("b", 0, 12);
  commit();
  journal.begin();
  grow("a", 0, 30);
  assertEquals(fire(20), ["b@11"]);
  add("c", 0, 5);
  journal.undo();

  assertEquals([at("a", 0).value?.bounds.endMs, at("b", 0).value?.value, at("c", 0)], [10, 0, undefined]);
  assertEquals(Object.values(commit()), ["[9,0,0,0]", "[11,1,0,0]"]);
  assertEquals([fire(9), fire(40)], [["a@9"], ["b@11"]]);
});

Deno.test("SessionTable goes on from a commit with its bounds, its order and its names", () => {
  const { add, grow, commit } = newTable();
  add("a", 0, 10, 1);
  add("b", 3, 14, 5);
  grow("a", 0, 14);
  const entries = commit();
  assertEquals(entries, {
    '["state","op","sessions","0:10","a"]': "[13,2,0,2]",
    '["state","op","sessions","3:14","b"]': "[13,1,3,5]",
  });

  const restored = Object.entries(entries).map(([entry, text]) => {
    const [, , , namespace, key] = JSON.parse(entry);
    return { namespace, key, value: JSON.parse(text!) };
  });
  const changes = new Changes();
  const table = new KeyedStateBackend("op", changes, {
    restored: new Map([["sessions", restored]]),
    versions: { sessions: "session 1" },
  }).sessionTable<number>("sessions", 1);
  const fired = [table.next(13)!, table.next(13)!];
  assertEquals(fired.map(({ key, namespace, value }) => [key, namespace, value?.bounds.startMs]), [
    ["b", "3:14", 3],
    ["a", "0:10", 0],
  ]);
  assertEquals(changes.isEmpty, true);
});

Deno.test("SessionTable: a session that came and went between two commits waits for none", () => {
  const { table, add, at, fire } = newTable();
  const slots = Array.from({ length: 5_000 }, (_, i) => {
    add(`${i}`, 0, 10);
    return at(`${i}`, 0);
  });
  fire(9);
  assertEquals([table.size, slots.filter(({ dirty }) => dirty).length < 1_000], [0, true]);
});
