import { assertEquals, assertThrows } from "@std/assert";
import { OperatorError } from "../../../src/engine/errors.ts";
import { ReduceOperator } from "../../../src/engine/operators/reduce.ts";
import { OperatorHarness } from "../../../src/engine/testing/operator_harness.ts";

interface Fare {
  readonly city: string;
  readonly sum: number;
}

function newRig() {
  const add = (accumulated: Fare, next: Fare) => ({ city: accumulated.city, sum: accumulated.sum + next.sum });
  return new OperatorHarness(() => new ReduceOperator(add), { name: "sums", keyBy: ({ city }: Fare) => city });
}

const fare = (city: string, sum: number): Fare => ({ city, sum });

Deno.test("ReduceOperator gives each key's running fold after every record, at that record's timestamp", () => {
  const rig = newRig();
  rig.record(fare("Ulm", 1), 10).record(fare("Bern", 5), 20).record(fare("Ulm", 2), 15).record(fare("Ulm", 3), 30);

  assertEquals(rig.take(), [[fare("Ulm", 1), 10], [fare("Bern", 5), 20], [fare("Ulm", 3), 15], [fare("Ulm", 6), 30]]);
});

Deno.test("ReduceOperator gives the first record of a key as it is, without asking its function", () => {
  const rig = new OperatorHarness(
    () =>
      new ReduceOperator<string>(() => {
        throw new Error("asked");
      }),
    { keyBy: (value: string) => value },
  );
  rig.record("a", 1).record("b", 2);

  assertEquals(rig.take(), [["a", 1], ["b", 2]]);
});

Deno.test("ReduceOperator goes on from the last commit", () => {
  const rig = newRig();
  rig.record(fare("Ulm", 1), 10);
  assertEquals(rig.commit(), [['["state","sums","sofar","","Ulm"]', '{"city":"Ulm","sum":1}']]);
  rig.record(fare("Ulm", 100), 11); // lost
  const restarted = rig.restart();
  restarted.record(fare("Ulm", 2), 12);

  assertEquals(restarted.take(), [[fare("Ulm", 3), 12]]);
});

// Undefined stands for no value: the next record would begin anew, and the commit would have nothing.
Deno.test("ReduceOperator refuses a function that gives undefined", () => {
  const rig = new OperatorHarness(() => new ReduceOperator((): string => undefined as unknown as string), {
    name: "sums",
    keyBy: () => "all",
  });
  rig.record("a", 1);

  assertThrows(() => rig.record("b", 2), OperatorError, 'Operator "sums" failed: TypeError');
});
