import { assertEquals, assertThrows } from "@std/assert";
import { Changes } from "../../../src/engine/state/changes.ts";
import { Ledger, type SlotIndex } from "../../../src/engine/state/ledger.ts";
import type { Slot } from "../../../src/engine/state/slot.ts";
import type { StateTtlConfig } from "../../../src/engine/state/state_ttl_config.ts";

/** What a ledger asks of the index of its slots. */
class Index implements SlotIndex<unknown> {
  readonly calls: string[] = [];

  drop({ key }: Slot<unknown>): void {
    this.calls.push(`drop ${key}`);
  }

  putBack({ key }: Slot<unknown>): void {
    this.calls.push(`put back ${key}`);
  }
}

/** A ledger of maps, whose values live for 10 ms by a clock moved by hand. */
function newLedger(config: Partial<StateTtlConfig> | null = {}) {
  const index = new Index();
  const changes = new Changes();
  const clock = { nowMs: 0 };
  const ttl = {
    ttlMs: 10,
    updateType: "OnCreateAndWrite" as const,
    stateVisibility: "NeverReturnExpired" as const,
    ttlTimeCharacteristic: "ProcessingTime" as const,
    ...config,
  };
  const ledger = new Ledger<unknown>(index, {
    layout: "map",
    uid: "op",
    name: "m",
    changes,
    ttl: config === null ? undefined : ttl,
    now: () => clock.nowMs,
  });
  const group = { ledger, namespace: "", key: "k" };
  return {
    ledger,
    index,
    journal: changes.journal,
    add: (key: string, value: unknown) => {
      ledger.startWrite();
      return ledger.add(group, key, key, value);
    },
    at: (nowMs: number) => clock.nowMs = nowMs,
    commit: () => [...changes.drain()].map(([entry, text]) => [entry, text]),
  };
}

const entry = (key: string) => `["state","op","m","","k","${key}"]`;

Deno.test("Ledger stores a slot with its order, and with TTL the time of its last update", () => {
  const plain = newLedger(null);
  plain.add("a", 1);
  plain.add("b", { n: 2 });
  assertEquals(plain.commit(), [[entry("a"), "[0,1]"], [entry("b"), '[1,{"n":2}]']]);

  const expiring = newLedger();
  const slot = expiring.add("a", 1);
  expiring.at(7);
  expiring.ledger.startWrite();
  expiring.ledger.set(slot, 2);
  assertEquals(expiring.commit(), [[entry("a"), "[0,[7,2]]"]]);
});

Deno.test("add() and set() refuse what a commit could not keep, with and without TTL, and nothing changes", () => {
  for (const config of [null, {}]) {
    const { ledger, add, commit } = newLedger(config);
    const slot = add("a", 1);
    commit();
    for (const wrong of [Number.NaN, { at: new Date(0) }, 1n]) {
      assertThrows(() => add("b", wrong), TypeError, 'Cannot store state "m" of "op"');
      assertThrows(() => ledger.set(slot, wrong), TypeError, 'Cannot store state "m" of "op"');
    }
    assertThrows(() => add("b", undefined), TypeError, 'Cannot put undefined into map state "m" of "op"');
    assertEquals([ledger.readOne(slot), ledger.nextOrder, commit()], [1, 1, []]);
  }
});

Deno.test("undo() takes added slots out of the index and puts cleared ones back, the last change first", () => {
  const { ledger, index, journal, add, commit } = newLedger(null);
  const [a, b] = [add("a", 1), add("b", 2)];
  commit();
  journal.begin();
  ledger.set(a!, 10);
  ledger.clear(b!);
  add("c", 3);
  journal.undo();

  assertEquals([index.calls, ledger.size], [["drop c", "put back b"], 2]);
  assertEquals([a!.value, b!.value, commit()], [1, 2, [[entry("a"), "[0,1]"], [entry("b"), "[1,2]"]]]);
});

