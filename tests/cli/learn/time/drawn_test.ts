import { assertEquals, assertRejects } from "@std/assert";
import { Wrong, wrong } from "../../../../src/cli/learn/checks.ts";
import { drawn } from "../../../../src/cli/learn/time/drawn.ts";

Deno.test("drawn() shows a picture below what is wrong, and makes one only then", async () => {
  const error = await assertRejects(
    () => drawn(() => wrong("no", ["found"]), () => Promise.resolve(["picture"])),
    Wrong,
  );
  assertEquals([error.message, error.picture], ["no", ["found", "", "picture"]]);
  await drawn(() => {}, () => Promise.reject(new Error("not asked")));
});

Deno.test("drawn() leaves it at the words where there is no picture, and other errors as they are", async () => {
  const error = await assertRejects(() => drawn(() => wrong("no"), () => Promise.reject(new Error("no job"))), Wrong);
  assertEquals([error.message, error.picture], ["no", []]);
  await assertRejects(
    () => drawn(() => Promise.reject(new TypeError("mine")), () => Promise.resolve(["picture"])),
    TypeError,
    "mine",
  );
});
