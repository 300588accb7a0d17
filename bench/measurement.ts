/** What several runs gave. */
export interface Measurement {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function range(values: readonly number[]): Measurement {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
