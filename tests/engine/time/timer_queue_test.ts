import { assertEquals } from "@std/assert";
import { Changes, lastOf } from "../../../src/engine/state/changes.ts";
import { keyId } from "../../../src/engine/state/key.ts";
import { type Timer, TimerQueue } from "../../../src/engine/time/timer_queue.ts";

function newQueue(): TimerQueue {
  return new TimerQueue("windows", new Changes());
}

function register(queue: TimerQueue, timeMs: number, key: string, namespace = ""): void {
  queue.register(timeMs, namespace, key, keyId(key));
}

/** Fires all timers up to `timeMs`: "key@time" each. */
function fired(queue: TimerQueue, timeMs: number, onTimer: (timer: Timer) => void = () => {}): string[] {
  const names: string[] = [];
  queue.advance(timeMs, (timer) => {
    names.push(`${timer.key}${timer.namespace}@${timer.timeMs}`);
    onTimer(timer);
    return true;
  });
  return names;
}

Deno.test("advance() fires timers in order of time, over all keys", () => {
  const queue = newQueue();
  register(queue, 30, "a");
  register(queue, 10, "b");
  register(queue, 20, "a");
  register(queue, 15, "c");

  assertEquals(fired(queue, 100), ["b@10", "c@15", "a@20", "a@30"]);
});

Deno.test("advance() fires timers of one time in the order in which they were registered", () => {
  const queue = newQueue();
  for (const key of ["c", "a", "g", "b"]) register(queue, 10, key);

  assertEquals(fired(queue, 10), ["c@10", "a@10", "g@10", "b@10"]);
});

Deno.test("advance() fires up to and including the time, and each timer once", () => {
  const queue = newQueue();
  for (const timeMs of [9, 10, 11]) register(queue, timeMs, "a");

  assertEquals(fired(queue, 10), ["a@9", "a@10"]);
  assertEquals([queue.size, queue.nextTimeMs], [1, 11]);
  assertEquals(fired(queue, 10), []);
  assertEquals(fired(queue, 11), ["a@11"]);
  assertEquals([queue.size, queue.nextTimeMs], [0, Number.POSITIVE_INFINITY]);
});

Deno.test("registerGroup() makes timers that fire behind those of their time, count as timers, and are stored by others", () => {
  const changes = new Changes();
  const queue = new TimerQueue("windows", changes);
  const names = ["a", "b"];
  const fire = () => names.map((key) => ({ timeMs: 10, namespace: "/g", key, keyId: key })).values();
  queue.registerGroup({
    timeMs: 10,
    get size() {
      return names.length;
    },
    fire,
  });
  register(queue, 10, "x");
  register(queue, 11, "y");
  names.push("c");

  assertEquals([queue.size, queue.nextTimeMs, [...changes.drain()].length], [5, 10, 2]);
  assertEquals(fired(queue, 9), []);
  assertEquals(fired(queue, 10), ["x@10", "a/g@10", "b/g@10", "c/g@10"]);
  assertEquals([queue.size, queue.nextTimeMs, fired(queue, 10)], [1, 11, []]);
});

Deno.test("advance() goes on where it has paused, among timers of one time, of several times, and of a group", () => {
  const queue = new TimerQueue("windows", new Changes());
  const group = ["a", "b", "c"].map((key) => ({ timeMs: 10, namespace: "/g", key, keyId: key }));
  queue.registerGroup({ timeMs: 10, size: 3, fire: () => group.values() });
  for (const key of ["x", "y"]) register(queue, 10, key);
  register(queue, 12, "z");

  const all: string[] = [];
  for (let hasFired = false; !hasFired;) {
    hasFired = queue.advance(12, ({ key, timeMs }) => {
      all.push(`${key}@${timeMs}`);
      return false;
    });
    all.push("|");
  }
  assertEquals(all.join(" "), "x@10 | y@10 | a@10 | b@10 | c@10 | z@12 | |");
  assertEquals([queue.size, queue.nextTimeMs], [0, Infinity]);
});

Deno.test("advance() fires timers before 1970 before those after", () => {
  const queue = newQueue();
  for (const timeMs of [5, -20, 0, -5]) register(queue, timeMs, "a");

  assertEquals(fired(queue, -1), ["a@-20", "a@-5"]);
  assertEquals(fired(queue, 5), ["a@0", "a@5"]);
});

Deno.test("advance() keeps timers of one key and time apart by namespace", () => {
  const queue = newQueue();
  register(queue, 10, "a", "/x");
  register(queue, 10, "a", "/y");

  assertEquals(fired(queue, 10), ["a/x@10", "a/y@10"]);
});

Deno.test("register() leaves a timer where it is when it is there already", () => {
  const queue = newQueue();
  register(queue, 10, "a");
  register(queue, 10, "b");
  register(queue, 10, "a");

  assertEquals(queue.size, 2);
  assertEquals(fired(queue, 10), ["a@10", "b@10"]);
});

