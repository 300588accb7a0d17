import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { IntervalJoinBuffer } from "../../../../src/engine/operators/join/interval_join_buffer.ts";
import { Changes } from "../../../../src/engine/state/changes.ts";
import { MapTable } from "../../../../src/engine/state/map_table.ts";

const NEITHER = { timeMs: undefined, lastUpdateMs: undefined };

function newBuffer(changes = new Changes()) {
  const table = new MapTable<readonly string[]>({ uid: "op", name: "left", changes });
  return { table, journal: changes.journal, buffer: new IntervalJoinBuffer(table, changes.journal) };
}

/** "5 a,b": what lies where, in order. */
const between = (buffer: IntervalJoinBuffer<string>, key: string, fromMs = -100, toMs = 100) =>
  buffer.between(key, fromMs, toMs).map(({ key: timeMs, value }) => `${timeMs} ${value}`);

Deno.test("between() gives what a key has at the times asked for, in order of time and then of arrival", () => {
  const { buffer } = newBuffer();
  const first = [[5, "a"], [3, "b"], [5, "c"], [9, "d"], [4, "e"]].map(([timeMs, text]) =>
    buffer.add("k", "k", timeMs as number, text as string)
  );
  buffer.add("other", "other", 5, "x");

  assertEquals(first, [true, true, false, true, true]);
  assertEquals(between(buffer, "k"), ["3 b", "4 e", "5 a,c", "9 d"]);
  assertEquals(between(buffer, "k", 4, 5), ["4 e", "5 a,c"]);
  assertEquals([between(buffer, "k", 6, 8), between(buffer, "nobody")], [[], []]);
});

Deno.test("drop() forgets one time of one key", () => {
  const { buffer, table } = newBuffer();
  for (const timeMs of [1, 2, 3]) buffer.add("k", "k", timeMs, `${timeMs}`);
  buffer.drop("k", 2);
  buffer.drop("k", 2);
  buffer.drop("nobody", 2);
  assertEquals(between(buffer, "k"), ["1 1", "3 3"]);

  buffer.drop("k", 1);
  buffer.drop("k", 3);
  assertEquals([between(buffer, "k"), [...table.keys()]], [[], []]);
});

Deno.test("IntervalJoinBuffer knows what its table has from a commit, in order", () => {
  const { buffer, table } = newBuffer();
  [7, 3, 5].forEach((timeMs, order) => {
    table.restore({ namespace: "", key: "k", part: timeMs, order, value: [`${timeMs}`], ...NEITHER });
  });

  assertEquals(between(buffer, "k"), ["3 3", "5 5", "7 7"]);
  buffer.drop("k", 5);
  assertEquals([buffer.add("k", "k", 7, "b"), buffer.add("k", "k", 5, "c")], [false, true]);
  assertEquals(between(buffer, "k"), ["3 3", "5 c", "7 7,b"]);
});

type Step = readonly [kind: "add" | "drop" | "look", key: string, timeMs: number];

const step: fc.Arbitrary<Step> = fc.tuple(
  fc.constantFrom("add" as const, "add" as const, "drop" as const, "look" as const),
  fc.constantFrom("a", "b"),
  fc.integer({ min: 0, max: 6 }),
);

Deno.test("IntervalJoinBuffer has what a map of maps would have, also when records are taken back", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ steps: fc.array(step, { maxLength: 8 }), dies: fc.boolean() }), { maxLength: 12 }),
      (records) => {
        const { buffer, table, journal } = newBuffer();
        let model = new Map<string, string[]>();
        let n = 0;
        for (const { steps, dies } of records) {
          const after = new Map(model);
          journal.begin();
          for (const [kind, key, timeMs] of steps) {
            const at = `${key}${timeMs}`;
            if (kind === "add") {
              const text = `${n++}`;
              assertEquals(buffer.add(key, key, timeMs, text), !after.has(at));
              after.set(at, [...after.get(at) ?? [], text]);
            } else if (kind === "drop") {
              buffer.drop(key, timeMs);
              after.delete(at);
            } else {
              buffer.between(key, timeMs, timeMs);
            }
          }
          if (dies) journal.undo();
          else {
            journal.end();
            model = after;
          }
          for (const key of ["a", "b"]) {
            const expected = [...model].filter(([at]) => at[0] === key).map(([at, texts]) => `${at.slice(1)} ${texts}`);
            assertEquals(between(buffer, key), expected.toSorted());
          }
        }
        assertEquals([...table.keys()].toSorted(), [...new Set([...model.keys()].map((at) => at[0]!))].toSorted());
      },
    ),
    { seed: 20_261_022, numRuns: 300 },
  );
});
