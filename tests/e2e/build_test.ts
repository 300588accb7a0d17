/** `deno task build`: what it makes runs elsewhere with Deno alone. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dirname } from "node:path";
import { embeddedBroker, mayRunPrograms, run } from "./programs.ts";

const ALLOWED = mayRunPrograms() && Deno.build.os !== "windows";

function test(name: string, fn: (dir: string) => Promise<void>): void {
  Deno.test({
    name: `${name}${ALLOWED ? "" : " (skipped: needs permission to run programs, and a shell)"}`,
    ignore: !ALLOWED,
    async fn() {
      const dir = await Deno.makeTempDir();
      try {
        await fn(dir);
      } finally {
        await Deno.remove(dir, { recursive: true });
      }
    },
  });
}

test("the bundle of a lesson runs in another folder, with an empty cache and no network", async (dir) => {
  const built = await run(embeddedBroker(dir), "build", [
    "src/s20_manage_state.ts",
    "--bundle",
    "--output",
    `${dir}/made/s20`,
  ]);
  assertEquals(built.code, 0, built.stderr);
  assertMatch(built.stderr, /s20\.js: a bundle and the command that runs it, which need Deno and nothing else\n$/);

  await Deno.rename(`${dir}/made`, `${dir}/elsewhere`);
  const { success, stdout, stderr } = await new Deno.Command("/bin/sh", {
    args: ["-c", "./elsewhere/s20 --sample"],
    cwd: dir,
    clearEnv: true,
    env: { PATH: `${dirname(Deno.execPath())}:/usr/bin:/bin`, DENO_DIR: `${dir}/cache`, HOME: dir, NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stderr);
  assert(success, text);
  assertStringIncludes(new TextDecoder().decode(stdout), '"total_flight_duration":195');
  // The permissions of the lesson's task, and no more.
  const command = await Deno.readTextFile(`${dir}/elsewhere/s20`);
  assertStringIncludes(command, "--allow-net ");
  assertEquals(/--allow-run|-A\b/.test(command), false);
});

test("a binary is made, or, where Deno's runtime for binaries cannot be downloaded, a bundle, and that is reported", async (dir) => {
  const nowhere = { name: "nobody", env: { HTTPS_PROXY: "http://127.0.0.1:1" } };
  const built = await run(nowhere, "build", ["src/s04_intro.ts", "--output", `${dir}/s04`]);
  assertEquals(built.code, 0, built.stderr);
  assertMatch(
    built.stderr,
    /(: one binary, which needs nothing else|\(Deno's runtime for binaries cannot be downloaded from here\))\n$/,
  );
  const { success, stdout } = await new Deno.Command(`${dir}/s04`, {
    env: { PATH: `${dirname(Deno.execPath())}:/usr/bin:/bin` },
  }).output();
  assert(success && stdout.length > 0);
});

test("what cannot be built is named in one sentence", async (dir) => {
  const broker = embeddedBroker(dir);
  const missing = await run(broker, "build", ["src/nothing.ts"]);
  assertEquals([missing.code, missing.stderr], [2, 'error: Cannot build "src/nothing.ts": there is no such file\n']);
  await Deno.writeTextFile(`${dir}/job.ts`, 'const count: number = "one";\n');
  const wrong = await run(broker, "build", [`${dir}/job.ts`, "--output", `${dir}/job`]);
  assertEquals(wrong.code, 1);
  assertStringIncludes(wrong.stderr, "TS2322: Type 'string' is not assignable to type 'number', at ");
  assertEquals(wrong.stderr.trim().split("\n").length, 1, wrong.stderr);
});
