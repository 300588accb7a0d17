/** With which flags of Deno's a job's file is run: those of its task. */
import { dirname, resolve } from "node:path";

/** How V8 manages the memory of a job. */
export const V8_FLAGS = "--v8-flags=--max-semi-space-size=8,--heap-growing-percent=100";

/** Permissions and settings of a job whose project has no task for it: those that `deno task new` writes. */
const DEFAULT_FLAGS = [
  V8_FLAGS,
  "--no-prompt",
  "--allow-net",
  "--allow-env=BOOTSTRAP_SERVERS,BROKER*,KAFKA*,LOG_*,TERM",
  "--allow-read",
  "--allow-write",
];
/** What a task may want of Deno that is not meant for a job which others start. */
const NOT_HERE = /^--(watch|watch-hmr|check|hot|no-clear-screen)\b/;

/**
 * The flags behind `deno run` of the first task that runs the file.
 * @param config path of the project's deno.json
 */
export async function runFlagsOf(file: string, config: string | undefined): Promise<readonly string[]> {
  const text = config === undefined ? "{}" : await Deno.readTextFile(config).catch(() => "{}");
  return flagsInTasks(file, text, config === undefined ? "/" : dirname(config)) ?? DEFAULT_FLAGS;
}

/** Flags of the first task that runs a file. @param folder of the deno.json */
export function flagsInTasks(file: string, configText: string, folder: string): readonly string[] | undefined {
  for (const task of Object.values(tasksOf(configText))) {
    const command = typeof task === "string" ? task : task.command ?? "";
    const [deno, run, ...words] = command.split(/\s+/);
    const place = words.findIndex((word) => !word.startsWith("-"));
    if (deno !== "deno" || run !== "run" || place < 0 || resolve(folder, words[place]!) !== file) continue;
    return words.slice(0, place).filter((word) => !NOT_HERE.test(word));
  }
  return undefined;
}

function tasksOf(configText: string): Record<string, string | { readonly command?: string }> {
  try {
    return JSON.parse(configText.replaceAll(/^\s*\/\/.*$/gm, "")).tasks ?? {};
  } catch {
    return {};
  }
}

/** The project's deno.json: the first one above a file, if there is one. */
export async function configOf(file: string): Promise<string | undefined> {
  for (let dir = dirname(file);; dir = dirname(dir)) {
    for (const name of ["deno.json", "deno.jsonc"]) {
      const path = `${dir === "/" ? "" : dir}/${name}`;
      if (await Deno.stat(path).then(({ isFile }) => isFile, () => false)) return path;
    }
    if (dirname(dir) === dir) return undefined;
  }
}
