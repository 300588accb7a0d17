/**
 * Lesson 11: operators, the verbs of a job.
 *
 *     1 2 3 4 ──┬── map: times ten ──────────────────── 10, 20, 30, 40
 *               ├── flatMap: 1 up to itself ─────────── 1, 1 2, 1 2 3, 1 2 3 4
 *               ├── filter: even? ───────────────────── 2, 4
 *               └── keyBy: odd or even ── reduce: add ─ odd 1, even 2, odd 4, even 6
 *
 * `map()` makes one record of each, `flatMap()` any number of them, `filter()` leaves some out. None of these remembers
 * anything. `reduce()` does: it has one value for each key, adds every record to that of its key, and emits the new value each
 * time. A stream has no end at which a sum would be final.
 *
 * New here: `flatMap()`, `filter()`, `keyBy()`, `reduce()`; one stream that goes several ways.
 * Run `deno task s11:transformation`: a block of lines for each of the four.
 */
import { type DataStream, StreamExecutionEnvironment } from "./engine/mod.ts";
import { runMain, writeErrorLine } from "./utils.ts";

/** A sum of numbers, and of which. */
export interface Sum {
  readonly of: "odd" | "even";
  readonly sum: number;
}

/** What each operator makes of the numbers. */
export function defineWorkflow(numbers: DataStream<number>): {
  map: DataStream<number>;
  flatMap: DataStream<number>;
  filter: DataStream<number>;
  reduce: DataStream<Sum>;
} {
  return {
    map: numbers.map((number) => number * 10),
    flatMap: numbers.flatMap((number, out) => {
      for (let i = 1; i <= number; i++) out.collect(i);
    }),
    filter: numbers.filter((number) => number % 2 === 0),
    // What reduce() emits has the type of what it takes, so each number is first made a sum of one.
    reduce: numbers.map(sumOfOne).name("sum_of_one")
      .keyBy((sum) => sum.of)
      .reduce((a, b) => ({ of: a.of, sum: a.sum + b.sum })),
  };
}

function sumOfOne(number: number): Sum {
  return { of: number % 2 === 0 ? "even" : "odd", sum: number };
}

async function main(): Promise<void> {
  const env = new StreamExecutionEnvironment();
  const numbers = env.fromCollection([1, 2, 3, 4]).name("numbers");
  const { map, flatMap, filter, reduce } = defineWorkflow(numbers);
  map.print("map");
  flatMap.print("flatMap");
  filter.print("filter");
  reduce.print("reduce");

  writeErrorLine("The numbers 1, 2, 3 and 4 go in:\n");
  await env.execute();
}

if (import.meta.main) await runMain(main);
