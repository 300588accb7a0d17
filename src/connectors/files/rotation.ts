/** How a name came from a base name by log rotation. */
interface Rotated {
  /** "1", "20240131-0000" */
  readonly mark: string;
  /** The mark, if it is a counter: the higher, the older. */
  readonly counter: number | undefined;
}

/** A file that has such a name. */
interface RotatedFile {
  readonly path: string;
  readonly info: { readonly mtime: Date | null };
}

/**
 * What log rotation made of `base`: "app.log.1", "app.log-20240131" or "app-1.log" of "app.log", each with ".gz" too.
 * @returns undefined if it made nothing of the sort
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
 * Of files with rotated names those that were written to after the one that was read, the oldest first. Counters say it
 * for certain, dates too; else the time of the last writing does.
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
