import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Key } from "../../../src/engine/state/key.ts";
import {
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  type StateDescriptorOptions,
  ValueStateDescriptor,
} from "../../../src/engine/state/state.ts";
import { StateModel } from "./state_model.ts";
import { StateRig } from "./state_rig.ts";

/** The states under test, and the model beside them. */
class Pair {
  rig = new StateRig();
  namespace = "";
  key: Key = "a";
  readonly model: StateModel;
  readonly #options: StateDescriptorOptions;
  states!: ReturnType<Pair["open"]>;

  constructor(options: StateDescriptorOptions) {
    const { ttl } = options;
    this.#options = options;
    this.model = new StateModel(ttl?.ttlMs ?? Number.POSITIVE_INFINITY, ttl?.updateType === "OnReadAndWrite");
    this.states = this.open();
  }

  open() {
    const store = this.rig.backend.store(() => this.namespace);
    this.rig.key(this.key);
    return {
      value: store.getState(new ValueStateDescriptor<number>("value", this.#options)),
      sum: store.getReducingState(new ReducingStateDescriptor<number>("sum", (a, b) => a + b, this.#options)),
      list: store.getListState(new ListStateDescriptor<number>("list", this.#options)),
      map: store.getMapState(new MapStateDescriptor<Key, number>("map", this.#options)),
    };
  }

  get place(): string {
    return JSON.stringify([this.namespace, this.key]);
  }
}

type Step = (pair: Pair) => void;

/** Does the same to both, and compares what they say. */
function both(act: (pair: Pair) => unknown, expected: (model: StateModel, place: string) => unknown): Step {
  return (pair) => assertEquals(act(pair), expected(pair.model, pair.place));
}

const int = fc.integer({ min: -9, max: 9 });
const ints = fc.array(int, { maxLength: 4 });
const userKey = fc.constantFrom<Key>("x", "y", "k10", "k9", 1, "1", null, { p: 1, q: 2 }, [true]);

/** What a record at work may do. */
const RECORD_STEPS: fc.Arbitrary<Step>[] = [
  fc.constantFrom<Key>("a", "b", 1, { b: 1, a: [2] }).map((key) => (pair: Pair) => {
    pair.key = key;
    pair.rig.key(key);
  }),
  fc.constantFrom("", "0:10").map((namespace) => (pair: Pair) => void (pair.namespace = namespace)),
  int.map((n) => both(({ states }) => states.value.update(n), (model, place) => model.update(place, n))),
  fc.constant(both(({ states }) => states.value.clear(), (model, place) => model.update(place, undefined))),
  fc.constant(both(({ states }) => states.value.value(), (model, place) => model.value(place))),
  int.map((n) => both(({ states }) => states.sum.add(n), (model, place) => model.addToSum(place, n))),
  fc.constant(both(({ states }) => states.sum.get(), (model, place) => model.sum(place))),
  fc.constant(both(({ states }) => states.sum.clear(), (model, place) => model.clearSum(place))),
  int.map((n) => both(({ states }) => states.list.add(n), (model, place) => model.addToList(place, n))),
  ints.map((all) => both(({ states }) => states.list.addAll(all), (model, place) => model.addToList(place, ...all))),
  ints.map((all) => both(({ states }) => states.list.update(all), (model, place) => model.updateList(place, all))),
  fc.constant(both(({ states }) => states.list.get(), (model, place) => model.list(place))),
  fc.constant(both(({ states }) => states.list.clear(), (model, place) => model.updateList(place, []))),
  fc.tuple(userKey, int).map(([key, n]) =>
    both(({ states }) => states.map.put(key, n), (model, place) => model.put(place, key, n))
  ),
  userKey.map((key) => both(({ states }) => states.map.get(key), (model, place) => model.get(place, key))),
  userKey.map((key) =>
    both(({ states }) => states.map.contains(key), (model, place) => model.get(place, key) !== undefined)
  ),
  userKey.map((key) => both(({ states }) => states.map.remove(key), (model, place) => model.remove(place, key))),
  fc.constant(both(({ states }) => [...states.map.entries()], (model, place) => model.entries(place))),
  fc.constant(both(({ states }) => [...states.map.keys()], (model, place) => model.entries(place).map(([key]) => key))),
  fc.constant(both(({ states }) => [...states.map.values()], (model, place) => model.entries(place).map(([, n]) => n))),
  fc.constant(both(({ states }) => states.map.isEmpty(), (model, place) => model.isEmpty(place))),
  fc.constant(both(({ states }) => states.map.clear(), (model, place) => model.clearMap(place))),
];

const STEPS: fc.Arbitrary<Step>[] = [
  ...RECORD_STEPS,
  // A record whose function throws in the end.
  fc.array(fc.oneof(...RECORD_STEPS), { minLength: 1, maxLength: 12, size: "max" }).map((steps) => (pair: Pair) => {
    const { journal } = pair.rig.changes;
    const { key, namespace } = pair;
    pair.model.begin();
    journal.begin();
    for (const step of steps) step(pair);
    journal.undo();
    pair.model.undo();
    pair.namespace = namespace;
    pair.key = key;
    pair.rig.key(key);
  }),
  fc.integer({ min: 1, max: 6 }).map((ms) => ({ rig, model }: Pair) => {
    rig.nowMs += ms;
    model.at(rig.nowMs);
  }),
  fc.constant(({ rig, model }: Pair) => {
    rig.backend.dropExpired();
    rig.commit();
    model.commit();
    // All there is, and nothing else: the last one is the job's.
    assertEquals(rig.entries.size - 1, model.size);
  }),
  fc.constant((pair: Pair) => {
    pair.rig = pair.rig.restart();
    pair.model.restart();
    pair.states = pair.open();
  }),
];

const CONFIGS: Record<string, StateDescriptorOptions> = {
  "without TTL": {},
  "with TTL": { ttl: { ttlMs: 10 } },
  "with TTL that reading renews": { ttl: { ttlMs: 10, updateType: "OnReadAndWrite" } },
};

for (const [name, options] of Object.entries(CONFIGS)) {
  Deno.test(`states ${name} are what plain arrays and maps are, whatever is done, committed and restored`, () => {
    const steps = fc.array(fc.oneof(...STEPS), { maxLength: 80, size: "max" });
    fc.assert(
      fc.property(steps, (all) => {
        const pair = new Pair(options);
        for (const step of all) step(pair);
      }),
      { seed: 20, numRuns: 1_000 },
    );
  });
}

Deno.test("tables of operators are what plain arrays and numbers are, whatever is done, merged, committed and restored", () => {
  const namespace = fc.constantFrom("w1", "w2", "w3");
  const key = fc.constantFrom("a", "b");
  const steps = fc.array(
    fc.oneof(
      fc.record({ act: fc.constant("add" as const), namespace, key, n: int }),
      fc.record({ act: fc.constant("clear" as const), namespace, key }),
      fc.record({ act: fc.constant("remove" as const), namespace, key, n: fc.nat(3) }),
      fc.record({ act: fc.constant("merge" as const), namespace, key, sources: fc.array(namespace, { maxLength: 4 }) }),
      fc.record({ act: fc.constantFrom("commit" as const, "restart" as const), namespace, key }),
      fc.record({ act: fc.constantFrom("begin" as const, "undo" as const), namespace, key }),
    ),
    { maxLength: 60, size: "max" },
  );
  fc.assert(
    fc.property(steps, (all) => {
      let rig = new StateRig();
      let lists: Record<string, number[]> = {};
      let sums: Record<string, number> = {};
      let committed = "[{},{}]";
      let begun: string | undefined;
      for (const step of all) {
        const { namespace, key } = step;
        const list = rig.backend.listTable<number>("list", 1);
        const sum = rig.backend.valueTable<number>("sum", 1);
        const place = namespace + key;
        switch (step.act) {
          case "add":
            list.add(namespace, key, key, step.n);
            sum.set(namespace, key, key, (sum.get(namespace, key) ?? 0) + step.n);
            (lists[place] ??= []).push(step.n);
            sums[place] = (sums[place] ?? 0) + step.n;
            break;
          case "clear":
            list.clear(namespace, key);
            sum.set(namespace, key, key, undefined);
            delete lists[place];
            delete sums[place];
            break;
          case "remove": {
            const element = list.slots(namespace, key)[step.n];
            if (element !== undefined) list.remove(element);
            lists[place]?.splice(step.n, 1);
            break;
          }
          case "merge": {
            list.mergeNamespaces(namespace, step.sources, key, key);
            sum.mergeNamespaces(namespace, step.sources, key, key, (a, b) => a + b);
            for (const source of new Set(step.sources)) {
              const from = source + key;
              if (source === namespace) continue;
              if (lists[from] !== undefined) lists[place] = [...lists[place] ?? [], ...lists[from]];
              if (sums[from] !== undefined) sums[place] = (sums[place] ?? 0) + sums[from];
              delete lists[from];
              delete sums[from];
            }
            break;
          }
          case "begin":
            rig.changes.journal.begin();
            begun = JSON.stringify([lists, sums]);
            break;
          case "undo":
            if (begun === undefined) break;
            rig.changes.journal.undo();
            [lists, sums] = JSON.parse(begun);
            begun = undefined;
            break;
          case "commit":
            // No commit comes between a record's beginning and its end.
            begun = undefined;
            rig.changes.journal.end();
            rig.commit();
            committed = JSON.stringify([lists, sums]);
            break;
          case "restart":
            begun = undefined;
            rig = rig.restart();
            [lists, sums] = JSON.parse(committed);
        }
        assertEquals(
          rig.backend.listTable<number>("list", 1).get(namespace, key),
          lists[place] ?? [],
        );
        assertEquals(rig.backend.valueTable<number>("sum", 1).get(namespace, key), sums[place]);
      }
    }),
    { seed: 20, numRuns: 1_000 },
  );
});
