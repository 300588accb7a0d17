import { JobError, type Logger } from "../../engine/mod.ts";
import { isSame, objectOf } from "./file_mark.ts";
import type { FilePosition } from "./file_position.ts";
import { holdsMark, infoOf } from "./find_file.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * Finds the file of a commit, under its name or another: first by its object, else by its bytes, as a rotated file may have been
 * compressed, or all files copied to another disk.
 *
 * @returns undefined if it is gone and had been read to its end
 * @throws {JobError} if it is gone and had not, or if it has changed
 */
export async function findRestored(
  position: FilePosition,
  around: Surroundings,
  logger: Logger,
): Promise<string | undefined> {
  const { file, id, offset, line, atEnd } = position;
  const path = around.pathOf(file);
  const info = await infoOf(path);
  const failure = `Cannot go on reading "${path}" at byte ${offset} (line ${line}):`;
  const advice = "put it back, or forget the job's commit with --reset";
  if (id === undefined) { // a commit of an earlier version
    if (info !== undefined || atEnd) return info && path;
    throw new JobError(`${failure} it is gone; ${advice}`);
  }
  const found = await findObject(position, around, info) ?? await findBytes(position, around, info);
  if (found !== undefined) {
    if (found.isOther) {
      logger.info(
        `"${found.path}" is not the file that was read at the last commit, but has the same beginning, and the same bytes ` +
          `before byte ${offset}: goes on there`,
      );
    }
    return found.path;
  }
  if (info === undefined) {
    if (atEnd && around.isDirectory) return undefined;
    throw new JobError(`${failure} it is gone, and was not renamed to another name beside it; ${advice}`);
  }
  if (offset === 0 && atEnd) return path; // it was empty
  const what = isSame(objectOf(info), id)
    ? `it was cut or overwritten, it has ${info.size} bytes now and not those that were read`
    : `another file has taken its name, of ${info.size} bytes and with another beginning, and the one that was read ` +
      "is not beside it under another name";
  throw new JobError(`${failure} ${what}; ${advice}`);
}

type Found = { readonly path: string; readonly isOther: boolean };

async function findObject(
  { file, id, offset }: FilePosition,
  around: Surroundings,
  inPlace: Deno.FileInfo | undefined,
): Promise<Found | undefined> {
  const fits = async (path: string, info: Deno.FileInfo | undefined) =>
    info?.isFile && isSame(objectOf(info), id!) && await holdsMark(path, id!, offset);
  const path = around.pathOf(file);
  if (await fits(path, inPlace)) return { path, isOther: false };
  for (const path of await around.beside(file)) {
    if (await fits(path, await infoOf(path))) return { path, isOther: false };
  }
  return undefined;
}

async function findBytes(
  { file, id, offset }: FilePosition,
  around: Surroundings,
  inPlace: Deno.FileInfo | undefined,
): Promise<Found | undefined> {
  // The file itself was cut or overwritten. A copy with the same beginning may lack records of the rest, so none is looked for.
  if (offset === 0 || inPlace !== undefined && isSame(objectOf(inPlace), id!)) return undefined;
  const rotated = (await around.rotationsOf(file)).map(({ path }) => path);
  for (const path of inPlace?.isFile ? [...rotated, around.pathOf(file)] : rotated) {
    if (await holdsMark(path, id!, offset)) return { path, isOther: true };
  }
  return undefined;
}
