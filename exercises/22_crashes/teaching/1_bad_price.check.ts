import { RecordError, WatermarkStrategy } from "@stream-apps/deno";
import { JobHarness, MemoryJobStore, TestSink, TestSource } from "@stream-apps/deno/testing";
import { type Check, compare, wrong } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./1_bad_price.solution.ts";

type Sale = solution.Sale;
type Workflow = (typeof solution)["defineWorkflow"];

export const checks: Check<typeof solution>[] = [
  {
    shows: "prices with a point, a comma or neither are cents",
    run({ cents }) {
      for (
        const [price, expected] of [["12.50", 1250], ["12", 1200], ["12,50", 1250], ["0.29", 29], [
          "1234,50",
          123450,
        ]] as const
      ) {
        let found: unknown;
        try {
          found = cents(price);
        } catch {
          wrong(`"${price}" is a price, and cents() threw.`);
        }
        if (found === expected) continue;
        wrong(
          Number.isNaN(found)
            ? `"${price}" has become NaN: Number() knows no comma.`
            : `"${price}" has become ${found}; it is ${expected} cents.`,
        );
      }
    },
  },
  {
    shows: "a word is a dead letter with a message that names it, and the job goes on",
    async run({ defineWorkflow }) {
      await using shop = await open(defineWorkflow);
      await shop.sell("anna", "12.50");
      await shop.sell("anna", "twelve");
      await shop.sell("anna", "1.00");
      refused(shop, "twelve", 2);
      compare(shop.totals.values.map(({ cents }) => cents), {
        expected: [1250, 1350],
        meaning: "Not all good prices were counted, before the bad one and behind it.",
      });
    },
  },
  {
    shows: "so are a missing price, a negative one, and what only looks like a number",
    async run({ defineWorkflow }) {
      for (const price of ["", "€ 3", "-3.00", "1e3", "12.5", " 7", "12.50\n13", "1.000,00"]) {
        await using shop = await open(defineWorkflow);
        await shop.sell("ben", price);
        refused(shop, price, 0);
      }
    },
  },
  {
    shows: "dead letters of yesterday, replayed: each good one counts once",
    async run({ defineWorkflow }) {
      const store = new MemoryJobStore();
      const sales = new TestSource<Sale>("sales");
      const replayed: Sale[] = [];
      {
        await using yesterday = await open((sales) => defineWorkflow(sales.map(strict).name("version")), {
          store,
          sales,
        });
        for (const price of ["1.00", "2,00", "many"]) await yesterday.sell("cleo", price);
        await yesterday.harness.stop();
        replayed.push(...["2,00", "many"].map((price) => ({ who: "cleo", price })));
      }
      await using today = await open((sales) => defineWorkflow(sales.map((sale) => sale).name("version")), {
        store,
        sales,
      });
      for (const { who, price } of replayed) await today.sell(who, price);
      const last = today.totals.values.at(-1)?.cents;
      if (last === 300) return;
      wrong(
        `Cleo has spent 300 cents, 100 yesterday and 200 of a dead letter that was replayed; the job counts ${last}.`,
      );
    },
  },
];

/** How yesterday's job read prices. */
function strict(sale: Sale): Sale {
  if (!/^\d+\.\d\d$/.test(sale.price)) throw new RecordError(`"${sale.price}"`);
  return sale;
}

/** @param good how many results there are of other sales */
function refused({ harness, totals }: Shop, price: string, good: number): void {
  const letter = harness.deadLetters[0];
  if (letter === undefined) {
    wrong(
      /^\d+[.,]\d$/.test(price)
        ? `"${price}" was counted as a price, and has one digit behind the point: two or none belong there. Is it 12.50 or 12.05?`
        : totals.values.length > good
        ? `"${price}" was counted as a price. A wrong number that looks right is the worst that can come of a bad record.`
        : `"${price}" left no trace: it is in no total, and no dead letter either. Nobody will ever know.`,
    );
  }
  if (letter.message.includes(price.trim())) return;
  wrong(
    `"${price}" has become a dead letter, and its message does not name it. Whoever finds the letter wants to know what was ` +
      "wrong with it.",
    [`${letter.errorClass}: ${letter.message}`],
  );
}

class Shop implements AsyncDisposable {
  constructor(
    readonly harness: JobHarness,
    readonly sales: TestSource<Sale>,
    readonly totals: TestSink<solution.Spent>,
  ) {}

  async sell(who: string, price: string): Promise<void> {
    await this.sales.push({ who, price });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.harness[Symbol.asyncDispose]();
  }
}

async function open(
  describe: Workflow,
  { store = new MemoryJobStore(), sales = new TestSource<Sale>("sales") }: {
    readonly store?: MemoryJobStore;
    readonly sales?: TestSource<Sale>;
  } = {},
): Promise<Shop> {
  const totals = new TestSink<solution.Spent>("totals");
  const harness = new JobHarness((env) => {
    describe(env.fromSource(sales, WatermarkStrategy.noWatermarks(), "sales")).sinkTo(totals);
  }, { store });
  return new Shop(await harness.start(), sales, totals);
}
