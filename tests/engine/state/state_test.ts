import { assertEquals, assertThrows } from "@std/assert";
import { ValueStateDescriptor } from "../../../src/engine/state/state.ts";

Deno.test("ValueStateDescriptor has version 1 unless another is given", () => {
  assertEquals(new ValueStateDescriptor<number>("total").version, 1);
  assertEquals(new ValueStateDescriptor<number>("total", { version: 0 }).version, 0);
});

Deno.test("ValueStateDescriptor refuses an empty name and a version that is not whole, naming the state", () => {
  assertThrows(() => new ValueStateDescriptor(""), TypeError, "without a name");
  for (const version of [1.5, Number.NaN]) {
    assertThrows(
      () => new ValueStateDescriptor("total", { version }),
      TypeError,
      `state "total": its version must be a whole number, current value is ${version}`,
    );
  }
});
