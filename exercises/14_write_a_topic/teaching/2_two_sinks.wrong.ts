import type { WrongAnswer } from "../../../src/cli/learn/checks.ts";

const LONG = "flightDurationMinutes(flight) > 120";

export const wrong: WrongAnswer[] = [
  { replace: LONG, by: "flightDurationMinutes(flight) >= 120", words: "exactly two hours" },
  { replace: LONG, by: "flightDurationMinutes(flight) < 121", words: "The short flights" },
  { replace: LONG, by: 'flight.confirmation.endsWith("A")', words: "only its duration decides" },
];
