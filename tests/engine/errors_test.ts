import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  formatOrigin,
  isRetriable,
  JobError,
  OperatorError,
  RecordError,
  type RecordOrigin,
} from "../../src/engine/errors.ts";

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
  const error = new OperatorError("flights", cause, ORIGIN);

  assertEquals(error.message, 'Operator "flights" failed at "skyone" partition 3 offset 1204: RangeError: too long');
  assertEquals([error.name, error.operator], ["OperatorError", "flights"]);
  assertStrictEquals(error.cause, cause);
});

Deno.test("OperatorError says what was thrown when that is no error, and no place when there is none", () => {
  assertEquals(new OperatorError("flights", "stop", undefined).message, 'Operator "flights" failed: stop');
});

Deno.test("JobError and RecordError are sentences for a person, OperatorError is not", () => {
  const expected = [new JobError("x"), new RecordError("x"), new OperatorError("x", "y", undefined)]
    .map((error) => (error as { expected?: boolean }).expected);
  assertEquals(expected, [true, true, undefined]);
});

Deno.test("isRetriable() is what the layer says that threw", () => {
  const marked = (retriable: unknown) => Object.assign(new Error("x"), { retriable });
  assertEquals(
    [marked(true), marked(false), marked("true"), new Error("x"), { retriable: true }, undefined].map(isRetriable),
    [
      true,
      false,
      false,
      false,
      false,
      false,
    ],
  );
});
