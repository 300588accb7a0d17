import type { WrongAnswer } from "../../../src/cli/learn/checks.ts";

export const wrong: WrongAnswer[] = [
  { replace: "Time.seconds(30)", by: "30", words: "had been given up" },
  { replace: "Time.seconds(30)", by: "29_001", words: "given up too early" },
  { replace: "Time.seconds(30)", by: "Time.minutes(30)", words: "still taken" },
  { replace: "Time.minutes(1)", by: "Time.minutes(2)", words: "did not fire" },
];
