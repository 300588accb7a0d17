import type { WrongAnswer } from "../../../src/cli/learn/checks.ts";

export const wrong: WrongAnswer[] = [
  {
    replace: "timestampMs: bookedMs",
    by: "timestampMs: Math.floor(bookedMs / 1000) * 1000",
    words: "lost its milliseconds",
  },
  {
    replace: "JSON.stringify({ ref: booking.confirmation })",
    by: '`{"ref":"${booking.confirmation}"}`',
    words: "With a quote",
  },
];
