import { assertEquals } from "@std/assert";
import { codeOf, isExpected, isRetriable, maxAttemptsOf, mayRestart, meaningOf } from "../../src/engine/error_codes.ts";
import { JobError, OperatorError, RecordError } from "../../src/engine/errors.ts";

const withCode = (code: unknown) => Object.assign(new Error("x"), { code });

Deno.test("codeOf() is a code of the list alone, not one of the machine's", () => {
  const errors = [new JobError("x"), new RecordError("x"), new OperatorError("x", "y")];
  assertEquals(errors.map(codeOf), ["JOB_REFUSED", "RECORD_REFUSED", "OPERATOR_FAILED"]);
  const others = [withCode("ENOENT"), withCode("toString"), withCode(1), new Error("x"), { code: "FENCED" }, undefined];
  assertEquals(others.map(codeOf), others.map(() => undefined));
});

Deno.test("codeOf() takes an error of the outside for one that passes if it is marked so", () => {
  const marked = (retriable: unknown) => Object.assign(new Error("x"), { retriable });
  const found = [marked(true), marked(false), marked("true"), { retriable: true }].map(codeOf);
  assertEquals(found, ["UNAVAILABLE", undefined, undefined, undefined]);
  // A code says more than the mark.
  assertEquals(codeOf(Object.assign(new JobError("x"), { retriable: true })), "JOB_REFUSED");
});

Deno.test("what follows from an error is what its code says; one without a code is a bug", () => {
  const [away, odd, full, bug] = [
    withCode("FENCED"),
    withCode("UNEXPECTED_ANSWER"),
    withCode("DISK_FULL"),
    new Error("x"),
  ];
  assertEquals([away, odd, full, bug].map(isRetriable), [true, true, false, false]);
  assertEquals([away, odd, full, bug].map(maxAttemptsOf), [Infinity, 20, Infinity, Infinity]);
  assertEquals([away, odd, full, bug].map(mayRestart), [false, false, true, true]);
  assertEquals([away, odd, full, bug].map(isExpected), [true, true, true, false]);
  assertEquals(meaningOf(withCode("USAGE")).exitCode, 2);
});
