/** Values that expire by event time, seen from one operator: a record's own time decides what it sees, a commit's what is dropped. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { JobError } from "../../../src/engine/errors.ts";
import {
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  ValueStateDescriptor,
} from "../../../src/engine/state/state.ts";
import type { StateTtlConfig } from "../../../src/engine/state/state_ttl_config.ts";
import { StateRig } from "./state_rig.ts";

const TTL = { ttlMs: 10, ttlTimeCharacteristic: "EventTime" } as const satisfies StateTtlConfig;

/** The state of an operator whose records come at times that the test says. */
class EventTimeRig {
  readonly rig: StateRig;
  readonly time = { nowMs: 0, committedMs: Number.NEGATIVE_INFINITY };

  constructor(rig = new StateRig()) {
    this.rig = rig;
    rig.backend.eventTime = { nowMs: () => this.time.nowMs, committedMs: () => this.time.committedMs };
  }

  /** A record of that key and time is at work from now on. */
  at(nowMs: number, key = "a"): this {
    this.time.nowMs = nowMs;
    this.rig.key(key);
    return this;
  }

  value(config: Omit<StateTtlConfig, "ttlMs"> = {}) {
    return this.rig.store.getState(new ValueStateDescriptor<number>("v", { ttl: { ...TTL, ...config } }));
  }

  /** The names of what the last commit has. */
  stored(): string[] {
    return [...this.rig.entries.keys()].filter((entry) => entry.startsWith('["state"')).map((entry) => entry.slice(14));
  }

  /** A commit at an event time, which drops what was over at the one before it. */
  commit(committedMs: number): [string, string | null][] {
    this.rig.backend.dropExpired();
    const changes = this.rig.commit();
    this.time.committedMs = committedMs;
    return changes;
  }
}

Deno.test("a record sees what is younger than ttl by its own time, whatever records of other keys have come", () => {
  const rig = new EventTimeRig();
  const state = rig.value();
  rig.at(100).value().update(1);
  assertEquals(rig.at(500, "b") && state.value(), undefined);
  assertEquals(rig.at(109) && state.value(), 1);
  assertEquals(rig.at(110) && state.value(), undefined);
  // One that comes out of order sees it still.
  assertEquals(rig.at(105) && state.value(), 1);
});

Deno.test("the largest time at which a value was written counts", () => {
  const rig = new EventTimeRig();
  const state = rig.value();
  rig.at(100).value().update(1);
  rig.at(95).value().update(2);
  assertEquals(rig.at(109) && state.value(), 2);
  assertEquals(rig.commit(0), [['["v","","a"]', "[100,2]"]]);
});

Deno.test("reading renews with OnReadAndWrite, and makes nothing older", () => {
  const rig = new EventTimeRig();
  const state = rig.value({ updateType: "OnReadAndWrite" });
  rig.at(100) && state.update(1);
  assertEquals(rig.at(95) && state.value(), 1);
  assertEquals(rig.at(109) && state.value(), 1);
  assertEquals(rig.at(118) && state.value(), 1);
  assertEquals(rig.at(128) && state.value(), undefined);
});

Deno.test("elements and entries expire one by one, also in what is read, folded, counted and put again", () => {
  const rig = new EventTimeRig();
  const { store } = rig.rig;
  const list = store.getListState(new ListStateDescriptor<number>("l", { ttl: TTL }));
  const map = store.getMapState(new MapStateDescriptor<string, number>("m", { ttl: TTL }));
  const sum = store.getReducingState(new ReducingStateDescriptor<number>("r", (a, b) => a + b, { ttl: TTL }));
  for (const ms of [100, 105]) {
    rig.at(ms);
    list.add(ms);
    map.put(`${ms}`, ms);
    sum.add(ms);
  }
  rig.at(112);
  assertEquals([list.get(), [...map.keys()], sum.get()], [[105], ["105"], 205]);
  rig.at(114);
  map.put("100", 1); // it has expired: put again it is the last
  assertEquals([...map.entries()], [["105", 105], ["100", 1]]);
  rig.at(116);
  assertEquals([map.isEmpty(), [...map.keys()], map.contains("105")], [false, ["100"], false]);
  sum.add(1);
  assertEquals([list.get(), sum.get()], [[], 1]);
});