Deno.test("register() takes a time at or before the one that event time has reached; it fires at the next advance", () => {
  const queue = newQueue();
  register(queue, 100, "a");
  fired(queue, 100);
  register(queue, 100, "b");
  register(queue, 50, "c");
  register(queue, 101, "d");

  assertEquals(queue.nextTimeMs, 50);
  assertEquals(fired(queue, 101), ["c@50", "b@100", "d@101"]);
});

Deno.test("advance() fires timers that are set at or before its time while it fires, in order of time", () => {
  const queue = newQueue();
  register(queue, 10, "a");
  register(queue, 40, "z");

  const names = fired(queue, 50, ({ timeMs }) => {
    if (timeMs !== 10) return;
    register(queue, 50, "d"); // at the watermark
    register(queue, 30, "c");
    register(queue, 5, "b"); // before the timer that sets it
    register(queue, 51, "e"); // after the watermark
  });

  assertEquals(names, ["a@10", "b@5", "c@30", "z@40", "d@50"]);
  assertEquals([queue.size, queue.nextTimeMs], [1, 51]);
});

Deno.test("advance() fires a timer again that registers its own time while it fires", () => {
  const queue = newQueue();
  register(queue, 10, "a");
  register(queue, 10, "b");
  let again = 2;

  const names = fired(queue, 10, ({ key }) => {
    if (key === "a" && again-- > 0) register(queue, 10, "a");
  });

  assertEquals(names, ["a@10", "b@10", "a@10", "a@10"]);
  assertEquals(queue.size, 0);
});

// Seen in Flink: timers of different times always fire in order of time, over all keys.
Deno.test("advance() fires a timer that is set before its own time before others of that time", () => {
  const queue = newQueue();
  register(queue, 10, "a");
  register(queue, 10, "b");

  const names = fired(queue, 20, ({ key }) => {
    if (key === "a") register(queue, 5, "c");
  });

  assertEquals(names, ["a@10", "c@5", "b@10"]);
});

Deno.test("register() leaves a timer of the firing time where it is when it has yet to fire", () => {
  const queue = newQueue();
  register(queue, 10, "a");
  register(queue, 10, "b");

  const names = fired(queue, 10, ({ key }) => {
    if (key === "a") register(queue, 10, "b");
  });

  assertEquals(names, ["a@10", "b@10"]);
  assertEquals(queue.size, 0);
});

Deno.test("delete() takes a timer of the firing time back when it has yet to fire", () => {
  const queue = newQueue();
  register(queue, 10, "a");
  register(queue, 10, "b");

  const names = fired(queue, 10, ({ key }) => {
    if (key === "a") queue.delete(10, "", "b");
  });

  assertEquals(names, ["a@10"]);
  assertEquals(queue.size, 0);
});

Deno.test("delete() takes a timer back, and only that one", () => {
  const queue = newQueue();
  for (const key of ["a", "b", "c"]) register(queue, 10, key);
  register(queue, 20, "b");
  queue.delete(10, "", "b");

  assertEquals(queue.size, 3);
  assertEquals(fired(queue, 20), ["a@10", "c@10", "b@20"]);
});

Deno.test("nextTimeMs is the time of the first timer that is left, whatever was deleted or undone", () => {
  const changes = new Changes();
  const queue = new TimerQueue("windows", changes);
  for (const timeMs of [10, 20, 30]) register(queue, timeMs, "a");
  queue.delete(20, "", keyId("a"));
  assertEquals(queue.nextTimeMs, 10);
  queue.delete(10, "", keyId("a"));
  assertEquals(queue.nextTimeMs, 30);

  changes.journal.begin();
  register(queue, 5, "a");
  queue.delete(30, "", keyId("a"));
  assertEquals([queue.nextTimeMs, queue.size], [5, 1]);
  changes.journal.undo();
  assertEquals([queue.nextTimeMs, queue.size], [30, 1]);
  assertEquals(fired(queue, 100), ["a@30"]);
  assertEquals(queue.nextTimeMs, Number.POSITIVE_INFINITY);
});

Deno.test("delete() in the middle of a firing may take the last timer of that time, and it can be registered again", () => {
  const queue = newQueue();
  for (const key of ["a", "b"]) register(queue, 10, key);
  let again = true;
  const onTimer = () => {
    queue.delete(10, "", keyId("b"));
    if (again) register(queue, 10, "b");
    again = false;
  };
  assertEquals(fired(queue, 10, onTimer), ["a@10", "b@10"]);
  assertEquals([queue.size, queue.nextTimeMs], [0, Number.POSITIVE_INFINITY]);
});

Deno.test("delete() does nothing when there is no such timer", () => {
  const queue = newQueue();
  register(queue, 10, "a");
  queue.delete(10, "", "b");
  queue.delete(11, "", "a");
  queue.delete(10, "/x", "a");

  assertEquals(fired(queue, 20), ["a@10"]);
});

Deno.test("register() puts a timer that was deleted behind the others of its time", () => {
  const queue = newQueue();
  register(queue, 10, "a");
  register(queue, 10, "b");
  queue.delete(10, "", "a");
  register(queue, 10, "a");

  assertEquals(fired(queue, 10), ["b@10", "a@10"]);
});

