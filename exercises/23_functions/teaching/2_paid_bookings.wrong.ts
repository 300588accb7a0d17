import type { WrongAnswer } from "../../../src/cli/learn/checks.ts";

const JOIN = `bookings.keyBy(({ ref }) => ref).intervalJoin(payments.keyBy(({ ref }) => ref))`;

export const wrong: WrongAnswer[] = [
  { replace: "Time.minutes(30)", by: "30", words: "bounds are in ms" },
  { replace: "Time.minutes(30)", by: "Time.minutes(20)", words: "paid at 12:45" },
  { replace: "Time.minutes(30)", by: "Time.minutes(30) - 1", words: "the 30th minute is included" },
  { replace: "Time.minutes(30)", by: "Time.minutes(30), { lowerBoundExclusive: true }", words: "at the same moment" },
  { replace: "Time.minutes(30)", by: "Time.minutes(31)", words: "a ms too late" },
  { replace: "between(0,", by: "between(-Time.minutes(30),", words: "not booked yet" },
  { replace: "between(0, Time.minutes(30))", by: "between(0, Time.minutes(5))", words: "SKY1 was booked at 12:00" },
  {
    replace: JOIN,
    by: `bookings.keyBy(() => "all").intervalJoin(payments.keyBy(() => "all"))`,
    words: "joined with every payment",
  },
  {
    replace: JOIN,
    by: "bookings.keyBy(({ ref }) => ref.slice(-1)).intervalJoin(payments.keyBy(({ ref }) => ref.slice(-1)))",
    words: "the whole reference",
  },
  {
    replace: "({ ref, who }, { cents }, _context, out)",
    by: "({ ref, who }, { ref: cents }, _context, out)",
    words: "not the bookings",
  },
  {
    replace: "out.collect({ ref, who, cents })",
    by: "cents > 350 && out.collect({ ref, who, cents })",
    words: "The second payment",
  },
  { replace: "between(0,", by: "between(-1,", words: "the lower bound lets it in" },
];
