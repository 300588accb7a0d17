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

Deno.test({
  name: `what deno doc shows of an entry stands alone: links lead to its names, examples import the package${
    mayRun ? "" : " (skipped: it needs to run deno)"
  }`,
  ignore: !mayRun,
  async fn() {
    const { exports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
    const found = await Promise.all(Object.entries<string>(exports).map(([entry, path]) => leaningDocs(entry, path)));
    assertEquals(found.flat(), []);
  },
});

/** Doc comments of an entry that need something which an adopter does not see. */
async function leaningDocs(entry: string, path: string): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["doc", "--json", path], cwd: ROOT }).output();
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout));
  const names = new Set<string>();
  const docs: [where: string, text: string][] = [];
  const look = (value: unknown, where: string): void => {
    if (typeof value !== "object" || value === null) return;
    const { name, jsDoc, module_doc } = value as Readonly<Record<string, unknown>>;
    if (typeof name === "string") names.add(name);
    if (jsDoc !== undefined) docs.push([where, JSON.stringify(jsDoc)]);
    if (module_doc !== undefined) docs.push([entry, JSON.stringify(module_doc)]);
    for (const each of Object.values(value)) look(each, typeof name === "string" ? `${where}.${name}` : where);
  };
  look(nodes, entry);
  assert(docs.some(([where]) => where === entry), `${entry} has no comment of its own`);
  return docs.flatMap(([where, text]) => [
    ...[...text.matchAll(/\{@link(?:code)? ([\w.]+)/g)].map(([, link]) => link!.split(".")[0]!)
      .filter((link) => !names.has(link)).map((link) => `${where} links to ${link}, which ${entry} does not have`),
    ...[...text.matchAll(/from \\"(\.[^"]+)\\"/g)].map(([, from]) => `${where} has an example that imports ${from}`),
  ]);
}
