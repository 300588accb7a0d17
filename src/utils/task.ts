/** The project's own commands, which are the tasks in deno.json. */

/** Where deno.json is: a folder, or a place at a registry. */
export const ROOT = new URL("../../", import.meta.url);

/**
 * The arguments with which a task runs deno: `run`, flags, and the file last. They contain no blanks.
 * @param root of another checkout
 */
export function argumentsOf(task: string, root: URL = ROOT): string[] {
  const { tasks } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", root)));
  const [deno, ...args] = (tasks[task].command as string).split(" ");
  if (deno !== "deno") throw new Error(`task ${task} does not run deno`);
  return args;
}
