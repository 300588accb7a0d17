/** Jobs of random shape for property tests, as plain data: what is described, what comes in, in which pieces. */
import fc from "fast-check";

export interface Item {
  readonly key: string;
  readonly n: number;
  /** Event time of an operator that it came through, which must be the same in every run. */
  readonly at?: string;
  /** Where its function throws. */
  readonly poison?: "before state" | "behind state";
}

export type Records = readonly (readonly [item: Item, timestampMs: number])[];

const STRATEGIES = ["none", "monotonous", "out of order", "in the middle"] as const;
const STATELESS = ["map", "filter", "twice"] as const;
const KEYED = [
  "reduce",
  "max",
  "tumbling",
  "late allowed",
  "sliding",
  "session",
  "window function",
  "window all",
  "count",
  "sliding count",
  "timers",
  "co-process",
  "broadcast",
  "interval join",
  "co-group",
] as const;

export type Strategy = typeof STRATEGIES[number];
export type Stateless = typeof STATELESS[number];
export type Keyed = typeof KEYED[number];

export interface SourcePlan {
  readonly strategy: Strategy;
  readonly steps: readonly Stateless[];
  /** What lies in each partition. */
  readonly partitions: readonly Records[];
}

/** One way through the job, to a sink. */
export interface WayPlan {
  /** Numbers of the sources that it takes together, or {@link PREVIOUS}. */
  readonly from: readonly number[];
  readonly keyed: Keyed;
  readonly then: "nothing" | "async" | Keyed;
}

export interface JobPlan {
  readonly sources: readonly SourcePlan[];
  readonly ways: readonly WayPlan[];
}

/** Stands for the way before among the sources of a way. */
export const PREVIOUS = 3;

/** Records that come, and whether a commit follows. */
export interface Piece {
  /** Of one partition of one source, or of all. */
  readonly of: { readonly source: number; readonly partition: number } | "all";
  readonly records: number;
  readonly commit: boolean;
}

const records: fc.Arbitrary<Records> = fc.array(
  fc.record({
    key: fc.constantFrom("a", "b", "c"),
    n: fc.nat({ max: 9 }),
    poison: fc.option(fc.constantFrom("before state" as const, "behind state" as const), { freq: 12, nil: undefined }),
    // Mostly on, now and then back.
    stepMs: fc.integer({ min: -10, max: 14 }),
  }),
  { minLength: 2, maxLength: 12, size: "max" },
).map((drawn) => {
  let timeMs = 50;
  return drawn.map(({ key, n, poison, stepMs }) => {
    const item: Item = poison === undefined ? { key, n } : { key, n, poison };
    return [item, timeMs += stepMs] as const;
  });
});

const sourcePlan: fc.Arbitrary<SourcePlan> = fc.record({
  // Without watermarks all waits for the end, so not too often.
  strategy: fc.constantFrom(...STRATEGIES, ...STRATEGIES.slice(1), ...STRATEGIES.slice(1)),
  steps: fc.array(fc.constantFrom(...STATELESS), { maxLength: 2 }),
  partitions: fc.oneof(
    { weight: 2, arbitrary: fc.tuple(records) },
    fc.array(records, { minLength: 1, maxLength: 3 }),
  ),
});

/** Mostly of several sources, which meet. */
export const jobPlan: fc.Arbitrary<JobPlan> = fc.record({
  sources: fc.oneof(
    fc.array(sourcePlan, { minLength: 1, maxLength: 1 }),
    { weight: 4, arbitrary: fc.array(sourcePlan, { minLength: 2, maxLength: 3 }) },
  ),
  ways: fc.array(
    fc.record({
      from: fc.oneof(
        fc.tuple(fc.nat({ max: 2 })),
        { weight: 4, arbitrary: fc.shuffledSubarray([0, 1, 2, PREVIOUS], { minLength: 2 }) },
      ),
      keyed: fc.constantFrom(...KEYED),
      then: fc.constantFrom("nothing", "nothing", "reduce", "timers", "tumbling", "async"),
    }),
    { minLength: 1, maxLength: 2 },
  ),
});

export const pieces: fc.Arbitrary<Piece[]> = fc.array(
  fc.record({
    of: fc.oneof(fc.constant("all" as const), fc.record({ source: fc.nat({ max: 2 }), partition: fc.nat({ max: 2 }) })),
    records: fc.integer({ min: 1, max: 3 }),
    commit: fc.boolean(),
  }),
  { minLength: 4, maxLength: 16, size: "max" },
);
