import type { WrongAnswer } from "../../../src/cli/learn/checks.ts";

export const wrong: WrongAnswer[] = [
  { replace: "price <= 1000", by: "price < 1001", words: "1000.5 is approved" },
  { replace: "price <= 1000", by: "price < 1000", words: "1000 is not approved" },
];
