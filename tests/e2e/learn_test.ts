/** `deno task learn` as a learner uses it, in a copy of the project, with the permissions of its task. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { argumentsOf, ROOT } from "../../src/utils/task.ts";
import { mayRunPrograms, Program } from "./programs.ts";

const allowed = mayRunPrograms();

function test(name: string, fn: (project: Copy) => Promise<void>): void {
  Deno.test({
    name: `${name}${allowed ? "" : " (skipped: needs permission to run programs)"}`,
    ignore: !allowed,
    fn: async () => {
      await using project = await Copy.make();
      await fn(project);
    },
  });
}

/** What a learner has on their disk. */
class Copy implements AsyncDisposable {
  private constructor(readonly dir: string) {}

  static async make(): Promise<Copy> {
    const copy = new Copy(await Deno.makeTempDir());
    for (const name of ["deno.json", "deno.lock"]) await Deno.copyFile(new URL(name, ROOT), `${copy.dir}/${name}`);
    for (const name of ["src", "exercises"]) await copyFolder(new URL(`${name}/`, ROOT), `${copy.dir}/${name}`);
    // As it is at first, also where somebody learns in this very folder.
    await Deno.remove(`${copy.dir}/exercises/.progress.json`).catch(() => {});
    await copy.learn(["reset", "1_print"]);
    return copy;
  }

  start(args: readonly string[] = []): Program {
    const command = new Deno.Command(Deno.execPath(), {
      args: [...argumentsOf("learn"), ...args],
      cwd: this.dir,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
    return new Program(command.spawn(), undefined);
  }

  async learn(args: readonly string[]) {
    await using program = this.start(args);
    return await program.ended;
  }

  /** Saves a learner's file. */
  save(exercise: string, text: string): Promise<void> {
    return Deno.writeTextFile(`${this.dir}/exercises/${exercise}.ts`, text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.dir, { recursive: true });
  }
}

async function copyFolder(from: URL, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(new URL(`${name}/`, from), `${to}/${name}`);
    else await Deno.copyFile(new URL(name, from), `${to}/${name}`);
  }
}

/** For a busy machine: the type checker loads everything first. */
const GENEROUS_MS = 180_000;

const PRINT = "04_life_of_a_job/1_print";
const start =
  'import type { DataStream } from "@stream-apps/deno";\n\nexport function defineWorkflow(numbers: DataStream<number>): void {\n';

test("each save is answered: types, what is wrong, what the file may not do, and then the next exercise", async (project) => {
  await using program = project.start();
  await program.prints(/Print what comes by[^]*the description has no sink/, GENEROUS_MS);

  await project.save(PRINT, `${start}  numbers.prin();\n}\n`);
  await program.prints(/line 4\s+Property 'prin' does not exist/, GENEROUS_MS);

  await project.save(PRINT, `${start}  numbers.print();\n  Deno.readTextFileSync("deno.json");\n}\n`);
  await program.prints(/NotCapable in line 5 of 1_print\.ts[^]*Requires read access/, GENEROUS_MS);

  await project.save(PRINT, `${start}  numbers.print();\n  for (;;);\n}\n`);
  await program.prints(/did not come to an end within 5 s/, GENEROUS_MS);

  await project.save(PRINT, `${start}  numbers.print();\n  const later = 1;\n}\n`); // what is not used yet is no fault
  await program.prints(/✓ Solved\.[^]*Every number twice as large[^]*came out as they went in/, GENEROUS_MS);
  program.kill("SIGTERM");
  assertEquals((await program.ended).code, 0, program.stderr);

  const list = await project.learn(["list"]);
  assertMatch(list.stdout, /✓ Print what comes by/);
  assertMatch(list.stdout, /▶ · Every number twice as large/);
});

test("commands do what the keys do", async (project) => {
  const hints = [];
  for (let i = 0; i < 3; i++) hints.push((await project.learn(["hint"])).stdout);
  assertEquals(hints.map((text) => text.match(/Hint \d of 3/g)!.length), [1, 2, 3]);

  const { stdout: solution } = await project.learn(["solution"]);
  await project.save(PRINT, 'throw new Error("while it loads");\nexport {};\n');
  const unloaded = await project.learn(["check"]);
  assertStringIncludes(unloaded.stdout, "The file cannot be run: Error: while it loads (line 1)");
  assert(!unloaded.stderr.includes("Uncaught"), unloaded.stderr);
  await project.learn(["reset"]);
  const unsolved = await project.learn(["check"]);
  assertEquals(unsolved.code, 1);
  assertStringIncludes(unsolved.stderr, "is not solved yet");
  await project.save(PRINT, solution);
  assertEquals((await project.learn(["check"])).code, 0);
  await project.learn(["reset"]);
  assertStringIncludes(await Deno.readTextFile(`${project.dir}/exercises/${PRINT}.ts`), "// Your work");

  const next = await project.learn(["next"]);
  assertMatch(next.stdout, /1_print\.ts is not solved yet[^]*Every number twice as large/);
  assertMatch((await project.learn(["previous"])).stdout, /Print what comes by/);
  assertMatch((await project.learn(["list", "--from", "11"])).stdout, /▶ · One record becomes several/);
  const wrong = await project.learn(["hnt"]);
  assertEquals(wrong.code, 2);
  assertStringIncludes(wrong.stderr, "did you mean hint?");
  assert((await project.learn(["check", "nothing"])).stderr.includes('There is no exercise "nothing"'));
});
