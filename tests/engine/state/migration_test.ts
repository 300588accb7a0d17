import { assertEquals, assertThrows } from "@std/assert";
import { JobError } from "../../../src/engine/errors.ts";
import type { MigrationContext } from "../../../src/engine/state/functions.ts";
import {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  type StateDescriptorOptions,
  ValueStateDescriptor,
} from "../../../src/engine/state/state.ts";
import { StateRig } from "./state_rig.ts";

/** What version 2 keeps of a number. */
interface Boxed {
  readonly n: number;
}

/** Boxes what version 1 has written, and notes what it was asked. */
class Boxing {
  readonly calls: [old: unknown, context: MigrationContext][] = [];
  readonly options: StateDescriptorOptions<Boxed> = {
    version: 2,
    migrate: (old, context) => {
      this.calls.push([old, context]);
      return { n: old as number };
    },
  };
}

const SUM = {
  createAccumulator: () => ({ n: 0 }),
  add: (value: number, { n }: Boxed) => ({ n: n + value }),
  getResult: ({ n }: Boxed) => n,
  merge: (a: Boxed, b: Boxed) => ({ n: a.n + b.n }),
};

/** The sum of numbers as version 1 had it: its accumulator is a number. */
const SUM_1 = {
  createAccumulator: () => 0,
  add: (value: number, sum: number) => sum + value,
  getResult: (sum: number) => sum,
  merge: (a: number, b: number) => a + b,
};

