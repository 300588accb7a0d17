import type { WrongAnswer } from "../../../src/cli/learn/checks.ts";

export const wrong: WrongAnswer[] = [
  { replace: "euros === 0", by: "Math.trunc(euros) === 0", words: "only 0 is free" },
];
