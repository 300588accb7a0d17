import { dirname, resolve } from "node:path";
import type { Source } from "../../engine/mod.ts";
import { FileSource } from "./file_source.ts";
import type { PartFiles } from "./part_files.ts";

/**
 * Whether a sink's files would be read by a source of the same job, which would then feed itself for ever. A source reads all files below its directory except those whose names begin with
 * "." or "_". Links are resolved.
 * @returns how, as the end of a sentence
 */
export async function fedSource(parts: PartFiles, source: Source<unknown>): Promise<string | undefined> {
  if (!(source instanceof FileSource)) return undefined;
  const read = await realPath(source.path);
  const written = await realPath(parts.dir);
  if (parts.owns(written, read)) return `which reads "${source.path}", one of the sink's own files`;
  if (written !== read && !written.startsWith(read.endsWith("/") ? read : `${read}/`)) return undefined;
  if (/(^|\/)[._]/.test(written.slice(read.length))) return undefined;
  return `which reads all files in "${source.path}"; write to a directory beside it, or to one whose name begins with "_"`;
}

/** The real path with "/" between names; of a path that does not exist, where it would be. */
async function realPath(path: string): Promise<string> {
  const whole = resolve(path);
  for (let there = whole;;) {
    try {
      return (await Deno.realPath(there) + whole.slice(there.length)).replaceAll("\\", "/");
    } catch (error) {
      const above = dirname(there);
      // A missing permission is reported when the file is opened.
      if (!(error instanceof Deno.errors.NotFound) || above === there) return whole.replaceAll("\\", "/");
      there = above;
    }
  }
}
