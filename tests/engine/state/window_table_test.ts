import { assertEquals, assertThrows } from "@std/assert";
import { JobError } from "../../../src/engine/errors.ts";
import { Changes, lastOf } from "../../../src/engine/state/changes.ts";
import { keyId } from "../../../src/engine/state/key.ts";
import { KeyedStateBackend } from "../../../src/engine/state/keyed_state_backend.ts";
import { type OpenWindow, WindowTable } from "../../../src/engine/state/window_table.ts";

/** A table of numbers of windows that fire at 9 and 19, and what a commit would store of it. */
function newTable() {
  const changes = new Changes();
  const table = new WindowTable<number>({ uid: "op", name: "contents", changes });
  const timeOf = (window: string) => window === "0:10" ? 9 : 19;
  return {
    table,
    changes,
    add: (window: string, key: string, value: number) => table.add(timeOf(window), window, keyId(key), key, value),
    get: (window: string, key: string) => table.find(window, keyId(key))?.value,
    isThere: (window: string, key: string) => table.find(window, keyId(key)) !== undefined,
    replace: (window: string, key: string, value: number) => table.replace(table.find(window, keyId(key))!, value),
    commit: () => Object.fromEntries(lastOf(changes.drain())),
  };
}

/** What fires of a window, in this order; all of it is removed. */
function fire<T>(table: WindowTable<T>, window: OpenWindow<T>): unknown[] {
  const fired: unknown[] = [];
  for (const entry of window.fire()) {
    fired.push([entry.timeMs, entry.namespace, entry.key, entry.keyId, entry.value]);
    table.remove(entry);
  }
  return fired;
}

Deno.test("WindowTable keeps one value per window and key, stored with when it fires and its place", () => {
  const { add, get, replace, commit } = newTable();
  add("0:10", "b", 1);
  add("0:10", "a", 2);
  add("10:20", "b", 3);
  replace("0:10", "b", 4);

  assertEquals([get("0:10", "b"), get("0:10", "a"), get("10:20", "b")], [4, 2, 3]);
  assertEquals([get("10:20", "a"), get("20:30", "a")], [undefined, undefined]);
  assertEquals(commit(), {
    '["state","op","contents","0:10","b"]': "[9,0,4]",
    '["state","op","contents","0:10","a"]': "[9,1,2]",
    '["state","op","contents","10:20","b"]': "[19,2,3]",
  });
  assertEquals(commit(), {});
});

Deno.test("WindowTable hands out windows that are open, and each that opens", () => {
  const { table, add } = newTable();
  add("0:10", "a", 1);
  const open: [timeMs: number, size: number][] = [];
  table.whenOpen(({ timeMs, size }) => open.push([timeMs, size]));
  add("0:10", "b", 1);
  add("10:20", "a", 1);

  assertEquals(open, [[9, 1], [19, 0]]);
});

Deno.test("WindowTable fires a window's values in the order in which the keys came; then nothing of it is left", () => {
  const { table, add, get, isThere, commit } = newTable();
  const windows: OpenWindow<number>[] = [];
  table.whenOpen((window) => windows.push(window));
  for (const key of ["c", "a", "b"]) add("0:10", key, 1);
  add("10:20", "a", 2);
  commit();
  add("0:10", "d", 1);

  assertEquals(fire(table, windows[0]!), ["c", "a", "b", "d"].map((key) => [9, "0:10", key, key, 1]));
  assertEquals([isThere("0:10", "a"), get("10:20", "a")], [false, 2]);
  // Of d, which came and went, there is no trace.
  assertEquals(
    commit(),
    Object.fromEntries(["c", "a", "b"].map((key) => [`["state","op","contents","0:10","${key}"]`, null])),
  );
});

Deno.test("WindowTable takes back what a record has changed", () => {
  const { table, changes: { journal }, add, get, replace, commit } = newTable();
  const windows: OpenWindow<number>[] = [];
  table.whenOpen((window) => windows.push(window));
  add("0:10", "a", 1);
  journal.begin();
  replace("0:10", "a", 2);
  replace("0:10", "a", 3);
  add("0:10", "b", 4);
  add("10:20", "b", 5);
  journal.undo();

  assertEquals([get("0:10", "a"), get("0:10", "b"), get("10:20", "b")], [1, undefined, undefined]);
  assertEquals(windows.map(({ size }) => size), [1, 0]);
  add("10:20", "c", 6);
  assertEquals(commit(), {
    '["state","op","contents","0:10","a"]': "[9,0,1]",
    '["state","op","contents","10:20","c"]': "[19,3,6]",
  });
  // The window that was opened in vain is the one that is used now, so that it fires once.
  assertEquals(windows.map((window) => fire(table, window).length), [1, 1]);
});

// Event time that is made amid a job comes while its record is still at work, which may throw in another branch.
Deno.test("WindowTable takes back that a window has fired: it is open as before, and fires again", () => {
  const { table, changes: { journal }, add, get, isThere, commit } = newTable();
  const windows: OpenWindow<number>[] = [];
  table.whenOpen((window) => windows.push(window));
  for (const key of ["b", "a"]) add("0:10", key, 1);
  commit();
  journal.begin();
  add("0:10", "c", 2);
  fire(table, windows[0]!);
  journal.undo();

  assertEquals(windows.map((window) => window === windows[0]), [true, true]);
  assertEquals([get("0:10", "a"), isThere("0:10", "c")], [1, false]);
  assertEquals(Object.values(commit()), ["[9,0,1]", "[9,1,1]"]);
  assertEquals(fire(table, windows[1]!).map((each) => (each as unknown[])[2]), ["b", "a"]);
  assertEquals(isThere("0:10", "a"), false);
});

Deno.test("windowTable() refuses what an earlier version wrote, and says that it is not the job's fault", () => {
  const backend = new KeyedStateBackend("op", new Changes(), { versions: { contents: 1 } });
  assertThrows(
    () => backend.windowTable("contents", 1),
    JobError,
    'Cannot restore the windows of "op": an earlier version of this program wrote them, in another way; run that version',
  );
});

Deno.test("windowTable() restores windows in the order of their places, whatever order the store gives, and goes on behind", () => {
  const changes = new Changes();
  const stored = ["d", "b", "c", "a"].map((key, place) => ({ namespace: "0:10", key, value: [9, place + 3, key] }));
  const shuffled = [stored[2]!, stored[0]!, stored[3]!, stored[1]!];
  const backend = new KeyedStateBackend("op", changes, {
    restored: new Map([["contents", shuffled]]),
    versions: { contents: "window 1" },
  });
  const table = backend.windowTable<string>("contents", 1);
  const windows: OpenWindow<string>[] = [];
  table.whenOpen((window) => windows.push(window));
  table.add(9, "0:10", keyId("e"), "e", "e");

  assertEquals([...changes.peek()], [['["state","op","contents","0:10","e"]', '[9,7,"e"]']]);
  assertEquals(fire(table, windows[0]!).map((each) => (each as unknown[])[2]), ["d", "b", "c", "a", "e"]);
  assertEquals([...changes.drain()].filter(([, value]) => value === null).length, 4);
  assertEquals(backend.versions(), { contents: "window 1" });
});
