/** A job whose results are in PostgreSQL: the sum of each account's payments, from the topic PAYMENTS into the table TOTALS. */
import { type DataStream, StreamExecutionEnvironment, WatermarkStrategy } from "@stream-apps/deno";
import { jobOptions, runMain } from "@stream-apps/deno/job";
import { openBroker, type Topic } from "@stream-apps/deno/kafka";
import postgres from "postgres";
import { z } from "zod";
import { UpsertSink } from "./postgres_sink.ts";

const payment = z.object({ account: z.string(), cents: z.int() });
type Payment = z.infer<typeof payment>;
export const PAYMENTS: Topic<Payment, string> = { name: "payments", schema: payment, key: ({ account }) => account };

/** The sum of an account after each payment. */
export function totalsOf(payments: DataStream<Payment>): DataStream<Payment> {
  return payments.keyBy(({ account }) => account).sum("cents").name("totals");
}

async function main(signal: AbortSignal): Promise<void> {
  const options = jobOptions("postgres_totals", Deno.args, {
    flags: { database: { value: "URL", default: "postgres://localhost/postgres", help: "the database" } },
  });
  const sql = postgres(options.database, { max: 1, onnotice() {} });
  try {
    await using broker = await openBroker(options);
    const env = new StreamExecutionEnvironment({ ...options, store: broker, signal });
    const payments = env.fromSource(broker.source(PAYMENTS), WatermarkStrategy.noWatermarks(), "payments");
    totalsOf(payments)
      .sinkTo(new UpsertSink<Payment>({ sql, table: "totals", columns: ["account", "cents"], key: ["account"] }))
      .name("totals_table");
    await env.execute();
  } finally {
    await sql.end({ timeout: 5 });
  }
}

if (import.meta.main) await runMain(main);
