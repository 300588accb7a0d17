/** The job of `blue_green_test.ts`, under any name: sums of payments by account. Arguments: JOB ID [flags] */
import { StreamExecutionEnvironment, WatermarkStrategy } from "@stream-apps/deno";
import { jobOptions, runMain } from "@stream-apps/deno/job";
import { openBroker, type Topic } from "@stream-apps/deno/kafka";
import { PAYMENTS, totalsOf } from "../../examples/postgres_job.ts";

if (import.meta.main) {
  await runMain(async (signal) => {
    const [job, id, ...flags] = Deno.args;
    const options = jobOptions(job!, flags);
    await using broker = await openBroker(options);
    const env = new StreamExecutionEnvironment({ ...options, store: broker, signal });
    const topic = (name: string): Topic<{ account: string; cents: number }, string> => ({ ...PAYMENTS, name });
    const source = broker.source(topic(`bg_payments_${id}`));
    totalsOf(env.fromSource(source, WatermarkStrategy.noWatermarks(), "payments"))
      .sinkTo(broker.sink(topic(`bg_totals_${id}`))).name("totals_sink");
    await env.execute();
  });
}
