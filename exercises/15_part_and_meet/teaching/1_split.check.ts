import { JobHarness, TestSink, TestSource, watermarksByHand } from "@stream-apps/deno/testing";
import { type Check, compare, wrong } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./1_split.solution.ts";

const PRICES = [90, 0, -20, 120, -5, 0.5, -0.5];

export const checks: Check<typeof solution>[] = [
  {
    shows: "each price goes one way",
    async run({ defineWorkflow }) {
      const ways = await outcome(defineWorkflow);
      const all = Object.values(ways).flat();
      if (all.length === 3 * PRICES.length) wrong("All prices go all three ways: the stream is not parted yet.");
      for (const price of PRICES) {
        const times = all.filter((each) => each === price).length;
        if (times === 0) wrong(`${price} goes no way at all: it is lost.`, show(ways));
        if (times > 1) {
          wrong(`${price} goes ${times} ways: two conditions hold for it, and each decides by itself.`, show(ways));
        }
      }
    },
  },
  {
    shows: "0 is free, what is below is a refund, all others are sales",
    async run({ defineWorkflow }) {
      compare(await outcome(defineWorkflow), {
        expected: { free: [0], refunds: [-20, -5, -0.5], sales: [90, 120, 0.5] },
        mistakes: [
          [
            { free: [], refunds: [0, -20, -5, -0.5], sales: [90, 120, 0.5] },
            "0 went to the refunds: it is not below zero.",
          ],
          [
            { free: [], refunds: [-20, -5, -0.5], sales: [90, 0, 120, 0.5] },
            "0 went to the sales: the first condition that holds decides, and that for free comes too late or does not hold.",
          ],
          [
            { free: [0, 0.5, -0.5], refunds: [-20, -5], sales: [90, 120] },
            "0.5 and −0.5 went to the free ones: only 0 is free.",
          ],
          [
            { free: [0], refunds: [90, 120, 0.5], sales: [-20, -5, -0.5] },
            "Refunds and sales are the wrong way round.",
          ],
          [
            { free: [], refunds: [], sales: PRICES },
            "All went to the sales: a condition that always holds has to be the last.",
          ],
        ],
        meaning: "Some prices go another way.",
        show,
      });
    },
  },
];

async function outcome(describe: (typeof solution)["defineWorkflow"]) {
  const prices = new TestSource<number>("prices");
  const sinks = {
    free: new TestSink<number>("free"),
    refunds: new TestSink<number>("refunds"),
    sales: new TestSink<number>("sales"),
  };
  await using _harness = await new JobHarness((env) => {
    const { free, refunds, sales } = describe(env.fromSource(prices, watermarksByHand(), "prices"));
    free.sinkTo(sinks.free);
    refunds.sinkTo(sinks.refunds);
    sales.sinkTo(sinks.sales);
  }).start();
  for (const price of PRICES) await prices.push(price);
  return { free: sinks.free.values, refunds: sinks.refunds.values, sales: sinks.sales.values };
}

function show(ways: Record<string, number[]>): string[] {
  return Object.entries(ways).map(([way, prices]) => `${way}: ${prices.join(" ")}`);
}
