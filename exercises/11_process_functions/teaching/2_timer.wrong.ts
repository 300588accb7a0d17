import type { WrongAnswer } from "../../../src/cli/learn/checks.ts";

export const wrong: WrongAnswer[] = [
  {
    replace: "if (sum === undefined) context",
    by: "context",
    words: "there was no sum any more",
  },
  { replace: "if (sum === undefined) context", by: "if (!sum) context", words: "A sum of 0 is another thing" },
  {
    replace: "context.timestamp()! + 10_000",
    by: "Math.floor(context.timestamp()! / 1000) * 1000 + 10_000",
    words: "came out before 11.5 s",
  },
  {
    replace: "context.timestamp()! + 10_000",
    by: "Math.ceil(context.timestamp()! / 1000) * 1000 + 10_000",
    words: "At 11.5 s nothing came out",
  },
];
