import { assertEquals } from "@std/assert";
import { firstError } from "../../src/inspect/first_error.ts";

const FROM = "/home/ann/flights";

Deno.test("firstError() makes one sentence of an error of types, and counts the others", () => {
  const text = `TS2322 [ERROR]: Type 'string' is not assignable to type 'number'.
  const total: number = "";
        ~~~~~
    at file:///home/ann/flights/src/job.ts:56:13

TS2345 [ERROR]: Argument of type 'number' is not assignable to parameter of type 'string'.
    at file:///home/ann/flights/src/job.ts:57:20

Found 2 errors.

error: Type checking failed.
`;
  assertEquals(
    firstError(text, FROM),
    "TS2322: Type 'string' is not assignable to type 'number', at src/job.ts:56:13, and 1 more",
  );
});

Deno.test("firstError() makes one sentence of an error of syntax, and of a missing module", () => {
  assertEquals(
    firstError(
      "error: SyntaxError: Expression expected\n  |\n2 | const y = (;\n    at file:///home/ann/flights/job.ts:2:12\n\n",
      FROM,
    ),
    "SyntaxError: Expression expected, at job.ts:2:12",
  );
  assertEquals(
    firstError(
      "TS2307 [ERROR]: Cannot find module 'file:///home/ann/flights/no.ts'.\n    at file:///home/ann/flights/job.ts:1:43\n",
      FROM,
    ),
    "TS2307: Cannot find module 'no.ts', at job.ts:1:43",
  );
});

Deno.test("firstError() names the place of an exception, and leaves its stack out", () => {
  const stack =
    "    at defineWorkflow (file:///home/ann/flights/job.ts:2:54)\n    at main (file:///home/ann/flights/job.ts:9:1)\n";
  assertEquals(
    firstError(`2026-11-30T12:00:00.000Z broker: x\nerror: no flights\n${stack}`, FROM),
    "no flights, at job.ts:2:54",
  );
  assertEquals(
    firstError(`error: Uncaught (in promise) TypeError: flights.mop is not a function\n${stack}`, FROM),
    "TypeError: flights.mop is not a function, at job.ts:2:54",
  );
});

Deno.test("firstError() leaves the sentence of an expected error as it is, and finds nothing in a log", () => {
  const sentence = 'Cannot restore job "a": its commit holds state of "b", which the job no longer has';
  assertEquals(firstError(`error: ${sentence}\n`, FROM), sentence);
  assertEquals(firstError("2026-11-30T12:00:00.000Z a: goes on from its last commit\n", FROM), undefined);
});
