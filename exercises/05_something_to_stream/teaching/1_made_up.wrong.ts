import type { WrongAnswer } from "../../../src/cli/learn/checks.ts";

export const wrong: WrongAnswer[] = [
  { replace: "random() * 1000", by: "random() * 999", words: "1499 never came" },
  {
    replace: "500 + Math.floor(random() * 1000)",
    by: "500 + (index * 7 + seed + 0 * random()) % 1000",
    words: "computed",
  },
];
