/** The first change that README.md leads to: it fits the lesson, and the test that goes with it sees it. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { mayRunPrograms } from "./programs.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test({
  name: `README.md's change to lesson 20 passes its test, which fails without it${
    mayRunPrograms() ? "" : " (skipped: needs permission to run programs)"
  }`,
  ignore: !mayRunPrograms(),
  async fn() {
    const [readme, lesson, tests] = await Promise.all(
      ["README.md", "src/s20_manage_state.ts", "tests/s20_manage_state_test.ts"].map((path) =>
        Deno.readTextFile(new URL(path, ROOT))
      ),
    ) as [string, string, string];
    const [, diff] = /```diff\n(.*?)```/s.exec(readme)!;
    const lines = (sign: string) =>
      diff!.split("\n").filter((line) => line.startsWith(sign)).map((line) => line.slice(1)).join("\n");
    assertStringIncludes(lesson, lines("-"));
    const [, added] = /```ts ignore\n(Deno\.test.*?)```/s.exec(readme)!;

    const dir = await Deno.makeTempDir();
    try {
      const passes = async (code: string, ...flags: readonly string[]): Promise<boolean> => {
        await Deno.writeTextFile(`${dir}/lesson.ts`, code.replaceAll('"./', `"${new URL("src/", ROOT)}`));
        const test = `${tests}\n${added}`.replaceAll('"../src/s20_manage_state.ts"', '"./lesson.ts"')
          .replaceAll('"../src/', `"${new URL("src/", ROOT)}`)
          .replaceAll('"./builders.ts"', `"${new URL("tests/builders.ts", ROOT)}"`);
        await Deno.writeTextFile(`${dir}/lesson_test.ts`, test);
        // As README.md has it: without a permission.
        const config = new URL("deno.json", ROOT).pathname;
        const args = ["test", "-q", ...flags, "--config", config, `${dir}/lesson_test.ts`];
        return (await new Deno.Command(Deno.execPath(), { args, cwd: dir, stdin: "null" }).output()).success;
      };
      assertEquals(await passes(lesson.replace(lines("-"), lines("+"))), true);
      assertEquals(await passes(lesson, "--no-check"), false);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});
