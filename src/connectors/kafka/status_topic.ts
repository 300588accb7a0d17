import type { StatusReport } from "../broker.ts";
import { STATUS_KEPT_INSTANCES } from "../broker.ts";
import { BrokerError } from "../broker_errors.ts";
import type { Client } from "./client.ts";
import { NewestTopic } from "./newest_topic.ts";

/** Where instances of jobs report what they do, as Kafka Connect's workers do in its status.storage.topic. */
const STATUS_TOPIC = "jobs.status";

/** Reports of instances in a topic of their own, apart from all transactions. */
export class StatusTopic {
  readonly #client: Client;
  readonly #topic: NewestTopic;

  constructor(client: Client) {
    this.#client = client;
    this.#topic = new NewestTopic(client, STATUS_TOPIC);
  }

  /** Writes a report; creates the topic if it is missing. @throws {BrokerError} if it cannot be written */
  write({ job, instance, atMs, text }: StatusReport): Promise<void> {
    return this.#topic.write({ key: keyOf(job, instance), atMs, text });
  }

  /** The newest report of each instance. Later calls read only what has come since. */
  async reports(): Promise<StatusReport[]> {
    const records = await this.#topic.records();
    return newestOf(records.map(({ key, atMs, text }) => {
      const slash = key.indexOf("/");
      return { job: key.slice(0, slash), instance: key.slice(slash + 1), atMs, text };
    }));
  }

  /** Forgets the reports of a job. Reports that this user may not read or write are left to the topic's retention. */
  async forget(job: string): Promise<void> {
    try {
      for (const report of await this.reports()) {
        if (report.job === job) await this.#topic.remove(keyOf(job, report.instance));
      }
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      this.#client.log("debug", `the reports of "${job}" stay in "${STATUS_TOPIC}": ${error.message}`);
    }
  }

  close(): Promise<void> {
    return this.#topic.close();
  }
}

/** No job's name has a slash. */
function keyOf(job: string, instance: string): string {
  return `${job}/${instance}`;
}

/** Sorted by job and time; of each job those of the newest instances. */
function newestOf(reports: readonly StatusReport[]): StatusReport[] {
  const byJob = Map.groupBy(reports, ({ job }) => job);
  return [...byJob].sort(([a], [b]) => a < b ? -1 : 1).flatMap(([, of]) =>
    of.sort((a, b) => a.atMs - b.atMs).slice(-STATUS_KEPT_INSTANCES)
  );
}
