/**
 * Takes the place of `connectors/open_broker.ts` in a job that is bundled for a cluster: Flink reads and writes the topics, so no
 * broker is opened, and where it is goes into the plan.
 */
import { BrokerError } from "../../connectors/broker_errors.ts";
import { JobBroker } from "../../connectors/job_broker.ts";
import type { OpenBrokerOptions } from "../../connectors/open_broker.ts";
import { unopenedBroker } from "../../connectors/unopened_broker.ts";
import { setKafka } from "./kafka.ts";

export type { BrokerSettings, OpenBrokerOptions } from "../../connectors/open_broker.ts";

/** @throws {BrokerError} unless a Kafka is named */
// deno-lint-ignore require-await -- as the function that it stands for
export async function openBroker({ settings, compression }: OpenBrokerOptions): Promise<JobBroker> {
  const { bootstrapServers: servers, security, broker } = settings;
  if (servers === undefined || broker === "embedded") {
    throw new BrokerError(
      "Cannot run the job on Flink without a Kafka that the cluster can reach: set BOOTSTRAP_SERVERS, and not BROKER=embedded",
    );
  }
  setKafka({ servers, security });
  return new JobBroker(unopenedBroker(), { compression });
}
