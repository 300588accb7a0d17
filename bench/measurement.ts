/** What several runs gave. */
export interface Measurement {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** How many there were. */
  readonly runs: number;
}

/** @throws {RangeError} if there is no run */
export function range(values: readonly number[]): Measurement {
  if (values.length === 0) throw new RangeError("Cannot take the median of no runs");
  return { median: median(values), min: Math.min(...values), max: Math.max(...values), runs: values.length };
}

/** Of each round that both have the ratio of two interleaved runs: what the machine did meanwhile it did to both. */
export function ratios(values: readonly number[], others: readonly number[]): Measurement {
  return range(values.slice(0, others.length).map((value, round) => value / others[round]!));
}

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** Between two values the way from one to the other. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * percent / 100;
  const below = sorted[Math.floor(at)]!;
  return below + (sorted[Math.ceil(at)]! - below) * (at % 1);
}
