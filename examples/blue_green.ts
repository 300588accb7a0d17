/**
 * Blue/green: a new version of a job takes over from the old one, under a name of its own, from a savepoint.
 *
 *     deno run -A examples/blue_green.ts totals_blue --version 1       # blue; SIGTERM stops it after a commit
 *     deno task state totals_blue export savepoint.jsonl
 *     deno task state totals_green import savepoint.jsonl
 *     deno run -A examples/blue_green.ts totals_green --version 2      # green
 *
 * Blue adds up the payments of each account, green counts them too. Its state has another shape, so it converts what it finds in
 * the savepoint. Blue's commit stays as it was: if green is wrong, stop it and start blue again.
 */
import { type DataStream, StreamExecutionEnvironment, WatermarkStrategy } from "@stream-apps/deno";
import {
  type Collector,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type KeyedRuntimeContext,
} from "@stream-apps/deno/functions";
import { jobOptions, runMain } from "@stream-apps/deno/job";
import { openBroker, type Topic } from "@stream-apps/deno/kafka";
import { type ValueState, ValueStateDescriptor } from "@stream-apps/deno/state";
import { z } from "zod";

const payment = z.object({ account: z.string(), cents: z.int() });
export type Payment = z.infer<typeof payment>;
const total = payment.extend({ payments: z.int().optional() });
export type Total = z.infer<typeof total>;

/** What green keeps of an account. */
interface Kept {
  readonly cents: number;
  /** Since green has begun. */
  readonly payments: number;
}

/** The total of each account after each payment. Each operator that keeps something has a name: by it the next version finds it. */
export function totalsOf(payments: DataStream<Payment>, version: 1 | 2): DataStream<Total> {
  return payments.keyBy(({ account }) => account).process<Total>(version === 1 ? new Blue() : new Green()).name(
    "totals",
  );
}

class Blue extends KeyedProcessFunction<string, Payment, Total> {
  #cents!: ValueState<number>;

  override open(context: KeyedRuntimeContext): void {
    this.#cents = context.getState(new ValueStateDescriptor<number>("total"));
  }

  override processElement(payment: Payment, _context: KeyedProcessContext<string>, out: Collector<Total>): void {
    const cents = (this.#cents.value() ?? 0) + payment.cents;
    this.#cents.update(cents);
    out.collect({ account: payment.account, cents });
  }
}

class Green extends KeyedProcessFunction<string, Payment, Total> {
  #total!: ValueState<Kept>;

  override open(context: KeyedRuntimeContext): void {
    const migrate = (cents: unknown): Kept => ({ cents: cents as number, payments: 0 });
    this.#total = context.getState(new ValueStateDescriptor<Kept>("total", { version: 2, migrate }));
  }

  override processElement(payment: Payment, _context: KeyedProcessContext<string>, out: Collector<Total>): void {
    const { cents, payments } = this.#total.value() ?? { cents: 0, payments: 0 };
    const kept = { cents: cents + payment.cents, payments: payments + 1 };
    this.#total.update(kept);
    out.collect({ account: payment.account, ...kept });
  }
}

async function main(signal: AbortSignal): Promise<void> {
  const [job = "totals_blue", ...flags] = Deno.args;
  const options = jobOptions(job, flags, {
    flags: {
      version: { value: "1|2", default: "1", parse: versionOf, help: "1: blue; 2: green" },
      payments: { value: "TOPIC", default: "payments", help: "the topic to read" },
      totals: { value: "TOPIC", default: "totals", help: "the topic to write" },
    },
  });
  const PAYMENTS: Topic<Payment, string> = { name: options.payments, schema: payment, key: ({ account }) => account };
  const TOTALS: Topic<Total, string> = { name: options.totals, schema: total, key: ({ account }) => account };
  await using broker = await openBroker(options);
  const env = new StreamExecutionEnvironment({ ...options, store: broker, signal });
  const payments = env.fromSource(broker.source(PAYMENTS), WatermarkStrategy.noWatermarks(), "payments");
  totalsOf(payments, options.version).sinkTo(broker.sink(TOTALS)).name("totals_sink");
  await env.execute();
}

/** @throws {SyntaxError} which ends the program with a sentence about its flag */
function versionOf(text: string): 1 | 2 {
  if (text === "1") return 1;
  if (text === "2") return 2;
  throw new SyntaxError(`"${text}" is not 1 or 2`);
}

if (import.meta.main) await runMain(main);