Deno.test("undo() puts the time of the last update back: a value expires when it would have", () => {
  const { ledger, index, journal, add, at } = newLedger();
  const first = add("first", 1);
  at(3);
  add("second", 2);
  at(5);
  journal.begin();
  ledger.startWrite();
  ledger.set(first, 10);
  journal.undo();

  at(10);
  ledger.startWrite();
  assertEquals([index.calls, ledger.readOne(first)], [["drop first"], undefined]);
  at(13);
  ledger.startWrite();
  assertEquals(index.calls, ["drop first", "drop second"]);
});

Deno.test("undo() lets a value expire again that expired while the record was at work", () => {
  const { ledger, index, journal, add, at } = newLedger();
  const [a, b] = [add("a", 1), add("b", 2)];
  at(10);
  journal.begin();
  ledger.startRead();
  journal.undo();
  assertEquals([a!, b!].map((slot) => slot.value !== undefined), [true, true]);
  ledger.startRead();

  assertEquals(index.calls, ["drop a", "drop b", "put back b", "put back a", "drop b", "drop a"]);
});

Deno.test("peek() sees what readOne() would, and neither renews nor drops", () => {
  const { ledger, index, add, at, commit } = newLedger({ updateType: "OnReadAndWrite" });
  const slot = add("a", 1);
  at(5);
  assertEquals(ledger.peek(slot), 1);
  assertEquals(commit(), [[entry("a"), "[0,[0,1]]"]]);
  assertEquals(ledger.readOne(slot), 1);
  assertEquals(commit(), [[entry("a"), "[0,[5,1]]"]]);
  at(15);
  assertEquals([ledger.peek(slot), index.calls], [undefined, []]);
  assertEquals([ledger.readOne(slot), index.calls], [undefined, ["drop a"]]);
});

Deno.test("readOne() returns an expired value once if such may be seen; nobody else's read lets it live on", () => {
  const { ledger, index, add, at } = newLedger({ stateVisibility: "ReturnExpiredIfNotCleanedUp" });
  const [a, b] = [add("a", 1), add("b", 2)];
  at(10);
  assertEquals([ledger.peek(a), ledger.readOne(a), ledger.readOne(a)], [1, 1, undefined]);
  assertEquals([ledger.readOne(b), index.calls], [undefined, ["drop a", "drop b"]]);
});

Deno.test("restore() takes slots whatever the order of their times, and they expire in it", () => {
  const { ledger, index, at, add, commit } = newLedger();
  const group = { ledger, namespace: "", key: "k" };
  for (const [key, order, lastUpdateMs] of [["a", 3, 5], ["b", 4, 1], ["c", 8, 3]] as const) {
    ledger.restore(group, key, key, { value: 1, order, lastUpdateMs });
  }
  ledger.endRestore();
  assertEquals(commit(), []);
  at(9);
  add("d", 1);
  assertEquals(commit(), [[entry("d"), "[9,[9,1]]"]]);
  for (const nowMs of [10, 11, 12, 13, 14, 15]) {
    at(nowMs);
    ledger.startWrite();
    index.calls.push(`${nowMs}`);
  }

  assertEquals(index.calls, ["10", "drop b", "11", "12", "drop c", "13", "14", "drop a", "15"]);
});

Deno.test("size counts the slots that have a value, also after an undo and a restore", () => {
  const { ledger, journal, add } = newLedger(null);
  const a = add("a", 1);
  add("b", 2);
  assertEquals(ledger.size, 2);
  ledger.set(a, 3);
  assertEquals(ledger.size, 2);
  ledger.clear(a);
  ledger.clear(a);
  assertEquals(ledger.size, 1);

  journal.begin();
  add("c", 1);
  ledger.set(a, 4);
  assertEquals(ledger.size, 3);
  journal.undo();
  assertEquals(ledger.size, 1);

  ledger.restore({ ledger, namespace: "", key: "k" }, "d", "d", {
    order: 9,
    value: 7,
    lastUpdateMs: undefined,
  });
  assertEquals(ledger.size, 2);
});
