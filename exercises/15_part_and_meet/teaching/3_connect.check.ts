import { JobHarness, TestSink, TestSource, watermarksByHand } from "@stream-apps/deno/testing";
import { type Check, compare } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./3_connect.solution.ts";

/** "b1 anna" is a booking of confirmation 1, "p1 700" a payment of it, "crash" kills the job and starts it again. */
type Event = string;

export const checks: Check<typeof solution>[] = [
  {
    shows: "a booking, then its payment",
    run: ({ defineWorkflow }) =>
      expectLines(defineWorkflow, ["b1 anna", "p1 700"], ["1: anna has paid 700"], [
        [
          [],
          "The booking came, then the payment, and no line came out: does the payment look whether a booking waits?",
        ],
        [["1: anna has paid 700", "1: anna has paid 700"], "The line came out twice."],
      ]),
  },
  {
    shows: "a payment that has overtaken its booking",
    run: ({ defineWorkflow }) =>
      expectLines(defineWorkflow, ["p1 700", "b1 anna"], ["1: anna has paid 700"], [
        [
          [],
          "The payment came before its booking, and was forgotten: it has to wait in state, and the booking has to look for it.",
        ],
      ]),
  },
  {
    shows: "who waits for another confirmation is left waiting",
    run: ({ defineWorkflow }) =>
      expectLines(defineWorkflow, ["b1 anna", "b2 ben", "p3 90", "p2 50", "b3 cleo"], [
        "2: ben has paid 50",
        "3: cleo has paid 90",
      ], [
        [
          ["2: ben has paid 90", "2: ben has paid 50"],
          "Payments met whichever booking had come last: all bookings and payments have one key. Those of one confirmation belong together.",
        ],
        [
          ["2: ben has paid 90", "2: ben has paid 50", "3: cleo has paid 50"],
          "What waits is the same for all confirmations: it is kept in a field of the class, and not in state.",
        ],
      ]),
  },
  {
    shows: "one booking, and its price is paid in two payments",
    run: ({ defineWorkflow }) =>
      expectLines(defineWorkflow, ["b1 anna", "p1 400", "p1 300"], ["1: anna has paid 400", "1: anna has paid 300"], [
        [
          ["1: anna has paid 400"],
          "The second payment was not seen: the booking was cleared from state when the first had come. It stays, as more payments may come.",
        ],
        [
          ["1: anna has paid 300"],
          "Only the second payment came out: the first waited, although its booking was there.",
        ],
      ]),
  },
  {
    shows: "two payments, of which the first has overtaken the booking",
    run: ({ defineWorkflow }) =>
      expectLines(defineWorkflow, ["p1 400", "b1 anna", "p1 300"], ["1: anna has paid 400", "1: anna has paid 300"], [
        [
          ["1: anna has paid 400"],
          "The second payment found no booking: it is kept only if no payment waits for it. Keep it always, as more payments may come.",
        ],
      ]),
  },
  {
    shows: "who waits is still there after a crash",
    run: ({ defineWorkflow }) =>
      expectLines(defineWorkflow, ["b1 anna", "p2 50", "crash", "p1 700", "b2 ben"], [
        "1: anna has paid 700",
        "2: ben has paid 50",
      ], [
        [
          [],
          "The job was killed and started again, and nobody was waiting any more: they were kept in fields of the class, which a crash empties.",
        ],
        [
          ["2: ben has paid 50"],
          "The job was killed and started again, and the booking that waited was gone: only payments are kept in state.",
        ],
        [
          ["1: anna has paid 700"],
          "The job was killed and started again, and the payment that waited was gone: only bookings are kept in state.",
        ],
      ]),
  },
];

async function expectLines(
  describe: (typeof solution)["defineWorkflow"],
  events: Event[],
  expected: string[],
  mistakes: [string[], string][],
): Promise<void> {
  const bookings = new TestSource<solution.Booking>("bookings");
  const payments = new TestSource<solution.Payment>("payments");
  const lines = new TestSink<string>("lines");
  await using harness = await new JobHarness((env) => {
    const first = env.fromSource(bookings, watermarksByHand(), "bookings");
    describe(first, env.fromSource(payments, watermarksByHand(), "payments")).sinkTo(lines);
  }).start();
  for (const event of events) {
    const [what = "", value = ""] = event.split(" ");
    const confirmation = what.slice(1);
    if (event === "crash") {
      await harness.commit();
      await harness.restart();
    } else if (what[0] === "b") await bookings.push({ confirmation, email: value });
    else await payments.push({ confirmation, euros: Number(value) });
  }
  const known: [string[], string][] = [
    ...mistakes,
    [[], "Nothing came out."],
    [
      events.filter((event) => event[0] === "p").map((event) =>
        `${event.slice(1, 2)}: undefined has paid ${event.slice(3)}`
      ),
      "A line came out before its booking was there: it is undefined.",
    ],
  ];
  compare(lines.values, {
    expected,
    mistakes: known,
    meaning: `Events came in this order: ${events.join(", ")} (b is a booking, p a payment).`,
    show: (found) => found.length === 0 ? ["(nothing)"] : found,
  });
}
