import { fileError } from "./errors.ts";
import { infoOf } from "./find_file.ts";

/**
 * The names of the files in a directory and those below it, sorted by code units; hidden files and directories are left out,
 * as with Flink's default filter. Links to files count as files.
 * @param linkFound is called with each link to a directory: those are not followed
 */
export async function namesIn(dir: string, linkFound: (name: string) => void): Promise<string[]> {
  const names: string[] = [];
  await collectNames(dir, "", names, linkFound);
  return names.sort();
}

async function collectNames(
  dir: string,
  prefix: string,
  names: string[],
  linkFound: (name: string) => void,
): Promise<void> {
  try {
    for await (const entry of Deno.readDir(dir)) {
      if (entry.name.startsWith(".") || entry.name.startsWith("_")) continue;
      const path = `${dir}/${entry.name}`;
      const name = prefix + entry.name;
      if (entry.isDirectory) await collectNames(path, `${name}/`, names, linkFound);
      else if (entry.isFile) names.push(name);
      else if (entry.isSymlink) {
        const info = await infoOf(path);
        if (info?.isFile) names.push(name);
        if (info?.isDirectory) linkFound(name);
      }
    }
  } catch (error) {
    // A directory below may be removed meanwhile.
    if (prefix !== "" && error instanceof Deno.errors.NotFound) return;
    throw fileError("read", dir, error);
  }
}
