import { assertEquals, assertThrows } from "@std/assert";
import { JobError } from "../../../src/engine/errors.ts";
import { Changes } from "../../../src/engine/state/changes.ts";
import type { Key } from "../../../src/engine/state/key.ts";
import { KeyedStateBackend, type RestoredValue } from "../../../src/engine/state/keyed_state_backend.ts";
import { ValueStateDescriptor } from "../../../src/engine/state/state.ts";

const TOTAL = new ValueStateDescriptor<number>("total");

function restoredTotal(value: unknown, key: Key = "a", namespace = ""): Map<string, readonly RestoredValue[]> {
  return new Map([["total", [{ namespace, key, value }]]]);
}

Deno.test("getState() gives each key a value of its own", () => {
  const backend = new KeyedStateBackend("counter", new Changes());
  const total = backend.store().getState(TOTAL);
  backend.setCurrentKey("a");
  total.update(1);
  backend.setCurrentKey("b");
  assertEquals(total.value(), undefined);
  total.update(2);
  backend.setCurrentKey("a");
  assertEquals(total.value(), 1);
});

Deno.test("clear() and update(undefined) forget the value of the current key", () => {
  const backend = new KeyedStateBackend("counter", new Changes());
  const total = backend.store().getState(TOTAL);
  for (const key of ["a", "b", "c"]) {
    backend.setCurrentKey(key);
    total.update(1);
  }
  backend.setCurrentKey("a");
  total.clear();
  backend.setCurrentKey("b");
  total.update(undefined);

  const values = ["a", "b", "c"].map((key) => {
    backend.setCurrentKey(key);
    return total.value();
  });
  assertEquals(values, [undefined, undefined, 1]);
});

Deno.test("getState() gives the same state for the same name", () => {
  const backend = new KeyedStateBackend("counter", new Changes());
  backend.setCurrentKey("a");
  backend.store().getState(TOTAL).update(5);

  assertEquals(backend.store().getState(new ValueStateDescriptor<number>("total")).value(), 5);
  assertEquals(backend.store().getState(new ValueStateDescriptor<number>("other")).value(), undefined);
});

Deno.test("store() keeps one value per namespace, the one of the moment", () => {
  const backend = new KeyedStateBackend("counter", new Changes());
  let namespace = "w1";
  const windowState = backend.store(() => namespace).getState(TOTAL);
  const globalState = backend.store().getState(TOTAL);
  backend.setCurrentKey("a");
  windowState.update(1);
  globalState.update(10);
  namespace = "w2";

  assertEquals([windowState.value(), globalState.value()], [undefined, 10]);
  namespace = "w1";
  assertEquals(windowState.value(), 1);
});

Deno.test("table() fills itself from the last commit when it is asked for first", () => {
  const backend = new KeyedStateBackend("counter", new Changes(), restoredTotal(7), { total: 1 });
  backend.setCurrentKey("a");

  assertEquals(backend.store().getState(TOTAL).value(), 7);
});

Deno.test("table() refuses a state that was written as another version, naming both", () => {
  const backend = new KeyedStateBackend("counter", new Changes(), restoredTotal(7), { total: 3 });

  const error = assertThrows(
    () => backend.store().getState(new ValueStateDescriptor("total", { version: 2 })),
    JobError,
  );
  assertEquals(
    (error as JobError).message,
    'Cannot restore state "total" of "counter": it was written as version 3, the job now describes version 2; ' +
      "run the job that wrote it, or forget the job's commit with --reset",
  );
});

Deno.test("table() refuses two versions of one state in one run, naming both", () => {
  const backend = new KeyedStateBackend("counter", new Changes());
  backend.store().getState(TOTAL);

  assertThrows(
    () => backend.store().getState(new ValueStateDescriptor("total", { version: 2 })),
    JobError,
    'state "total" of "counter" as version 2: it is in use as version 1',
  );
});

Deno.test("getState() refuses a second version of a state also of one and the same store", () => {
  const store = new KeyedStateBackend("counter", new Changes()).store();
  store.getState(TOTAL);

  assertThrows(
    () => store.getState(new ValueStateDescriptor("total", { version: 2 })),
    JobError,
    'state "total" of "counter" as version 2: it is in use as version 1',
  );
});

Deno.test("versions() holds states of this run, and those of the commit that were not asked for", () => {
  const backend = new KeyedStateBackend("counter", new Changes(), restoredTotal(7), { total: 3, seen: 1 });
  backend.store().getState(new ValueStateDescriptor("fresh", { version: 4 }));

  assertEquals(backend.versions(), { total: 3, seen: 1, fresh: 4 });
});

Deno.test("update() is one change in the store, under the state's name", () => {
  const changes = new Changes();
  const backend = new KeyedStateBackend("counter", changes);
  backend.setCurrentKey({ city: "Ulm" });
  const total = backend.store().getState(TOTAL);
  total.update(1);
  total.update(2);

  assertEquals([...changes.drain()], [['["state","counter","total","",{"city":"Ulm"}]', "2"]]);
});