Deno.test("a value is dropped when the event time of a commit has passed its end, and not by a record that is ahead", () => {
  const rig = new EventTimeRig();
  const state = rig.value();
  for (const [ms, key] of [[100, "a"], [300, "far"], [90, "b"], [104, "c"]] as const) {
    rig.at(ms, key).value().update(ms);
  }
  rig.commit(109);
  rig.at(1_000, "d").value().update(1);
  assertEquals(rig.commit(111).filter(([, text]) => text === null), [['["v","","b"]', null]]);
  assertEquals(rig.commit(113).filter(([, text]) => text === null), [['["v","","a"]', null]]);
  assertEquals(rig.at(113, "c") && state.value(), 104);
  rig.commit(2_000);
  rig.commit(2_000);
  assertEquals(rig.stored(), []);
});

Deno.test("keysOf() has the keys of which the record at work sees something", () => {
  const rig = new EventTimeRig();
  const descriptor = new ValueStateDescriptor<number>("v", { ttl: TTL });
  for (const [ms, key] of [[100, "a"], [105, "b"], [300, "c"]] as const) rig.at(ms, key).value().update(ms);
  rig.at(112);
  assertEquals([...rig.rig.backend.keysOf(descriptor)], ["b", "c"]);
  const list = new ListStateDescriptor<number>("l", { ttl: TTL });
  const map = new MapStateDescriptor<string, number>("m", { ttl: TTL });
  const { store, backend } = rig.rig;
  store.getListState(list).add(1);
  store.getMapState(map).put("x", 1);
  assertEquals([[...backend.keysOf(list)], [...backend.keysOf(map)]], [["a"], ["a"]]);
  rig.at(122);
  assertEquals([[...backend.keysOf(list)], [...backend.keysOf(map)]], [[], []]);
});

Deno.test("a restart renews nothing, and what was restored is dropped in its time", () => {
  const before = new EventTimeRig();
  before.at(100).value().update(1);
  before.at(104, "b").value().update(2);
  before.commit(103);

  const rig = new EventTimeRig(before.rig.restart());
  const state = rig.value();
  assertEquals(rig.at(109) && state.value(), 1);
  assertEquals(rig.at(110) && state.value(), undefined);
  assertEquals(rig.at(113, "b") && state.value(), 2);
  rig.commit(110);
  rig.commit(110);
  assertEquals(rig.stored(), ['"v","","b"]']);
});

Deno.test("undo takes back what a record has written, read and dropped, and its value expires when it would have", () => {
  const rig = new EventTimeRig();
  const state = rig.value({ updateType: "OnReadAndWrite" });
  rig.at(100).value({ updateType: "OnReadAndWrite" }).update(1);
  const { journal } = rig.rig.changes;
  journal.begin();
  assertEquals(rig.at(108) && state.value(), 1);
  state.update(5);
  state.clear();
  journal.undo();
  journal.begin();
  rig.time.committedMs = 120;
  assertEquals(rig.at(120, "b") && state.value(), undefined); // drops that of "a"
  journal.undo();
  rig.time.committedMs = Number.NEGATIVE_INFINITY;
  assertEquals(rig.at(109) && state.value(), 1);
  rig.commit(119);
  rig.commit(119);
  assertEquals(rig.stored(), []);
});

Deno.test("a record without a time is refused, as nothing says when its value would expire", () => {
  const rig = new EventTimeRig();
  const state = rig.value();
  assertEquals(rig.at(Number.NEGATIVE_INFINITY) && state.value(), undefined);
  assertThrows(
    () => state.update(1),
    TypeError,
    'Cannot put a value into state "v" of "op": it expires by event time, and the record has no timestamp; call',
  );
  assertEquals(rig.at(5) && state.value(), undefined);
  rig.rig.backend.dropExpired();
});

