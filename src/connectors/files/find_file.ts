import { JobError } from "../../engine/mod.ts";
import { fileError } from "./errors.ts";
import { type FileBytes, openBytes } from "./file_bytes.ts";
import { type DoneFile, type FileMark, HEAD_BYTES, isPrintOf, isSame, objectOf, printOf } from "./file_mark.ts";

/** The file system's information about a path; undefined if nothing is there, or a link leads nowhere. */
export async function infoOf(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw fileError("read", path, error);
  }
}

/** Whether a file has the bytes of a mark at its beginning and before `offset`; of a compressed file its text counts. */
export async function holdsMark(path: string, { head, tail }: FileMark, offset: number): Promise<boolean> {
  return await ofText(path, async (bytes) => {
    const first = await readFully(bytes, Math.min(HEAD_BYTES, offset));
    if (!isPrintOf(head, first)) return false;
    const from = offset - tail[0];
    let before: Uint8Array;
    if (from >= first.length) {
      await bytes.skipTo(from);
      before = await readFully(bytes, tail[0]);
    } else {
      before = new Uint8Array([...first, ...await readFully(bytes, offset - first.length)]).subarray(from);
    }
    return before.length === tail[0] && printOf(before)[1] === tail[1];
  });
}

/** Whether a file is the one that was read to its end, perhaps under another name. */
export async function isDone(path: string, info: Deno.FileInfo, done: DoneFile): Promise<boolean> {
  if (!isSame(objectOf(info), done)) return false;
  if (done.ino !== null && info.birthtime !== null && done.bornMs !== null) return true;
  // Too little of it is known: a longer file may be another one.
  if (info.size !== done.size) return false;
  return await ofText(path, async (bytes) => isPrintOf(done.head, await readFully(bytes, done.head[0])));
}

/** Whether a gzip file holds the text of one that was read to its end. */
export async function isCompressedCopy(path: string, info: Deno.FileInfo, done: DoneFile): Promise<boolean> {
  if (done.size === 0 || await textLength(path, info) !== done.size % 2 ** 32) return false;
  return await ofText(
    path,
    async (bytes) => bytes.compressed && isPrintOf(done.head, await readFully(bytes, done.head[0])),
  );
}

/** The length of the text of a gzip file, modulo 2³², from its last bytes. */
async function textLength(path: string, { size }: Deno.FileInfo): Promise<number | undefined> {
  if (size < 18) return undefined;
  using file = await Deno.open(path);
  await file.seek(size - 4, Deno.SeekMode.Start);
  const bytes = new Uint8Array(4);
  return await file.read(bytes) === 4 ? new DataView(bytes.buffer).getUint32(0, true) : undefined;
}

/** Checks the text of a file; a file that cannot be read is not the one that is looked for. */
async function ofText(path: string, check: (bytes: FileBytes) => Promise<boolean>): Promise<boolean> {
  let bytes: FileBytes | undefined;
  try {
    bytes = await openBytes(path);
    return await check(bytes);
  } catch (error) {
    if (error instanceof JobError) return false;
    throw error;
  } finally {
    await bytes?.close();
  }
}

async function readFully(bytes: FileBytes, length: number): Promise<Uint8Array> {
  const all = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const read = await bytes.read(all.subarray(filled));
    if (read === null) break;
    filled += read;
  }
  return all.subarray(0, filled);
}
