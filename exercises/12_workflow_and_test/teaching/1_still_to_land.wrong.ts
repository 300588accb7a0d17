import type { WrongAnswer } from "../../../src/cli/learn/checks.ts";

export const wrong: WrongAnswer[] = [
  { replace: "landsAfter(flight, now())", by: "Date.parse(flight.departure_time) > now()", words: "in the air" },
];