Deno.test("a state that expired by the clock is refused by event time, and the other way round", () => {
  const was = (first: StateTtlConfig, then: StateTtlConfig) => {
    const rig = new EventTimeRig();
    rig.at(1).rig.store.getState(new ValueStateDescriptor("v", { ttl: first })).update(1);
    rig.rig.commit();
    return assertThrows(() => rig.rig.restart().store.getState(new ValueStateDescriptor("v", { ttl: then })), JobError)
      .message;
  };
  assertEquals(
    was({ ttlMs: 1 }, TTL).includes(
      "it was written with TTL by processing time, the job now describes it with TTL by event time;",
    ),
    true,
  );
  assertEquals(was(TTL, { ttlMs: 1 }).includes("it was written with TTL by event time, the job now"), true);
});

Deno.test("whatever happens to values, those are dropped that are over, no others, and all of them", () => {
  const acts = fc.array(
    fc.oneof(
      { weight: 5, arbitrary: fc.record({ put: fc.nat(5), aheadMs: fc.nat(15) }) },
      { weight: 2, arbitrary: fc.record({ clear: fc.nat(5), aheadMs: fc.nat(15) }) },
      { weight: 2, arbitrary: fc.record({ undone: fc.nat(5), aheadMs: fc.nat(15) }) },
      { weight: 4, arbitrary: fc.record({ byMs: fc.nat(25) }) },
      { weight: 1, arbitrary: fc.constant("restart" as const) },
    ),
    { minLength: 20, maxLength: 60 },
  );
  let dropped = 0;
  fc.assert(
    fc.property(acts, (acts) => {
      let rig = new EventTimeRig();
      rig.time.committedMs = 0;
      let state = rig.value();
      /** Last updates of values that are kept, by key. */
      const kept = new Map<string, number>();
      const dropOver = () => {
        for (const [key, ms] of kept) {
          if (ms + TTL.ttlMs > rig.time.committedMs) continue;
          kept.delete(key);
          dropped++;
        }
      };
      for (const act of acts) {
        if (act === "restart") {
          const { committedMs } = rig.time;
          dropOver();
          rig.commit(committedMs);
          rig = new EventTimeRig(rig.rig.restart());
          rig.time.committedMs = committedMs;
          state = rig.value();
        } else if ("byMs" in act) {
          dropOver();
          rig.commit(rig.time.committedMs + act.byMs);
          assertEquals(rig.stored().toSorted(), [...kept.keys()].map((key) => `"v","","${key}"]`).toSorted());
        } else {
          // No record is behind the event time of the last commit.
          const atMs = rig.time.committedMs + act.aheadMs;
          const key = `${"put" in act ? act.put : "clear" in act ? act.clear : act.undone}`;
          rig.at(atMs, key);
          if ("undone" in act) {
            rig.rig.changes.journal.begin();
            state.clear();
            state.update(7);
            rig.rig.changes.journal.undo();
            continue;
          }
          dropOver();
          const before = kept.get(key);
          assertEquals(state.value() !== undefined, before !== undefined && before + TTL.ttlMs > atMs);
          if ("put" in act) {
            state.update(1);
            kept.set(key, Math.max(before ?? 0, atMs));
          } else {
            state.clear();
            kept.delete(key);
          }
        }
      }
    }),
    { seed: 20_261_130, numRuns: 300 },
  );
  assert(dropped > 500, `${dropped} dropped`);
});

Deno.test("many values that come and go leave those alone that stay", () => {
  const rig = new EventTimeRig();
  const list = rig.rig.store.getListState(new ListStateDescriptor<number>("l", { ttl: TTL }));
  rig.at(7, "stays");
  list.add(7);
  for (let i = 0; i < 5_000; i++) {
    rig.at(5, "goes");
    list.add(i);
    list.clear();
  }
  rig.commit(17);
  assertEquals(rig.stored(), ['"l","","stays",0]']);
  rig.commit(17);
  assertEquals(rig.stored(), []);
});
