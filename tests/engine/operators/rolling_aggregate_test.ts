import { assertEquals, assertThrows } from "@std/assert";
import { OperatorError } from "../../../src/engine/errors.ts";
import { type Aggregation, fieldAggregate } from "../../../src/engine/functions/field_aggregate.ts";
import { RollingAggregateOperator } from "../../../src/engine/operators/rolling_aggregate.ts";
import { OperatorHarness } from "../../../src/engine/testing/operator_harness.ts";

interface Fare {
  readonly city: string;
  readonly id: string;
  readonly cents: number;
}

const fare = (id: string, cents: number, city = "Ulm"): Fare => ({ city, id, cents });

function newRig(aggregation: Aggregation, field = "cents", first = true): OperatorHarness<Fare, Fare> {
  return new OperatorHarness<Fare, Fare>(
    () => new RollingAggregateOperator<Fare>(fieldAggregate(aggregation, field, first)),
    { name: "fares", keyBy: ({ city }) => city },
  );
}

/** What comes out for fares of one city: "id cents". */
function rolling(aggregation: Aggregation, fares: readonly Fare[], field?: string, first?: boolean): string[] {
  const rig = newRig(aggregation, field, first);
  for (const [i, fare] of fares.entries()) rig.record(fare, i);
  return rig.take().map((flow) => {
    const { id, cents } = (flow as readonly unknown[])[0] as Fare;
    return `${id} ${cents}`;
  });
}

const FARES = [fare("b", 5), fare("c", 3), fare("a", 3), fare("e", 8), fare("d", 8), fare("f", 4)];

// Seen in Flink: the aggregate goes into the first record, the other fields of which stay.
Deno.test("sum(), min() and max() keep the first record's other fields, and give the result after each record", () => {
  assertEquals(rolling("sum", FARES), ["b 5", "b 8", "b 11", "b 19", "b 27", "b 31"]);
  assertEquals(rolling("min", FARES), ["b 5", "b 3", "b 3", "b 3", "b 3", "b 3"]);
  assertEquals(rolling("max", FARES), ["b 5", "b 5", "b 5", "b 8", "b 8", "b 8"]);
});

Deno.test("minBy() and maxBy() take the record, of equal ones the first, or with false the last", () => {
  assertEquals(rolling("minBy", FARES), ["b 5", "c 3", "c 3", "c 3", "c 3", "c 3"]);
  assertEquals(rolling("maxBy", FARES), ["b 5", "b 5", "b 5", "e 8", "e 8", "e 8"]);
  assertEquals(rolling("minBy", FARES, "cents", false), ["b 5", "c 3", "a 3", "a 3", "a 3", "a 3"]);
  assertEquals(rolling("maxBy", FARES, "cents", false), ["b 5", "b 5", "b 5", "e 8", "d 8", "d 8"]);
});

Deno.test("min(), max(), minBy() and maxBy() compare texts, upper case before lower", () => {
  const fares = [fare("b", 1), fare("B", 2), fare("ä", 3), fare("c", 4)];

  assertEquals(rolling("min", fares, "id"), ["b 1", "B 1", "B 1", "B 1"]);
  assertEquals(rolling("max", fares, "id"), ["b 1", "b 1", "ä 1", "ä 1"]);
  assertEquals(rolling("minBy", fares, "id"), ["b 1", "B 2", "B 2", "B 2"]);
  assertEquals(rolling("maxBy", fares, "id"), ["b 1", "b 1", "ä 3", "ä 3"]);
});

Deno.test("RollingAggregateOperator gives each key's aggregate at the timestamp of the record", () => {
  const rig = newRig("sum");
  rig.record(fare("a", 1, "Ulm"), 30).record(fare("b", 5, "Bern"), 20).record(fare("c", 2, "Ulm"), 10);

  assertEquals(rig.take(), [[fare("a", 1, "Ulm"), 30], [fare("b", 5, "Bern"), 20], [fare("a", 3, "Ulm"), 10]]);
});

Deno.test("RollingAggregateOperator leaves the records as they are: what it gives is a copy", () => {
  const first = fare("a", 1);
  newRig("sum").record(first, 1).record(fare("b", 2), 2);

  assertEquals(first, fare("a", 1));
});

Deno.test("RollingAggregateOperator goes on from the last commit", () => {
  const rig = newRig("sum");
  rig.record(fare("a", 1), 1).record(fare("b", 2), 2).commit();
  rig.record(fare("c", 100), 3); // lost
  rig.take();

  assertEquals(rig.restart().record(fare("d", 4), 4).take(), [[fare("a", 7), 4]]);
});

Deno.test("RollingAggregateOperator is stamped with what it aggregates: another one cannot read its state", () => {
  const compatibilityOf = (aggregation: Aggregation, field: string | number) =>
    new RollingAggregateOperator(fieldAggregate(aggregation, field)).compatibility();

  assertEquals(compatibilityOf("sum", "cents"), { aggregate: 'sum of "cents"' });
  assertEquals(compatibilityOf("minBy", 1), { aggregate: "minBy of 1" });
});

Deno.test("RollingAggregateOperator takes tuples by position, and gives tuples", () => {
  const counts = (aggregation: Aggregation, position: number) => {
    const rig = new OperatorHarness(
      () => new RollingAggregateOperator<readonly [string, number]>(fieldAggregate(aggregation, position)),
      { keyBy: ([word]) => word.length },
    );
    return rig.record(["to", 1], 1).record(["be", 2], 2).record(["or", 1], 3).take();
  };

  assertEquals(counts("sum", 1), [[["to", 1], 1], [["to", 3], 2], [["to", 4], 3]]);
  assertEquals(counts("min", 0), [[["to", 1], 1], [["be", 1], 2], [["be", 1], 3]]);
  assertEquals(counts("maxBy", 1), [[["to", 1], 1], [["be", 2], 2], [["be", 2], 3]]);
});

// The types see to it, but records come from outside. Not even the first may be wrong: it would go into state.
Deno.test("RollingAggregateOperator refuses a record whose field is nothing that can be aggregated", () => {
  for (
    const [aggregation, cents, words] of [
      ["sum", "5", "it must be a finite number, in this record it is string"],
      ["sum", undefined, "it must be a finite number, in this record it is undefined"],
      ["sum", NaN, "it must be a finite number, in this record it is NaN"],
      ["max", null, "it must be a finite number or text, in this record it is null"],
      ["minBy", Infinity, "it must be a finite number or text, in this record it is Infinity"],
    ] as const
  ) {
    assertThrows(
      () => newRig(aggregation).record({ ...fare("a", 1), cents: cents as number }, 1),
      OperatorError,
      `Operator "fares" failed: TypeError: Cannot take ${aggregation}() of field "cents": ${words}`,
    );
  }
  for (const value of [null, undefined, "text"]) {
    assertThrows(() => fieldAggregate("sum", "cents").check(value), TypeError, "in this record it is undefined");
  }
  assertThrows(() => fieldAggregate("sum", "length").check(["a", "b"]), TypeError, "a tuple's fields are positions");
});

Deno.test("RollingAggregateOperator refuses to compare numbers with texts", () => {
  const rig = newRig("max").record(fare("a", 1), 1);

  assertThrows(
    () => rig.record({ ...fare("b", 0), cents: "2" as unknown as number }, 2),
    OperatorError,
    'Cannot take max() of field "cents": it is number in one record and string in another',
  );
});