Deno.test("migrate() converts what an older version has stored of each kind, once, and the next commit stores all of it", () => {
  const old = new StateRig();
  old.store.getState(new ValueStateDescriptor<number>("v")).update(1);
  old.key("b").store.getState(new ValueStateDescriptor<number>("v")).update(2);
  old.store.getListState(new ListStateDescriptor<number>("l")).addAll([3, 4]);
  old.store.getMapState(new MapStateDescriptor<string, number>("m")).putAll([["z", 5], ["y", 6]]);
  old.store.getReducingState(new ReducingStateDescriptor<number>("r", (a, b) => a + b)).add(7);
  old.store.getAggregatingState(new AggregatingStateDescriptor("g", SUM_1)).add(8);
  old.backend.broadcastState(new MapStateDescriptor<string, number>("c")).put("x", 9);
  old.commit();

  const boxing = new Boxing();
  const open = (rig: StateRig) => {
    const { store } = rig.key("b");
    return {
      v: store.getState(new ValueStateDescriptor<Boxed>("v", boxing.options)).value(),
      l: store.getListState(new ListStateDescriptor<Boxed>("l", boxing.options)).get(),
      m: [...store.getMapState(new MapStateDescriptor<string, Boxed>("m", boxing.options)).entries()],
      r: store.getReducingState(new ReducingStateDescriptor<Boxed>("r", SUM.merge, boxing.options)).get(),
      g: store.getAggregatingState(new AggregatingStateDescriptor("g", SUM, boxing.options)).get(),
      c: [...rig.backend.broadcastState(new MapStateDescriptor<string, Boxed>("c", boxing.options)).entries()],
    };
  };
  const all = {
    v: { n: 2 },
    l: [{ n: 3 }, { n: 4 }],
    m: [["z", { n: 5 }], ["y", { n: 6 }]] as [string, Boxed][],
    r: { n: 7 },
    g: 8,
    c: [["x", { n: 9 }]] as [string, Boxed][],
  };
  const rig = old.restart();
  assertEquals(open(rig), all);
  assertEquals(boxing.calls.map(([old]) => old), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assertEquals(boxing.calls[1]![1], { version: 1, key: "b", mapKey: undefined });
  assertEquals(boxing.calls[2]![1], { version: 1, key: "b", mapKey: undefined }); // an element's place is no key
  assertEquals(boxing.calls[4]![1], { version: 1, key: "b", mapKey: "z" });
  assertEquals(boxing.calls[8]![1], { version: 1, key: null, mapKey: "x" });

  assertEquals(rig.commit().sort(), [
    ['["c","broadcast",null,"x"]', '[0,{"n":9}]'],
    ['["g","","b"]', '{"n":8}'],
    ['["l","","b",0]', '{"n":3}'],
    ['["l","","b",1]', '{"n":4}'],
    ['["m","","b","y"]', '[1,{"n":6}]'],
    ['["m","","b","z"]', '[0,{"n":5}]'],
    ['["r","","b"]', '{"n":7}'],
    ['["v","","a"]', '{"n":1}'],
    ['["v","","b"]', '{"n":2}'],
  ]);
  const again = rig.restart();
  assertEquals(open(again), all);
  assertEquals(boxing.calls.length, 9); // nothing is left to convert,
  assertEquals(again.commit(), []); // or to store
});

Deno.test("a crash before the commit that stores what was migrated finds all as it was", () => {
  const old = new StateRig();
  old.store.getState(new ValueStateDescriptor<number>("v")).update(1);
  old.commit();
  const entries = new Map(old.entries);

  const died = old.restart();
  died.store.getState(new ValueStateDescriptor<Boxed>("v", new Boxing().options)).update({ n: 5 });
  assertEquals(old.entries, entries);

  const boxing = new Boxing();
  const state = old.restart().store.getState(new ValueStateDescriptor<Boxed>("v", boxing.options));
  assertEquals([state.value(), boxing.calls.length], [{ n: 1 }, 1]);
});

Deno.test("a state that is not asked for keeps its version, and is migrated when it is", () => {
  const old = new StateRig();
  for (const name of ["v", "w"]) old.store.getState(new ValueStateDescriptor<number>(name)).update(1);
  old.commit();

  const first = old.restart();
  first.store.getState(new ValueStateDescriptor<Boxed>("v", new Boxing().options));
  first.commit();
  assertEquals(first.backend.versions(), { v: 2, w: 1 });

  const second = first.restart();
  const [v, w] = [new Boxing(), new Boxing()];
  second.store.getState(new ValueStateDescriptor<Boxed>("v", v.options));
  assertEquals(second.store.getState(new ValueStateDescriptor<Boxed>("w", w.options)).value(), { n: 1 });
  assertEquals([v.calls.length, w.calls.length], [0, 1]);
  second.commit();
  assertEquals(second.backend.versions(), { v: 2, w: 2 });
});

Deno.test("undoing a record leaves what was migrated when the record asked for the state", () => {
  const old = new StateRig();
  old.store.getState(new ValueStateDescriptor<number>("v")).update(1);
  old.key("b").store.getState(new ValueStateDescriptor<number>("v")).update(2);
  old.commit();

  const boxing = new Boxing();
  const rig = old.restart();
  rig.changes.journal.begin();
  const state = rig.store.getState(new ValueStateDescriptor<Boxed>("v", boxing.options));
  state.update({ n: 100 });
  rig.key("b");
  state.clear();
  rig.changes.journal.undo();

  assertEquals([rig.key("a") && state.value(), rig.key("b") && state.value()], [{ n: 1 }, { n: 2 }]);
  assertEquals(rig.commit().sort(), [['["v","","a"]', '{"n":1}'], ['["v","","b"]', '{"n":2}']]);
});

Deno.test("migrating a value is no update of it: it expires when it would have", () => {
  const ttl = { ttlMs: 10 };
  const old = new StateRig();
  old.at(3).store.getState(new ValueStateDescriptor<number>("v", { ttl })).update(1);
  old.commit();

  const rig = old.restart().at(12);
  const state = rig.store.getState(new ValueStateDescriptor<Boxed>("v", { ...new Boxing().options, ttl }));
  assertEquals(state.value(), { n: 1 });
  assertEquals(rig.commit(), [['["v","","a"]', '[3,{"n":1}]']]);
  assertEquals(rig.at(13) && state.value(), undefined);
});

Deno.test("values that windows have of a state are migrated with those of keys alone", () => {
  const old = new StateRig();
  old.backend.store(() => "0:10").getState(new ValueStateDescriptor<number>("v")).update(1);
  old.commit();

  const rig = old.restart();
  const state = rig.backend.store(() => "0:10").getState(new ValueStateDescriptor<Boxed>("v", new Boxing().options));
  assertEquals(state.value(), { n: 1 });
});

/** The message with which a state of version 3 that keeps 7 of the key "a" is refused. */
function refusal(options: StateDescriptorOptions<unknown>): string {
  const old = new StateRig();
  old.store.getMapState(new MapStateDescriptor<string, number>("m", { version: 3 })).put("x", 7);
  old.commit();
  return assertThrows(
    () => old.restart().store.getMapState(new MapStateDescriptor<string, unknown>("m", options)),
    JobError,
  ).message;
}

Deno.test("a value that cannot be migrated is refused in one sentence with operator, state, versions, key and reason", () => {
  const failing = (migrate: (old: unknown, context: MigrationContext) => unknown) => refusal({ version: 4, migrate });
  const begin = 'Cannot migrate state "m" of "op" from version 3 to 4, key "a": ';

  const unknown = (_old: unknown, { version }: MigrationContext): never => {
    throw new Error(`version ${version} is not known`);
  };
  assertEquals(failing(unknown), `${begin}version 3 is not known`);
  assertEquals(failing(() => undefined), `${begin}migrate() returned undefined, which JSON does not keep`);
  assertEquals(
    failing(() => ({ n: Number.NaN })),
    `${begin}migrate() returned NaN in .n, which JSON does not keep`,
  );
  assertEquals(failing(async () => {}), `${begin}migrate() returned a Promise, which JSON does not keep`);
});

Deno.test("a value that cannot be migrated leaves all of its state as it is stored, whoever catches that and asks again", () => {
  const old = new StateRig();
  for (const [n, key] of ["a", "b", "c"].entries()) {
    old.key(key).store.getState(new ValueStateDescriptor<number>("v")).update(n);
  }
  old.commit();

  const rig = old.restart();
  const descriptor = new ValueStateDescriptor<Boxed>("v", {
    version: 2,
    migrate: (n) => {
      if (n === 2) throw new RangeError("2 is too much");
      return { n: n as number };
    },
  });
  for (let times = 0; times < 2; times++) {
    assertThrows(() => rig.store.getState(descriptor), JobError, 'version 1 to 2, key "c": 2 is too much');
  }
  assertEquals(rig.commit(), []);
  assertEquals(rig.backend.versions(), { v: 1 });
});

Deno.test("a state without migrate(), or of a newer version, another kind or other TTL, is refused as ever", () => {
  const begin = 'Cannot restore state "m" of "op": it was written ';
  const end = "run the job that wrote it, or forget the job's commit with --reset";
  const migrate = (old: unknown) => old;

  assertEquals(
    refusal({ version: 4 }),
    `${begin}as version 3, the job now describes it as version 4; add migrate() to its descriptor, ${end}`,
  );
  assertEquals(
    refusal({ version: 2, migrate }),
    `${begin}as version 3, the job now describes it as version 2; ${end}`,
  );
  assertEquals(
    refusal({ version: 4, migrate, ttl: { ttlMs: 1 } }),
    `${begin}without TTL, the job now describes it with TTL; ${end}`,
  );
});

Deno.test("endMigrations() refuses to migrate a state from then on, and none that is of the described version", () => {
  const old = new StateRig();
  for (const name of ["v", "w"]) old.store.getState(new ValueStateDescriptor<number>(name)).update(1);
  old.commit();

  const rig = old.restart();
  const { store } = rig;
  store.getState(new ValueStateDescriptor<Boxed>("v", new Boxing().options));
  rig.backend.endMigrations();
  assertEquals(store.getState(new ValueStateDescriptor<Boxed>("v", new Boxing().options)).value(), { n: 1 });
  assertThrows(
    () => store.getState(new ValueStateDescriptor<Boxed>("w", new Boxing().options)),
    JobError,
    'Cannot migrate state "w" of "op" amid the records: on a Flink cluster',
  );
});

Deno.test("a descriptor with migrate() and no version is refused where it is described", () => {
  assertThrows(
    () => new ValueStateDescriptor("v", { migrate: (old) => old }),
    TypeError,
    'Cannot describe state "v": it has migrate() but no version',
  );
});
