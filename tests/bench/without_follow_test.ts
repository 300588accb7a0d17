/** The bench takes following out of a copy of the engine to show what it costs: it must find all of it there. */
import { assertEquals } from "@std/assert";
import { hookedFiles, HOOKS, withoutHooks } from "../../bench/without_follow.ts";

const ENGINE = new URL("../../src/engine", import.meta.url).pathname;
const mayRead = Deno.permissions.querySync({ name: "read" }).state === "granted";

Deno.test({
  name: `what a record meets of following is found in the engine, and taken out${
    mayRead ? "" : " (skipped: it needs to read files)"
  }`,
  ignore: !mayRead,
  async fn() {
    const texts = await Promise.all((await hookedFiles(ENGINE)).map((path) => Deno.readTextFile(path)));
    const found = texts.map((text) => withoutHooks(text).found);
    for (const [i, [hook]] of HOOKS.entries()) {
      assertEquals(found.some((counts) => counts[i]! > 0), true, `${hook} is nowhere: see bench/without_follow.ts`);
    }
  },
});

Deno.test("withoutHooks() leaves the rest as it is", () => {
  const { text, found } = withoutHooks("if (tracing.mayConcern) a(); if (this.#context.trace.isOn) b(); traced();");
  assertEquals(text, "if (false) a(); if (false) b(); traced();");
  assertEquals(found, [0, 0, 1, 1, 0, 0, 0]);
});
