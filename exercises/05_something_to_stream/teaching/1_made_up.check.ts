import { StreamExecutionEnvironment, WatermarkStrategy } from "@stream-apps/deno";
import { type Check, compare, same, wrong } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./1_made_up.solution.ts";

export const checks: Check<typeof solution>[] = [
  {
    shows: "there are a thousand, SKY0 to SKY999",
    async run({ prices }) {
      const made = await run(prices, 7);
      compare([made.length, made[0]?.confirmation, made.at(-1)?.confirmation], {
        expected: [1000, "SKY0", "SKY999"],
        meaning: "How many there are, or what they are called, has changed: only the price was to.",
      });
    },
  },
  {
    shows: "prices are whole numbers from 500 to 1499, and differ",
    async run({ prices }) {
      const all = (await run(prices, 7)).map(({ ticket_price }) => ticket_price);
      if (new Set(all).size === 1) wrong(`Every price is ${all[0]}: there is no chance in it yet.`);
      if (new Set(all).size > 900) {
        wrong(
          "Hardly any two of the thousand prices are alike: they are computed, and chance would repeat some. Use random().",
        );
      }
      const broken = all.find((price) => !Number.isInteger(price));
      if (broken !== undefined) wrong(`${broken} is not a whole number: random() returns fractions.`);
      const outside = all.find((price) => price < 500 || price > 1499);
      if (outside !== undefined) wrong(`${outside} is not from 500 to 1499.`);
      if (Math.max(...all) < 1450 || Math.min(...all) > 550) {
        wrong(`The prices go from ${Math.min(...all)} to ${Math.max(...all)}: they do not fill the whole range.`);
      }
      if (new Set(all).size < 100) wrong("There are only a few different prices: random() is to be called for each.");
    },
  },
  {
    shows: "500 and 1499 are among them, with one seed or another",
    async run({ prices }) {
      const made = new Set<number>();
      for (let seed = 0; seed < 30; seed++) for (const each of await run(prices, seed)) made.add(each.ticket_price);
      for (const price of [500, 1499]) {
        if (!made.has(price)) wrong(`In 30,000 prices ${price} never came: random() is from 0 to just below 1.`);
      }
    },
  },
  {
    shows: "the same seed makes the same prices, another seed others",
    async run({ prices }) {
      const [first, again, other] = [await run(prices, 7), await run(prices, 7), await run(prices, 8)];
      if (!same(first, again)) {
        wrong(
          "Two runs with the same seed made different prices: the chance comes from outside. Use the random() of generate().",
        );
      }
      if (same(first, other)) wrong("Another seed made the same prices: are they computed from the index alone?");
    },
  },
];

function run(prices: (typeof solution)["prices"], seed: number): Promise<solution.Price[]> {
  const env = new StreamExecutionEnvironment();
  return env.fromSource(prices(seed), WatermarkStrategy.noWatermarks(), "prices").executeAndCollect();
}
