import type { WrongAnswer } from "../../../src/cli/learn/checks.ts";

export const wrong: WrongAnswer[] = [
  {
    replace: "if (sum === undefined) context",
    by: "context",
    words: "there was no sum any more",
  },
  { replace: "if (sum === undefined) context", by: "if (!sum) context", words: "A sum of 0 is another thing" },
];
