import { JobHarness, OperatorHarness, TestSink, TestSource, watermarksByHand } from "@stream-apps/deno/testing";
import { type Check, compare, wrong } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./2_timer.solution.ts";

export const checks: Check<typeof solution>[] = [
  {
    shows: "ten seconds after a first purchase the sum of them comes out",
    run({ defineWorkflow }) {
      const shop = new Shop(defineWorkflow);
      shop.buy("anna", 3, 1_000).buy("anna", 4, 9_000);
      const early = shop.emitted();
      if (early.length > 0) {
        wrong("A sum came out before ten seconds were over: the timer decides when, not a purchase.", early);
      }
      compare(shop.until(10_999), {
        expected: [],
        mistakes: [[
          ["10000: anna 7"],
          "The sum came out at 10 s. The first purchase was at 1 s, so it is due at 11 s: count from the record's time, not from zero.",
        ]],
        meaning: "A sum came out before 11 s; the first purchase was at 1 s.",
      });
      compare(shop.until(11_000), {
        expected: ["11000: anna 7"],
        mistakes: [
          [[], "At 11 s nothing came out: no timer was due, or onTimer() emits nothing."],
          [["11000: anna 3"], "Only the first purchase is in the sum: later ones have to be added, too."],
          [["11000: anna 4"], "Only the last purchase is in the sum: add to what is there."],
          [["11000: undefined 7"], "The sum has no customer: context.currentKey() is the key of the timer."],
        ],
        meaning: "At 11 s the sum of Anna's purchases, 3 and 4, should come out.",
      });
    },
  },
  {
    shows: "it comes out once, however many purchases there were",
    run({ defineWorkflow }) {
      const shop = new Shop(defineWorkflow);
      shop.buy("anna", 3, 1_000).buy("anna", 4, 9_000);
      shop.until(11_000);
      compare(shop.until(60_000), {
        expected: [],
        mistakes: [
          [
            ["19000: anna 7"],
            "A second timer was due at 19 s: one was registered with the second purchase, too. Only the first one begins.",
          ],
          [
            ["19000: anna null"],
            "A second timer was due at 19 s, when there was no sum any more: register one with the first purchase only.",
          ],
        ],
        meaning: "After 11 s something more came out, and nobody has bought anything.",
      });
    },
  },
  {
    shows: "afterwards the next purchase is a first one again, and customers are apart",
    run({ defineWorkflow }) {
      const shop = new Shop(defineWorkflow);
      shop.buy("anna", 3, 1_000).buy("ben", 50, 5_000);
      compare([...shop.until(11_000), ...shop.buy("anna", 8, 20_000).until(40_000)], {
        expected: ["11000: anna 3", "15000: ben 50", "30000: anna 8"],
        mistakes: [
          [
            ["11000: anna 3", "15000: ben 50", "30000: anna 11"],
            "Anna's second sum contains the first: it was not cleared.",
          ],
          [
            ["11000: anna 3", "15000: ben 50"],
            "Anna bought again at 20 s, and nothing came of it: the state has to be cleared, or her purchase is no first one.",
          ],
          [
            ["11000: anna 53", "30000: anna 8"],
            "Ben's purchase is in Anna's sum: was a field of the class used in place of state?",
          ],
        ],
        meaning: "Anna bought for 3 at 1 s and for 8 at 20 s, Ben for 50 at 5 s.",
      });
    },
  },
  {
    shows: "it is ten seconds to the millisecond, and a purchase at their very end is in the sum",
    run({ defineWorkflow }) {
      const shop = new Shop(defineWorkflow).buy("anna", 3, 1_500).buy("anna", 4, 11_500);
      compare(shop.until(11_499), {
        expected: [],
        meaning: "A sum came out before 11.5 s; the first purchase was at 1.5 s: its time may not be rounded.",
      });
      compare(shop.until(11_500), {
        expected: ["11500: anna 7"],
        mistakes: [
          [["11500: anna 3"], "A purchase exactly ten seconds after the first is not in the sum."],
          [[], "At 11.5 s nothing came out; the first purchase was at 1.5 s: its time may not be rounded."],
        ],
        meaning: "At 11.5 s the sum of Anna's purchases, 3 at 1.5 s and 4 at 11.5 s, should come out.",
      });
    },
  },
  {
    shows: "a first purchase of 0 euros, by a voucher, is a first purchase",
    run({ defineWorkflow }) {
      const shop = new Shop(defineWorkflow).buy("anna", 0, 1_000).buy("anna", 4, 9_000);
      compare(shop.until(60_000), {
        expected: ["11000: anna 4"],
        mistakes: [[[], "Nothing came out: was no timer registered with the purchase of 0 euros?"]],
        meaning:
          "Anna bought for 0 at 1 s, and for 4 at 9 s: that is no first purchase. A sum of 0 is another thing than no sum yet, which is undefined.",
      });
    },
  },
  {
    shows: "a crash between two purchases loses neither the sum nor the timer",
    async run({ defineWorkflow }) {
      const purchases = new TestSource<solution.Purchase>("purchases");
      const sums = new TestSink<solution.Purchase>("sums");
      await using harness = await new JobHarness((env) => {
        defineWorkflow(env.fromSource(purchases, watermarksByHand(), "purchases")).sinkTo(sums);
      }).start();
      await purchases.push({ customer: "anna", euros: 3 }, 1_000);
      await harness.commit();
      await harness.restart();
      await purchases.push({ customer: "anna", euros: 4 }, 9_000);
      await purchases.watermark(60_000);
      compare(sums.records.map(([{ customer, euros }, ms]) => `${ms}: ${customer} ${euros ?? null}`), {
        expected: ["11000: anna 7"],
        meaning:
          "Anna bought for 3 at 1 s and for 4 at 9 s; between them the job was killed and started again. What it knew was not all in its state: a field of the class is empty after a crash.",
      });
    },
  },
];

class Shop {
  readonly #harness: OperatorHarness<solution.Purchase, solution.Purchase>;

  constructor(describe: (typeof solution)["defineWorkflow"]) {
    this.#harness = OperatorHarness.of<solution.Purchase, solution.Purchase>((purchases) =>
      describe(purchases) as never
    );
  }

  buy(customer: string, euros: number, timestampMs: number): this {
    this.#harness.record({ customer, euros }, timestampMs);
    return this;
  }

  /** Advances event time. @returns what was emitted, a line each: time, customer, euros */
  until(watermarkMs: number): string[] {
    this.#harness.watermark(watermarkMs);
    return this.emitted();
  }

  emitted(): string[] {
    return this.#harness.take().flatMap((each) =>
      Array.isArray(each) ? [`${each[1]}: ${each[0].customer} ${each[0].euros ?? null}`] : []
    );
  }
}
