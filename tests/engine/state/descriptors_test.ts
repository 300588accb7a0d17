import { assertEquals, assertThrows } from "@std/assert";
import {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  type StateDescriptor,
  type StateDescriptorOptions,
  ValueStateDescriptor,
} from "../../../src/engine/state/descriptors.ts";
import type { AggregateFunction } from "../../../src/engine/state/functions.ts";
import type { KeyedStateStore } from "../../../src/engine/state/state.ts";

const SUM: AggregateFunction<number, { sum: number }, string> = {
  createAccumulator: () => ({ sum: 0 }),
  add: (value, { sum }) => ({ sum: sum + value }),
  getResult: ({ sum }) => `${sum}`,
  merge: (a, b) => ({ sum: a.sum + b.sum }),
};

const DESCRIBE: Record<string, (name: string, options?: StateDescriptorOptions) => StateDescriptor> = {
  value: (name, options) => new ValueStateDescriptor<number>(name, options),
  list: (name, options) => new ListStateDescriptor<number>(name, options),
  map: (name, options) => new MapStateDescriptor<string, number>(name, options),
  reducing: (name, options) => new ReducingStateDescriptor<number>(name, (a, b) => a + b, options),
  aggregating: (name, options) => new AggregatingStateDescriptor(name, SUM, options),
};

for (const [kind, describe] of Object.entries(DESCRIBE)) {
  Deno.test(`a ${kind} descriptor has its kind, and version 1 without TTL by default`, () => {
    const { name, version, ttl, kind: own } = describe("total");
    assertEquals({ name, version, ttl, own }, { name: "total", version: 1, ttl: undefined, own: kind });
    assertEquals(describe("total", { version: 0 }).version, 0);
  });

  Deno.test(`a ${kind} descriptor fills in the defaults of its TTL`, () => {
    assertEquals(describe("total", { ttl: { ttlMs: 5 } }).ttl, {
      ttlMs: 5,
      updateType: "OnCreateAndWrite",
      stateVisibility: "NeverReturnExpired",
      ttlTimeCharacteristic: "ProcessingTime",
    });
    const other = {
      ttlMs: 5,
      updateType: "OnReadAndWrite",
      stateVisibility: "ReturnExpiredIfNotCleanedUp",
      ttlTimeCharacteristic: "EventTime",
    } as const;
    assertEquals(describe("total", { ttl: other }).ttl, other);
  });

  Deno.test(`a ${kind} descriptor refuses an empty name, a version that is not whole and a wrong TTL`, () => {
    assertThrows(() => describe(""), TypeError, "Cannot describe a state without a name");
    for (const version of [1.5, Number.NaN]) {
      assertThrows(
        () => describe("total", { version }),
        TypeError,
        `state "total": its version must be a whole number, current value is ${version}`,
      );
    }
    for (const ttlMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      assertThrows(
        () => describe("total", { ttl: { ttlMs } }),
        RangeError,
        `Cannot describe state "total" as its ttlMs must be > 0 and finite: current value is ${ttlMs}`,
      );
    }
    assertThrows(
      () => describe("total", { ttl: { ttlMs: 1, updateType: "OnRead" as "Disabled" } }),
      TypeError,
      'state "total": its updateType must be one of OnCreateAndWrite, OnReadAndWrite, Disabled, current value is OnRead',
    );
    assertThrows(
      () => describe("total", { ttl: { ttlMs: 1, stateVisibility: "Always" as "NeverReturnExpired" } }),
      TypeError,
      'state "total": its stateVisibility must be one of NeverReturnExpired, ReturnExpiredIfNotCleanedUp, current value is Always',
    );
  });
}

Deno.test("ReducingStateDescriptor and AggregatingStateDescriptor refuse what is no function of theirs", () => {
  assertThrows(
    () => new ReducingStateDescriptor("total", undefined as unknown as () => number),
    TypeError,
    'Cannot describe state "total": its reduce function must be a function, current value is undefined',
  );
  for (const method of ["createAccumulator", "add", "getResult", "merge"]) {
    assertThrows(
      () => new AggregatingStateDescriptor("total", { ...SUM, [method]: undefined }),
      TypeError,
      `Cannot describe state "total": its aggregate function has no ${method}()`,
    );
  }
});

/** Compiled, never called: states have the types of what they hold. */
export function checkTypes(store: KeyedStateStore): void {
  const value = store.getState(new ValueStateDescriptor<number>("v"));
  value.update(1);
  // @ts-expect-error: no number
  value.update("1");

  const list = store.getListState(new ListStateDescriptor<number>("l"));
  list.addAll([1, ...list.get()]);
  // @ts-expect-error: no number
  list.add("1");

  const map = store.getMapState(new MapStateDescriptor<"x" | "y", number>("m"));
  map.put("x", 1);
  map.putAll(new Map([["y", 2]]));
  // @ts-expect-error: no such key
  map.put("z", 1);
  // @ts-expect-error: may be undefined
  map.get("x").toFixed();

  const reducing = store.getReducingState(new ReducingStateDescriptor("r", (a: number, b: number) => a + b));
  reducing.add(1);
  // @ts-expect-error: no number
  reducing.add("1");

  const aggregating = store.getAggregatingState(new AggregatingStateDescriptor("a", SUM));
  aggregating.add(1);
  aggregating.get()?.toUpperCase();
  // @ts-expect-error: no number
  aggregating.add("1");

  // @ts-expect-error: a list is no value
  store.getState(new ListStateDescriptor<number>("l"));
  // @ts-expect-error: nothing keys a map by dates
  store.getMapState(new MapStateDescriptor<Date, number>("m"));
  // @ts-expect-error: no such update type
  store.getState(new ValueStateDescriptor<number>("v", { ttl: { ttlMs: 1, updateType: "OnRead" } }));
}
