import type { WrongAnswer } from "../../../src/cli/learn/checks.ts";

export const wrong: WrongAnswer[] = [
  {
    replace: "fromCollection([1, 2, 3, 4, 5]).map((number) => number * 2).print();\n  await env.execute();",
    by: "fromSequence(1, 5).map((number) => number * 2).print();",
    words: "A job was described, and nothing has run",
  },
  { replace: "await env.execute()", by: "void env.execute()", words: "main() was over before the job was" },
  {
    replace: "fromCollection([1, 2, 3, 4, 5]).map((number) => number * 2)",
    by: "fromCollection([2, 4, 6, 8, 10])",
    words: "Nothing in the job doubles",
  },
];
