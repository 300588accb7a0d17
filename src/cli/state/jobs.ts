/** Which jobs there are, for a person who names one. */
import type { Broker } from "../../connectors/broker.ts";
import { BrokerError } from "../../connectors/broker_errors.ts";
import { nearest } from "../../utils.ts";
import type { Entries } from "../../inspect/commit.ts";

/** The job's last commit. @throws {BrokerError} with names that could have been meant, if there is none */
export async function readCommit(broker: Broker, job: string): Promise<Entries> {
  const entries = await broker.readCommit(job);
  if (entries.size > 0) return entries;
  throw new BrokerError(`Job "${job}" has no commit in the ${broker.description}: ${await jobHint(broker, job)}`);
}

/** What to say to somebody who names a job that is not there: the end of a sentence. */
export async function jobHint(broker: Broker, job: string): Promise<string> {
  const jobs = (await broker.jobsReading(await broker.listTopics())).map((each) => each.job);
  const others = jobs.filter((each) => each !== job);
  const near = nearest(job, others).slice(0, 3);
  if (near.length > 0) return `did you mean ${near.map((each) => `"${each}"`).join(" or ")}?`;
  if (others.length === 0) return "no other job has one either";
  return `jobs with one are ${others.map((each) => `"${each}"`).join(", ")}`;
}
