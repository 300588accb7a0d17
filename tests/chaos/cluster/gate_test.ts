import { assertEquals } from "@std/assert";
import { Gate } from "../../../chaos/cluster/gate.ts";

Deno.test("Gate lets one thing happen alone, when all others are over and before the next", async () => {
  const gate = new Gate();
  const said: string[] = [];
  const endings = { a: Promise.withResolvers<void>(), b: Promise.withResolvers<void>() };
  const act = (name: string, end: Promise<void> = Promise.resolve()) => async () => {
    said.push(`${name} begins`);
    await end;
    said.push(`${name} ends`);
  };
  const all = [
    gate.pass(false, act("a", endings.a.promise)),
    gate.pass(false, act("b", endings.b.promise)),
    gate.pass(true, act("alone")),
    gate.pass(false, act("c")),
  ];
  endings.a.resolve();
  await all[0];
  assertEquals(said, ["a begins", "b begins", "a ends"]);
  endings.b.resolve();
  await Promise.all(all);
  assertEquals(said.slice(3), ["b ends", "alone begins", "alone ends", "c begins", "c ends"]);
});

Deno.test("Gate opens again behind what fails", async () => {
  const gate = new Gate();
  const failed = await gate.pass(true, () => Promise.reject(new Error("no"))).catch((error) => error.message);
  assertEquals([failed, await gate.pass(true, () => Promise.resolve("yes"))], ["no", "yes"]);
});
