/**
 * The engine and its harnesses run under Node and Bun as they do under Deno: the engine's own tests and those of the lessons, as
 * they stand, from one bundle. TEST_NODE and TEST_BUN name the programs; else `node` and `bun` are looked for.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../../", import.meta.url);
const mayRun = (["run", "read", "write", "env"] as const).every((name) =>
  Deno.permissions.querySync({ name }).state === "granted"
);

/** What of Deno a test may use there. */
const OF_DENO = /\bDeno\.(?!test\b)/;
/** Tests that are about the files of the sources, which a bundle has no more. */
const ABOUT_FILES = ["tests/engine/reporting/status_reporter_test.ts"];

async function* testsIn(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
    if (isDirectory) yield* testsIn(`${folder}${name}/`);
    else if (name.endsWith("_test.ts")) yield `${folder}${name}`;
  }
}

/** Tests that need nothing of Deno but `Deno.test`. */
async function portableTests(): Promise<string[]> {
  const portable: string[] = [];
  for await (const path of testsIn("tests/")) {
    if (!/^tests\/(engine\/|s\d\d_)/.test(path) || ABOUT_FILES.includes(path)) continue;
    if (!OF_DENO.test(await Deno.readTextFile(new URL(path, ROOT)))) portable.push(path);
  }
  return portable.sort();
}

/** The file of a program that runs them, and how many files of tests are in it. */
async function bundle(dir: string): Promise<[file: string, count: number]> {
  const paths = await portableTests();
  const url = (path: string) => JSON.stringify(new URL(path, ROOT).href);
  const imports = ["tests/other_runtimes/stand_in.ts", ...paths].map((path) => `import ${url(path)};\n`);
  const [entry, file] = [join(dir, "entry.ts"), join(dir, "tests.mjs")];
  const run = `import { runTests } from ${url("tests/other_runtimes/stand_in.ts")};\n` +
    `console.log(JSON.stringify(await runTests()));\n`;
  await Deno.writeTextFile(entry, imports.join("") + run);
  const config = fileURLToPath(new URL("deno.json", ROOT));
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--config", config, "--platform=deno", "-o", file, entry],
    cwd: ROOT,
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return [file, paths.length];
}

/** The version of a program, or why it cannot be used. */
async function versionOf(program: string): Promise<string> {
  const { stdout } = await new Deno.Command(program, { args: ["--version"] }).output();
  return new TextDecoder().decode(stdout).trim();
}

/** Why the program cannot run the tests. */
async function unusable(program: string, oldest: number): Promise<string | undefined> {
  if (!mayRun) return "needs permission to run programs";
  const version = await versionOf(program).catch(() => undefined);
  if (version === undefined) return `there is no ${program}`;
  const major = Number(/\d+/.exec(version)?.[0]);
  return major >= oldest ? undefined : `${program} is ${version}: "using" needs ${oldest} or newer`;
}

/** Programs, and the oldest version of each that knows `using`. */
const RUNTIMES = [["Node", "TEST_NODE", "node", 24], ["Bun", "TEST_BUN", "bun", 1]] as const;

for (const [runtime, variable, name, oldest] of RUNTIMES) {
  const program = mayRun ? Deno.env.get(variable) ?? name : name;
  const why = await unusable(program, oldest);
  Deno.test({
    name: `Tests of the engine and the lessons pass under ${runtime}${why === undefined ? "" : ` (skipped: ${why})`}`,
    ignore: why !== undefined,
    async fn() {
      const dir = await Deno.makeTempDir();
      try {
        const [file, count] = await bundle(dir);
        assert(count > 100, `${count} files of tests`);
        const output = await new Deno.Command(program, { args: [file], cwd: dir }).output();
        const decoder = new TextDecoder();
        const last = decoder.decode(output.stdout).trim().split("\n").at(-1)!;
        assertEquals(output.code, 0, decoder.decode(output.stderr).slice(-2_000));
        const { passed, failed } = JSON.parse(last);
        assertEquals(failed, []);
        assert(passed > 1_000, `${passed} tests passed`);
      } finally {
        await Deno.remove(dir, { recursive: true });
      }
    },
  });
}
