/** When a soak kills its jobs, and when their processes can be compared. */

/** No kill hits between these parts of the feed: one life must be long enough to show a leak. */
export const LONG_LIFE = { from: 0.3, to: 0.6 } as const;
const LAST_KILL = 0.9;

/**
 * When the kills hit, as parts of the feed: at random, but far enough from one another for a job to restart and settle.
 */
export function killMarks(count: number, chance: () => number): number[] {
  const first = Math.ceil(count / 2);
  const within = (from: number, to: number, count: number) =>
    Array.from({ length: count }, (_, i) => from + (to - from) * (i + 0.5 + 0.5 * chance()) / count);
  return [...within(0, LONG_LIFE.from, first), ...within(LONG_LIFE.to, LAST_KILL, count - first)];
}

/** Records of the feed after which a life is compared with others; all lives reach that age. */
export function comparableAge(records: number, kills: number): number {
  return records * LONG_LIFE.from / Math.max(1, Math.ceil(kills / 2)) / 4;
}
