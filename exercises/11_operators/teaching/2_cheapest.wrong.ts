import type { WrongAnswer } from "../../../src/cli/learn/checks.ts";

export const wrong: WrongAnswer[] = [
  { replace: "offer.route", by: "offer.route.charAt(0)", words: "the key is the whole route" },
  { replace: "offer.route", by: '"all"', words: "they have one key" },
];
