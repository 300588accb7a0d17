import { assertEquals, assertStrictEquals } from "@std/assert";
import { formatOrigin, OperatorError, type RecordOrigin } from "../../src/engine/errors.ts";

const ORIGIN: RecordOrigin = {
  topic: "skyone",
  partition: 3,
  offset: 1204,
  timestampMs: 5,
  key: null,
  value: null,
  headers: undefined,
};

Deno.test("formatOrigin() names topic, partition and offset", () => {
  assertEquals(formatOrigin(ORIGIN), '"skyone" partition 3 offset 1204');
});

Deno.test("OperatorError names operator, record and first error, and keeps it as its cause", () => {
  const cause = new RangeError("too long");
  const error = new OperatorError("flights", cause, { place: ORIGIN });

  assertEquals(error.message, 'Operator "flights" failed at "skyone" partition 3 offset 1204: RangeError: too long');
  assertEquals([error.name, error.operator], ["OperatorError", "flights"]);
  assertStrictEquals(error.cause, cause);
});

Deno.test("OperatorError says what was thrown when that is no error, and no place when there is none", () => {
  assertEquals(new OperatorError("flights", "stop").message, 'Operator "flights" failed: stop');
});
