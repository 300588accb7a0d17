/** The folder is a package: it can be published as it stands, and holds what an adopter needs and nothing else. */
import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../", import.meta.url);
const mayRead = Deno.permissions.querySync({ name: "read" }).state === "granted";
const mayRun = mayRead && Deno.permissions.querySync({ name: "run" }).state === "granted";

Deno.test({
  name: `deno publish finds nothing to complain of${mayRun ? "" : " (skipped: it needs to run deno)"}`,
  ignore: !mayRun,
  async fn() {
    const output = await new Deno.Command(Deno.execPath(), {
      args: ["publish", "--dry-run", "--allow-dirty"],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
    }).output();
    const text = new TextDecoder().decode(output.stderr) + new TextDecoder().decode(output.stdout);
    assertEquals(output.code, 0, text);
    assertEquals(/^(warning|error)\b.*/mi.exec(text)?.[0], undefined, text);

    const root = ROOT.href;
    const packed = [...text.matchAll(/file:\S+/g)].map(([url]) => url.slice(root.length));
    assert(packed.includes("src/engine/mod.ts"), text);
    // Nothing but the engine, what stands beside it and the tools: no test, no measurement, no lesson.
    const kept =
      /^(CHANGELOG\.md|LICENSE|README\.md|deno\.json|src\/(cli|connectors|dashboard|engine|flink|inspect|utils)\/.*|src\/(job|utils)\.ts)$/;
    assertEquals(packed.filter((path) => !kept.test(path) || path.startsWith("src/cli/demo")), []);
  },
});

Deno.test({
  name: `CHANGELOG.md begins with the version of deno.json${mayRead ? "" : " (skipped: it needs to read files)"}`,
  ignore: !mayRead,
  async fn() {
    const { version } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
    const changes = await Deno.readTextFile(new URL("CHANGELOG.md", ROOT));
    assertEquals(/^## (.*)$/m.exec(changes)?.[1], version);
  },
});
