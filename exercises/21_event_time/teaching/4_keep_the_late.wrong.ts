import type { WrongAnswer } from "../../../src/cli/learn/checks.ts";

export const wrong: WrongAnswer[] = [
  { replace: "    .sideOutputLateData(LATE)\n", by: "", words: "does the window know" },
  {
    replace: "late: counts.getSideOutput(LATE)",
    by: 'late: counts.getSideOutput(LATE).filter(({ who }) => who === "ben")',
    words: "Dora's booking was late, too",
  },
  { replace: "late: counts.getSideOutput(LATE)", by: "late: bookings", words: "also those in time" },
  { replace: "late: counts.getSideOutput(LATE)", by: "late: counts", words: "Results of the windows" },
  { replace: "counts, late", by: "counts: bookings, late", words: "not the results of the two minutes" },
];
