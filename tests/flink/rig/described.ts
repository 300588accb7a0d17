/** A job's description, as whoever submits it and each worker come to it. */
import { JobBroker } from "../../../src/connectors/mod.ts";
import { unopenedBroker } from "../../../src/connectors/unopened_broker.ts";
import { setJobLauncher } from "../../../src/engine/internal.ts";
import { type EnvironmentOptions, SILENT, StreamExecutionEnvironment } from "../../../src/engine/mod.ts";
import { type DescribedJob, describeJob } from "../../../src/flink/description.ts";

/** Describes a job with the sources and sinks of a broker. */
export type DefineJob = (env: StreamExecutionEnvironment, broker: JobBroker) => void;

/** Describes a job as a worker does, anew each time. */
export async function described(define: DefineJob, options: EnvironmentOptions = {}): Promise<DescribedJob> {
  const broker = new JobBroker(unopenedBroker());
  const env = new StreamExecutionEnvironment({ from: "earliest", logger: SILENT, ...options, store: broker });
  define(env, broker);
  let job: DescribedJob | undefined;
  setJobLauncher(async ({ graph, options }) => {
    job = await describeJob(graph, options, () => ({ servers: ["localhost:9092"] }));
    return { jobName: options.jobName, end: "explained", books: { recordsIn: 0 } as never };
  });
  try {
    await env.execute();
  } finally {
    setJobLauncher(undefined);
  }
  return job!;
}
