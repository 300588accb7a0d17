import type { WrongAnswer } from "../../../src/cli/learn/checks.ts";

export const wrong: WrongAnswer[] = [
  {
    replace: "assertEquals(flights, [flightFromSkyone(SKYONE_SAMPLE[0]!)]);",
    by: 'assertEquals(flights.map(({ confirmation }) => confirmation), ["SKY1AAAAAA"]);',
    words: "where a flight departs",
  },
];