Deno.test("delete() takes back a timer of a later time while others fire", () => {
  const queue = newQueue();
  register(queue, 10, "a");
  register(queue, 20, "a");

  assertEquals(fired(queue, 30, () => queue.delete(20, "", "a")), ["a@10"]);
});

Deno.test("TimerQueue keeps the order of registration over a restart, whatever order the store gives", () => {
  const restored = [
    { timeMs: 10, namespace: "", key: "c", sequence: 7 },
    { timeMs: 10, namespace: "", key: "a", sequence: 2 },
    { timeMs: 5, namespace: "", key: "z", sequence: 9 },
    { timeMs: 10, namespace: "", key: "b", sequence: 4 },
  ];
  const queue = new TimerQueue("windows", new Changes(), restored);
  register(queue, 10, "new");
  register(queue, 10, "a"); // there already

  assertEquals(queue.size, 5);
  assertEquals(fired(queue, 10), ["z@5", "a@10", "b@10", "c@10", "new@10"]);
});

Deno.test("TimerQueue numbers new timers behind all of the last commit", () => {
  const changes = new Changes();
  const queue = new TimerQueue("windows", changes, [
    { timeMs: 10, namespace: "", key: "a", sequence: 7 },
    { timeMs: 20, namespace: "", key: "a", sequence: 3 },
  ]);
  register(queue, 10, "b");

  assertEquals([...lastOf(changes.drain())], [['["timer","windows",10,"","b"]', "8"]]);
});

Deno.test("TimerQueue stores a timer by uid, time, namespace and key, and removes it when it has fired", () => {
  const changes = new Changes();
  const queue = new TimerQueue("windows", changes);
  queue.register(10, "0:11", { a: 1 }, keyId({ a: 1 }));
  const first = [...changes.drain()];
  queue.advance(10, () => true);
  const second = [...changes.drain()];

  assertEquals(first, [['["timer","windows",10,"0:11",{"a":1}]', "0", false]]);
  assertEquals(second, [['["timer","windows",10,"0:11",{"a":1}]', null, true]]);
});

Deno.test("TimerQueue stores nothing of a timer that came and went between two commits", () => {
  const changes = new Changes();
  const queue = new TimerQueue("windows", changes);
  register(queue, 10, "fired");
  register(queue, 20, "deleted");
  queue.advance(10, () => true);
  queue.delete(20, "", "deleted");

  assertEquals([...lastOf(changes.drain())], []);
});

Deno.test("TimerQueue stores a timer that fired and was registered again between two commits", () => {
  const changes = new Changes();
  const queue = new TimerQueue("windows", changes, [{ timeMs: 10, namespace: "", key: "a", sequence: 0 }]);
  queue.advance(10, () => true);
  register(queue, 10, "a");

  assertEquals([...lastOf(changes.drain())], [['["timer","windows",10,"","a"]', "1"]]);
});

/** A queue, and a record that changes it and is undone. */
function undoable() {
  const changes = new Changes();
  const queue = new TimerQueue("windows", changes);
  const undo = (work: () => void) => {
    changes.journal.begin();
    work();
    changes.journal.undo();
  };
  return { queue, undo, commit: () => [...lastOf(changes.drain())] };
}

Deno.test("undo takes back what was registered, also where nothing was, and stores nothing of it", () => {
  const { queue, undo, commit } = undoable();
  register(queue, 10, "a");
  commit();
  undo(() => {
    register(queue, 10, "b");
    register(queue, 20, "a", "/x");
  });

  assertEquals([queue.size, commit()], [1, []]);
  assertEquals(fired(queue, 100), ["a@10"]);
});

Deno.test("undo registers a deleted timer again, at its place", () => {
  const { queue, undo, commit } = undoable();
  for (const key of ["a", "b", "c"]) register(queue, 10, key);
  undo(() => {
    queue.delete(10, "", "b");
    register(queue, 10, "b");
    queue.delete(10, "", "a");
  });

  assertEquals([queue.size, commit().map(([, text]) => text)], [3, ["0", "1", "2"]]);
  assertEquals(fired(queue, 10), ["a@10", "b@10", "c@10"]);
});

// Event time that is made amid a job comes while its record is still at work, which may throw in another branch.
Deno.test("undo registers timers again that have fired, in their order, also when no timer of their time was left", () => {
  const { queue, undo, commit } = undoable();
  for (const [timeMs, key] of [[10, "b"], [10, "a"], [20, "c"]] as const) register(queue, timeMs, key);
  commit();
  undo(() => {
    assertEquals(fired(queue, 15), ["b@10", "a@10"]);
    register(queue, 10, "a");
    register(queue, 10, "new");
    assertEquals(fired(queue, 15).length, 2);
  });

  assertEquals([queue.size, queue.nextTimeMs], [3, 10]);
  queue.delete(10, "", "nobody");
  assertEquals(fired(queue, 100), ["b@10", "a@10", "c@20"]);
  assertEquals(commit().map(([, text]) => text), [null, null, null]);
});
