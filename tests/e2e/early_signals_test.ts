/** SIGTERM while a program is still being loaded ends it like any other. */
import { assertEquals } from "@std/assert";
import { argumentsOf, ROOT } from "../../src/utils/task.ts";
import { mayRunPrograms } from "./programs.ts";

const allowed = mayRunPrograms() && Deno.build.os !== "windows";
const EARLY = new URL("src/utils/early_signals.ts", ROOT).href;

/** A program that is not loaded before it has read a line, and says when Deno begins to load it. */
async function endAfter(signal: "SIGTERM" | "SIGINT" | undefined, preloads: readonly string[]): Promise<number> {
  const dir = await Deno.makeTempDir();
  try {
    const file = async (name: string, text: string) => {
      await Deno.writeTextFile(`${dir}/${name}`, text);
      return `${dir}/${name}`;
    };
    const begun = await file("begun.ts", `await Deno.stdout.write(new TextEncoder().encode("begun\\n"));`);
    const slow = await file("slow.ts", `await Deno.stdin.read(new Uint8Array(9));`);
    const main = await file(
      "main.ts",
      `import "${slow}";\nimport { runMain } from "${new URL("src/utils/run_main.ts", ROOT).href}";\n` +
        `await runMain((signal) => new Promise((resolve) => {\n` +
        `  if (${signal === undefined} || signal.aborted) resolve();\n` +
        `  signal.addEventListener("abort", () => resolve());\n` +
        `}));\n`,
    );
    const args = [...preloads, begun].map((preload) => `--preload=${preload}`);
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--no-check", `--config=${new URL("deno.json", ROOT).pathname}`, ...args, main],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    assertEquals((await output.read()).value, "begun\n");
    if (signal !== undefined) child.kill(signal);
    const stdin = child.stdin.getWriter();
    await stdin.write(new TextEncoder().encode("go\n")).catch(() => {}); // it may have ended
    await stdin.close().catch(() => {});
    await output.cancel();
    await child.stderr.cancel();
    return (await child.status).code;
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test({
  name: `a signal that comes while a program is loaded ends it like any other${allowed ? "" : " (skipped)"}`,
  ignore: !allowed,
  async fn() {
    assertEquals(await endAfter("SIGTERM", [EARLY]), 0);
    assertEquals(await endAfter("SIGINT", [EARLY]), 130);
    assertEquals(await endAfter(undefined, [EARLY]), 0);
    // What it would be without.
    assertEquals(await endAfter("SIGTERM", []), 143);
  },
});

Deno.test({
  name: `programs that talk to a broker hear signals from their first moment${allowed ? "" : " (skipped)"}`,
  ignore: !allowed,
  fn() {
    const { tasks } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));
    const deaf = Object.keys(tasks).filter((task) => task !== "ok").filter((task) => {
      const args = argumentsOf(task);
      if (!args.at(-1)!.startsWith("src/")) return false; // for developers
      const program = Deno.readTextFileSync(new URL(args.at(-1)!, ROOT));
      const talks = program.includes("await runMain(") && args.some((arg) => arg.startsWith("--allow-net"));
      return talks && !args.includes("--preload=src/utils/early_signals.ts");
    });
    assertEquals(deaf, []);
  },
});
