import type { WrongAnswer } from "../../../src/cli/learn/checks.ts";

export const wrong: WrongAnswer[] = [
  { replace: "total.email)", by: '"all")', words: "have one key" },
  { replace: "total.email)", by: "JSON.stringify(total))", words: "not added up" },
  { replace: "a.flights + b.flights", by: "a.flights", words: "the flights are not" },
  { replace: "a.euros + b.euros", by: "b.euros", words: "only those of the last" },
  { replace: "a.euros + b.euros", by: "a.euros", words: "stay those of the first" },
  { replace: "flights: 1", by: "flights: 0", words: "0 flights" },
  { replace: "a.euros + b.euros", by: "a.euros + a.euros", words: "added to themselves" },
  { replace: "a.euros + b.euros", by: "a.euros * b.euros", words: "multiplied" },
  { replace: "a.flights + b.flights", by: "2", words: "a fixed number" },
  { replace: "flights: 1, euros }", by: "flights: 1, euros: 0 }", words: "every price is 0" },
  {
    replace: "return bookings\n",
    by: `const kept = new Map<string, Total>();
  return bookings.map(({ email, euros }) => {
    const before = kept.get(email) ?? { email, flights: 0, euros: 0 };
    const total = { email, flights: before.flights + 1, euros: before.euros + euros };
    kept.set(email, total);
    return total;
  });
  bookings
`,
    words: "kept in a variable of your own",
  },
  { replace: "total.email)", by: "total.email.charAt(0))", words: "of Anna and of Adam" },
];
