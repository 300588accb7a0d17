import { Time, WatermarkStrategy } from "@stream-apps/deno";
import { JobHarness, TestSink, TestSource } from "@stream-apps/deno/testing";
import { type Check, compare, wrong } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./2_paid_bookings.solution.ts";

type Workflow = (typeof solution)["defineWorkflow"];

/** A booking or a payment, in the order in which they come. */
type Event =
  | { readonly booked: string; readonly who: string; readonly minute: number }
  | { readonly paid: string; readonly cents: number; readonly minute: number };

export const checks: Check<typeof solution>[] = [
  {
    shows: "a booking and its payment make a pair, and others do not",
    async run({ defineWorkflow }) {
      const events: Event[] = [
        { booked: "SKY1", who: "anna", minute: 0 },
        { booked: "SUN2", who: "ben", minute: 1 },
        { paid: "SUN2", cents: 900, minute: 5 },
        { paid: "SKY1", cents: 700, minute: 10 },
        { booked: "SKY3", who: "anna", minute: 12 },
      ];
      compare((await pairsOf(defineWorkflow, events)).sort(), {
        expected: ["SKY1 anna 700", "SUN2 ben 900"],
        mistakes: [
          [
            ["SKY1 anna 0", "SKY3 anna 0", "SUN2 ben 0"],
            "All bookings came out, paid or not: the payments have no part in it.",
          ],
          [[], "No pair came out: bounds are in ms, and keys of both sides have to be equal."],
          [
            ["SKY1 anna 700", "SKY1 anna 900", "SUN2 ben 700", "SUN2 ben 900"],
            "Each booking was joined with every payment: the key has to be the reference, on both sides.",
          ],
          [["SKY1 anna 700"], "A pair is missing: SUN2 was booked at 12:01 and paid at 12:05."],
          [["SUN2 ben 900"], "A pair is missing: SKY1 was booked at 12:00 and paid at 12:10."],
        ],
        meaning: "These are not the bookings that were paid, with what was paid.",
      });
    },
  },
  {
    shows: "references that are alike in part are kept apart",
    async run({ defineWorkflow }) {
      const events: Event[] = [
        { booked: "SKY1", who: "anna", minute: 0 },
        { booked: "SUN1", who: "ben", minute: 1 },
        { booked: "SKY2", who: "cleo", minute: 2 },
        { paid: "SUN1", cents: 900, minute: 5 },
        { paid: "SKY1", cents: 700, minute: 10 },
      ];
      compare((await pairsOf(defineWorkflow, events)).sort(), {
        expected: ["SKY1 anna 700", "SUN1 ben 900"],
        meaning: "SKY1, SUN1 and SKY2 were taken for one another: the key has to be the whole reference.",
      });
    },
  },
  {
    shows: "which of the two comes first makes no difference",
    async run({ defineWorkflow }) {
      const events: Event[] = [{ paid: "SKY1", cents: 700, minute: 20 }, { booked: "SKY1", who: "anna", minute: 10 }];
      compare(await pairsOf(defineWorkflow, events), {
        expected: ["SKY1 anna 700"],
        meaning: "The payment came before its booking, of which the time is earlier; the two are a pair all the same.",
      });
    },
  },
  {
    shows: "a payment of the 30th minute belongs to it, one behind that does not",
    async run({ defineWorkflow }) {
      const paidAt = async (minute: number) =>
        (await pairsOf(defineWorkflow, [
          { booked: "SKY1", who: "anna", minute: 20 },
          { paid: "SKY1", cents: 700, minute },
        ])).length > 0;
      if (!await paidAt(31)) {
        wrong("Booked at 12:20, paid at 12:31: that is a pair, as 11 minutes lie between the two.");
      }
      if (!await paidAt(45)) {
        wrong("Booked at 12:20, paid at 12:45: that is a pair, as 25 minutes lie between the two.");
      }
      if (!await paidAt(50)) wrong("Booked at 12:20, paid at 12:50:00: the 30th minute is included.");
      if (await paidAt(50 + 1 / 60_000)) wrong("Booked at 12:20, paid at 12:50:00.001: that is a ms too late.");
      if (!await paidAt(20)) wrong("Booked and paid at the same moment: that is a pair.");
    },
  },
  {
    shows: "one before the booking does not",
    async run({ defineWorkflow }) {
      const events: Event[] = [{ paid: "SKY1", cents: 700, minute: 5 }, { booked: "SKY1", who: "anna", minute: 10 }];
      compare(await pairsOf(defineWorkflow, events), {
        expected: [],
        meaning: "A payment of 12:05 was joined with a booking of 12:10: nobody pays for what is not booked yet.",
      });
      const justBefore: Event[] = [
        { paid: "SKY1", cents: 700, minute: 10 - 1 / 60_000 },
        { booked: "SKY1", who: "anna", minute: 10 },
      ];
      compare(await pairsOf(defineWorkflow, justBefore), {
        expected: [],
        meaning: "A payment was joined with a booking that came a ms later: the lower bound lets it in.",
      });
    },
  },
  {
    shows: "two payments of one booking are two pairs",
    async run({ defineWorkflow }) {
      const events: Event[] = [
        { booked: "SKY1", who: "anna", minute: 10 },
        { paid: "SKY1", cents: 400, minute: 11 },
        { paid: "SKY1", cents: 300, minute: 12 },
      ];
      compare((await pairsOf(defineWorkflow, events)).sort(), {
        expected: ["SKY1 anna 300", "SKY1 anna 400"],
        mistakes: [
          [["SKY1 anna 400"], "The second payment was left out: a booking is not gone when it has found a partner."],
        ],
        meaning: "Anna has paid in two parts, 400 and 300.",
      });
    },
  },
];

async function pairsOf(describe: Workflow, events: readonly Event[]): Promise<string[]> {
  const bookings = new TestSource<solution.Booking>("bookings");
  const payments = new TestSource<solution.Payment>("payments");
  const paid = new TestSink<solution.PaidBooking>("paid");
  const strategy = WatermarkStrategy.forBoundedOutOfOrderness(Time.hours(1));
  await using harness = await new JobHarness((env) => {
    describe(env.fromSource(bookings, strategy, "bookings"), env.fromSource(payments, strategy, "payments")).sinkTo(
      paid,
    );
  }).start();
  for (const event of events) {
    const timeMs = Date.parse("2026-03-01T12:00:00Z") + Math.round(Time.minutes(1) * event.minute);
    if ("booked" in event) await bookings.push({ ref: event.booked, who: event.who }, timeMs);
    else await payments.push({ ref: event.paid, cents: event.cents }, timeMs);
  }
  await harness.finish();
  return paid.values.map(({ ref, who, cents }) => `${ref} ${who} ${cents}`);
}
