/** Times, durations and results as the picture and its sentences write them. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * Time of day in UTC: "12:00:05", with a fraction where it has one; of another day than `dayMs` with its date before it.
 * @param dayMs a moment of the day that needs no date
 */
export function timeText(ms: number, dayMs: number): string {
  if (ms === Number.NEGATIVE_INFINITY) return "the beginning";
  if (ms === Number.POSITIVE_INFINITY) return "the end";
  if (Math.abs(ms) > 8.64e15) return `${ms} ms`;
  const [date, time] = new Date(ms).toISOString().split("T") as [string, string];
  const short = time.replace("Z", "").replace(/\.000$/, "");
  return Math.floor(ms / DAY) === Math.floor(dayMs / DAY) ? short : `${date} ${short}`;
}

/** "12:00:00–12:00:10", the window that begins at `startMs` and whose last millisecond is `lastMs`. */
export function windowText(
  { startMs, lastMs }: { readonly startMs: number | undefined; readonly lastMs: number },
  dayMs: number,
): string {
  if (startMs === undefined) return `until ${timeText(lastMs, dayMs)}`;
  return `${timeText(startMs, dayMs)}–${
    timeText(lastMs + 1, Math.floor(startMs / DAY) === Math.floor(lastMs / DAY) ? startMs : dayMs)
  }`;
}

/** "3 s", "1 min 3 s", "250 ms", "5 years" */
export function spanText(ms: number): string {
  if (ms === 0) return "0 s";
  if (ms < SECOND) return `${ms} ms`;
  if (ms >= 730 * DAY) return `${Math.floor(ms / (365 * DAY))} years`;
  if (ms < MINUTE && ms % SECOND !== 0) return `${ms / SECOND} s`;
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(ms / DAY), "d"],
    [Math.floor(ms / HOUR) % 24, "h"],
    [Math.floor(ms / MINUTE) % 60, "min"],
    [Math.floor(ms / SECOND) % 60, "s"],
  ];
  return parts.filter(([n]) => n > 0).slice(0, 2).map(([n, unit]) => `${n} ${unit}`).join(" ");
}

/** Lengths of which an axis may be made, ms. */
const NICE = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 30, 365].map((n) => n * DAY),
];

/** The smallest round length of which `spanMs` holds at most `count`. */
export function niceUnit(spanMs: number, count: number): number {
  return NICE.find((unit) => spanMs / unit <= count) ?? NICE.at(-1)!;
}

/** "anna 2, ben 1" */
export function resultsText(windows: readonly { readonly key: string; readonly contents: unknown }[]): string {
  return windows.map(({ key, contents }) => `${key} ${contentsText(contents)}`).join(", ");
}

/** What a window holds, in short: a value, the only number in an object, or how many records a list has. */
export function contentsText(contents: unknown): string {
  if (Array.isArray(contents)) return `${contents.length}`;
  if (typeof contents !== "object" || contents === null) return `${contents}`;
  const numbers = Object.values(contents).filter((each) => typeof each === "number");
  return numbers.length === 1 ? `${numbers[0]}` : JSON.stringify(contents);
}
