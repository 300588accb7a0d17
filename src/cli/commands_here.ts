/** How a person types a tool's command where they are: as a task, if the project has it. */

/** A project's deno.json, as far as it says what can be typed. */
export interface ProjectCommands {
  /** Names of its tasks. */
  readonly tasks: ReadonlySet<string>;
  /** Whether its imports know the package, so that it needs no registry before its name. */
  readonly importsPackage: boolean;
}

/** The package's name, under which it is imported. */
const PACKAGE = "@stream-apps/deno";

/** What `deno.json` says of that. @param text undefined if there is none */
export function projectCommands(text: string | undefined): ProjectCommands {
  const { tasks = {}, imports = {}, name } = parsed(text ?? "{}");
  return { tasks: new Set(Object.keys(tasks)), importsPackage: PACKAGE in imports || name === PACKAGE };
}

/** Names, in a text of a tool, each tool that is no task of the project by the command that starts it there. */
export function commandsHere(
  text: string,
  tools: readonly string[],
  { tasks, importsPackage }: ProjectCommands,
): string {
  const start = `deno run -A ${importsPackage ? "" : "jsr:"}${PACKAGE}/tools`;
  return text.replaceAll(/\bdeno task ([\w-]+)/g, (command, tool: string) => {
    return tasks.has(tool) || !tools.includes(tool) ? command : `${start} ${tool}`;
  });
}

function parsed(text: string): { readonly tasks?: object; readonly imports?: object; readonly name?: string } {
  try {
    return JSON.parse(text.replaceAll(/^\s*\/\/.*$/gm, ""));
  } catch {
    return {};
  }
}
