import type { WrongAnswer } from "../../../src/cli/learn/checks.ts";

export const wrong: WrongAnswer[] = [
  {
    replace: "Date.parse(booking.bookedAt)",
    by: "Date.parse(`2026-03-01${booking.bookedAt.slice(10)}`)",
    words: "of another day",
  },
  { replace: "forMonotonousTimestamps()", by: "forBoundedOutOfOrderness(5_000)", words: "that cannot come" },
];
