/** How log rotation has made a name from a base name. */
interface Rotated {
  /** What was added: "1", "20240131-0000". */
  readonly mark: string;
  /** The mark if it is a counter, of which higher numbers are older. */
  readonly counter: number | undefined;
}

/** A file with a rotated name. */
interface RotatedFile {
  readonly path: string;
  readonly info: { readonly mtime: Date | null };
}

/**
 * Recognises names that log rotation makes of `base`: of "app.log" these are "app.log.1", "app.log-20240131" and "app-1.log",
 * each also with ".gz".
 * @returns undefined if the name is not one of them
 */
export function rotationOf(name: string, base: string): Rotated | undefined {
  const slash = base.lastIndexOf("/") + 1;
  const dot = base.lastIndexOf(".") > slash ? base.lastIndexOf(".") : base.length;
  const [whole, stem, extension] = [base, base.slice(0, dot), base.slice(dot)].map(RegExp.escape);
  const mark = "[.\\-_](\\d[\\d.\\-_T:]*?)";
  const match = new RegExp(`^(?:${whole}${mark}|${stem}${mark}${extension})(?:\\.gz)?$`).exec(name);
  const text = match?.[1] ?? match?.[2];
  if (text === undefined) return undefined;
  return { mark: text, counter: /^\d{1,4}$/.test(text) ? Number(text) : undefined };
}

/**
 * The files with rotated names that were written after the one that was read, the oldest first. Counters and dates in the names
 * decide; without them the time of the last write does.
 */
export function newerOnes<F extends RotatedFile>(
  files: readonly F[],
  read: { readonly path: string | undefined; readonly writtenMs: number },
  base: string,
): F[] {
  const its = read.path === undefined ? undefined : rotationOf(read.path, base);
  const writtenMs = ({ info }: RotatedFile) => info.mtime?.getTime() ?? 0;
  const newer = files.filter((file) => {
    const other = rotationOf(file.path, base)!;
    if (its?.counter !== undefined && other.counter !== undefined) return other.counter < its.counter;
    if (its !== undefined && its.mark.length === other.mark.length) return other.mark > its.mark;
    return writtenMs(file) >= read.writtenMs;
  });
  return newer.sort((one, other) => {
    const [a, b] = [rotationOf(one.path, base)!, rotationOf(other.path, base)!];
    if (a.counter !== undefined && b.counter !== undefined) return b.counter - a.counter;
    return writtenMs(one) - writtenMs(other) || (a.mark < b.mark ? -1 : 1);
  });
}
