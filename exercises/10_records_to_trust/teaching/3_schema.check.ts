import { type Check, compare, wrong } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./3_schema.solution.ts";

const GOOD = { who: "EDA@email.com", ticket: "MOON7", euros: 90 };

const BAD: readonly (readonly [value: unknown, words: string])[] = [
  [{}, "A booking without any field fits the schema: it checks nothing yet."],
  [{ ...GOOD, who: undefined }, "A booking without `who` fits: nobody would know whose it is."],
  [{ ...GOOD, ticket: undefined }, "A booking without `ticket` fits: it would have no key."],
  [{ ...GOOD, euros: undefined }, "A booking without `euros` fits."],
  [{ ...GOOD, euros: "90" }, 'A price that is a text fits: "90" + 10 would be "9010".'],
  [{ ...GOOD, who: "" }, "A booking of nobody fits: `who` must not be empty."],
  [{ ...GOOD, ticket: "" }, "An empty ticket fits: all such bookings would have one key."],
  [{ ...GOOD, euros: 0 }, "A booking for 0 euros fits: above zero means that zero does not."],
  [{ ...GOOD, euros: -1 }, "A booking for −1 euros fits."],
];

export const checks: Check<typeof solution>[] = [
  {
    shows: "a booking of Moon fits, also one with a small price, and with other texts",
    run({ MOON }) {
      for (const booking of [GOOD, { ...GOOD, euros: 0.001 }, { who: "eda", ticket: "7", euros: 1e6 }]) {
        const { success, error } = MOON.schema.safeParse(booking) as { success: boolean; error?: { message: string } };
        if (!success) {
          wrong(`${JSON.stringify(booking)} does not fit the schema, and should.`, error?.message.split("\n"));
        }
      }
    },
  },
  {
    shows: "what is not a booking of Moon does not",
    run({ MOON }) {
      for (const [value, words] of BAD) {
        if (MOON.schema.safeParse(value).success) wrong(words, [JSON.stringify(value)]);
      }
    },
  },
  {
    shows: "its key is the ticket, its topic is moon",
    run({ MOON }) {
      compare([MOON.name, MOON.key?.(GOOD)], {
        expected: ["moon", "MOON7"],
        mistakes: [
          [["moon", "?"], 'The key is still "?": all bookings would have the same.'],
          [["moon", "EDA@email.com"], "The key is the traveller, and not the ticket."],
        ],
        meaning: "Name or key of the topic is something else.",
      });
    },
  },
];
