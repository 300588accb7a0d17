import { assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { stepsOf } from "../../src/engine/fault_points.ts";

Deno.test("step() passes its point when the work before it is done, at once or later, and hands on what the work gives", async () => {
  const events: string[] = [];
  const step = stepsOf<string>((name) => void events.push(name));
  step("begun");
  assertEquals(step("counted", () => events.push("count")), 2);
  const { promise, resolve } = Promise.withResolvers<string>();
  const sent = step("sent", () => promise);
  assertEquals(events, ["begun", "count", "counted"]);
  resolve("answer");
  assertEquals([await sent, events.at(-1)], ["answer", "sent"]);
});

Deno.test("step() passes no point when the work before it fails", async () => {
  const events: string[] = [];
  const step = stepsOf<string>((name) => void events.push(name));
  assertThrows(() =>
    step("counted", () => {
      throw new RangeError("no");
    }), RangeError);
  await assertRejects(() => step("sent", () => Promise.reject(new RangeError("no"))), RangeError);
  assertEquals(events, []);
});

Deno.test("step() only does the work where nobody has asked for fault points", () => {
  const step = stepsOf<string>(undefined);
  const promise = Promise.resolve(1);
  assertStrictEquals(step("sent", () => promise), promise);
  assertEquals(step("begun"), undefined);
});
