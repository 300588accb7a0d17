/** Another version of the project, to be measured beside this one. */
import { ROOT } from "../src/utils/task.ts";
import { UsageError } from "../src/utils.ts";

/** The files of one commit in a temporary folder, a git worktree of this repository, which is removed when it goes out of scope. */
export class Checkout implements AsyncDisposable {
  readonly root: URL;
  /** The commit's short name. */
  readonly commit: string;
  readonly #repository: string;
  readonly #folder: string;

  private constructor(repository: string, folder: string, commit: string) {
    this.#repository = repository;
    this.#folder = folder;
    this.root = new URL(`file://${folder}/files/`);
    this.commit = commit;
  }

  /**
   * @param ref a branch, a tag or a commit
   * @param repository a folder of the repository; left out: this project
   * @throws {UsageError} if there is no such commit, or no git
   */
  static async of(ref: string, repository: string = ROOT.pathname): Promise<Checkout> {
    const found = await runGit(repository, ["rev-parse", "--verify", "--short", "--end-of-options", `${ref}^{commit}`]);
    if (!found.success && found.output.includes("Needed a single revision")) {
      throw new UsageError(`Cannot compare with "${ref}": there is no such branch, tag or commit here`);
    }
    if (!found.success) throw new UsageError(`Cannot compare with "${ref}": ${found.output.trim()}`);
    const commit = found.output.trim();
    const folder = await Deno.makeTempDir({ prefix: "bench-against-" });
    try {
      await git(repository, ["worktree", "add", "--quiet", "--detach", `${folder}/files`, commit]);
    } catch (error) {
      await Deno.remove(folder, { recursive: true });
      throw error;
    }
    return new Checkout(repository, folder, commit);

    async function git(in_: string, args: readonly string[]): Promise<string> {
      const { success, output } = await runGit(in_, args);
      if (success) return output;
      throw new UsageError(`Cannot compare with "${ref}": ${output.trim()}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await runGit(this.#repository, ["worktree", "remove", "--force", `${this.#folder}/files`]);
    await Deno.remove(this.#folder, { recursive: true });
  }
}

async function runGit(folder: string, args: readonly string[]): Promise<{ success: boolean; output: string }> {
  try {
    const command = new Deno.Command("git", { args: ["-C", folder, ...args], stdin: "null" });
    const { success, stdout, stderr } = await command.output();
    return { success, output: new TextDecoder().decode(success ? stdout : stderr) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { success: false, output: "there is no git here" };
    throw error;
  }
}
