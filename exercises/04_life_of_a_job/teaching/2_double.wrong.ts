import type { WrongAnswer } from "../../../src/cli/learn/checks.ts";

export const wrong: WrongAnswer[] = [
  { replace: "numbers.map((number) => number * 2)", by: "numbers", words: "came out as they went in" },
  { replace: "number * 2", by: "number * number", words: "multiplied by themselves" },
  { replace: "number * 2", by: "number + 2", words: "Two was added" },
  { replace: "(number) => number * 2)", by: "(n) => n * 2).map((n) => n * 2)", words: "doubled twice" },
  {
    replace: "map((number) => number * 2)",
    by: "flatMap((n, out) => (out.collect(n), out.collect(n)))",
    words: "Every number came out twice",
  },
  { replace: "map((number) => number * 2)", by: "filter((number) => number > 9)", words: "No number came out" },
  { replace: "number * 2", by: "number << 1", words: "Fractions were lost" },
  { replace: ");", by: ").filter((n) => n > 0);", words: "not positive" },
  { replace: ");", by: ").filter(Boolean);", words: "Zero did not come out" },
  { replace: "number * 2", by: "`${number}${number}`", words: "Something else" },
];
