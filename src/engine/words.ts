/** Numbers in sentences. */

/** "1,204" */
export function formatCount(n: number): string {
  // Without toLocaleString(), which loads the tables of a language: that would be a noticeable part of a job's start.
  return Number.isInteger(n) ? String(n).replace(/\B(?=(?:\d{3})+$)/g, ",") : n.toLocaleString("en-US");
}

/** "1,204 records", "1 record" */
export function count(n: number, thing: string): string {
  return `${formatCount(n)} ${thing}${n === 1 ? "" : "s"}`;
}

/** "75 s" */
export function seconds(ms: number): string {
  return `${formatCount(Math.round(ms / 1_000))} s`;
}
