import type { WrongAnswer } from "../../../src/cli/learn/checks.ts";

export const wrong: WrongAnswer[] = [
  { replace: '.uid("count").name("bookings so far")', by: '.name("count")', words: "lost its new name" },
  { replace: '.uid("count")', by: '.uid("counts")', words: "does not start" },
  {
    replace: ".filter(({ flights }) => flights > 0)",
    by: ".map((booking) => booking)",
    words: "without a flight was counted",
  },
  {
    replace: 'process(new CountBookings()).name("count")',
    by: 'process(new CountBookings()).uid("c").name("count")',
    words: "Version 1 has changed",
  },
];
