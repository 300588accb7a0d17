/** The local files of a program: those that a developer edits. */
import { fileURLToPath } from "node:url";
import { ROOT } from "../../utils/task.ts";

/**
 * The program's file, the local files that it imports, those that are missing or broken included, and the project's deno.json. Of a
 * package that lies beside the project nothing is listed.
 * @param config path of the project's deno.json
 */
export async function localModules(file: string, config: string | undefined): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--no-remote", file],
    stdin: "null",
    stderr: "null",
  }).output();
  const { modules } = parsed(new TextDecoder().decode(stdout));
  const root = ROOT.protocol === "file:" ? fileURLToPath(ROOT) : undefined;
  const isPackage = (path: string) => root !== undefined && isInside(path, root) && !isInside(file, root);
  const paths = modules.map(({ specifier }) => specifier).filter((specifier) => specifier.startsWith("file:"))
    .map((url) => fileURLToPath(url)).filter((path) => !isPackage(path));
  return [...new Set([file, ...config === undefined ? [] : [config], ...paths])];
}

function parsed(text: string): { readonly modules: readonly { readonly specifier: string }[] } {
  try {
    return JSON.parse(text);
  } catch {
    return { modules: [] };
  }
}

function isInside(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}
