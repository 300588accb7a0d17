import type { WrongAnswer } from "../../../src/cli/learn/checks.ts";

export const wrong: WrongAnswer[] = [
  {
    replace: "numbers.print()",
    by: "numbers.filter((number) => number > 0).print()",
    words: "0 and -1 were not printed",
  },
];
