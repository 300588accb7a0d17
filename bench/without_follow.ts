/** A copy of the project from which following records is taken out, to show what it costs a job that nobody follows. */
import { ROOT } from "../src/utils/task.ts";

/** What a copy needs to run a job of the bench. */
const COPIED = ["bench", "src", "tests/memory_broker", "deno.json", "deno.lock"];

/**
 * What a record meets on its way of following, in `src/engine/runtime` and `src/engine/operators`, and what is there without it: V8
 * leaves out what comes after `if (false)`.
 */
export const HOOKS: readonly (readonly [hook: RegExp, without: string])[] = [
  [/(?:this\.#)?tracing\.tracer !== undefined/g, "false"],
  [/(?:this\.#)?tracing\.tracer === undefined/g, "true"],
  [/(?:this\.#)?tracing\.mayConcern/g, "false"],
  [/(?:this\.)?(?:#?\w+\.)?#?trace\.is(?:On|AtWork)\b/g, "false"],
  [/this\.#tracing\.filtered\(this\.#task\);/g, ""],
  [/this\.#context\.trace\.keep\(\w+\);/g, ""],
  // Nobody looks for requests.
  [/const isOn = tracer === undefined &&/g, "const isOn = false && tracer === undefined &&"],
];

/** @returns the text without the hooks, and how often each was found in it */
export function withoutHooks(text: string): { readonly text: string; readonly found: readonly number[] } {
  let left = text;
  const found = HOOKS.map(([hook, without]) => {
    const count = left.match(hook)?.length ?? 0;
    left = left.replaceAll(hook, without);
    return count;
  });
  return { text: left, found };
}

/**
 * Copies the project into a folder.
 * @param followed whether following stays in
 * @returns the folder's URL
 */
export async function copyProject(dir: string, followed: boolean): Promise<URL> {
  for (const path of COPIED) await copy(new URL(path, ROOT).pathname, `${dir}/${path}`);
  if (!followed) { for (const path of await hookedFiles(`${dir}/src/engine`)) await rewrite(path); }
  return new URL(`file://${dir}/`);
}

/** The files of an engine that may have hooks. */
export async function hookedFiles(engine: string): Promise<string[]> {
  return [...await filesBelow(`${engine}/runtime`), ...await filesBelow(`${engine}/operators`)];
}

async function rewrite(path: string): Promise<void> {
  await Deno.writeTextFile(path, withoutHooks(await Deno.readTextFile(path)).text);
}

async function filesBelow(dir: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(dir)) {
    if (isDirectory) files.push(...await filesBelow(`${dir}/${name}`));
    else files.push(`${dir}/${name}`);
  }
  return files;
}

async function copy(from: string, to: string): Promise<void> {
  const { isDirectory } = await Deno.stat(from);
  if (!isDirectory) {
    await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
    return await Deno.copyFile(from, to);
  }
  for await (const { name } of Deno.readDir(from)) await copy(`${from}/${name}`, `${to}/${name}`);
}
