/** The project's own commands, as deno.json has them. */

/** Where deno.json is. */
export const ROOT = new URL("../../", import.meta.url);

/** What a task gives to deno: `run`, flags, the file last. Split at blanks, as none has a blank in it. */
export function argumentsOf(task: string): string[] {
  const { tasks } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));
  const [deno, ...args] = (tasks[task].command as string).split(" ");
  if (deno !== "deno") throw new Error(`task ${task} does not run deno`);
  return args;
}
