/** The other version that pairs of runs are measured with, in a repository made for the test. */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Checkout } from "../../bench/checkout.ts";
import { exists } from "../../src/cli/commands.ts";
import { UsageError } from "../../src/utils.ts";

const ignore = (await Deno.permissions.query({ name: "run", command: "git" })).state !== "granted";

async function git(folder: string, ...args: string[]): Promise<string> {
  const identity = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"];
  const { success, stdout, stderr } = await new Deno.Command("git", { args: ["-C", folder, ...identity, ...args] })
    .output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** A repository with one file in two versions, of which the newer one is not committed entirely. */
async function repository(): Promise<string> {
  const folder = await Deno.makeTempDir();
  await git(folder, "init", "--quiet");
  for (const version of ["old", "new"]) {
    await Deno.writeTextFile(`${folder}/version`, version);
    await git(folder, "add", "version");
    await git(folder, "commit", "--quiet", "--message", version);
  }
  await Deno.writeTextFile(`${folder}/version`, "not committed");
  return folder;
}

Deno.test({
  name: "Checkout has the files of a commit, changes nothing in the folder, and leaves nothing behind",
  ignore,
  async fn() {
    const folder = await repository();
    try {
      let root: URL;
      {
        await using checkout = await Checkout.of("HEAD~1", folder);
        root = checkout.root;
        assertMatch(checkout.commit, /^[0-9a-f]{7,}$/);
        assertEquals(await Deno.readTextFile(new URL("version", root)), "old");
        assertEquals(await Deno.readTextFile(`${folder}/version`), "not committed");
      }
      assertEquals(await exists(new URL("..", root).pathname), false);
      assertEquals((await git(folder, "worktree", "list")).trim().split("\n").length, 1);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "Checkout refuses what is no commit, also a name that looks like a flag",
  ignore,
  async fn() {
    const folder = await repository();
    try {
      await assertRejects(() => Checkout.of("nothing", folder), UsageError, 'with "nothing": there is no such branch');
      await assertRejects(() => Checkout.of("--all", folder), UsageError, 'Cannot compare with "--all"');
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
