import { type Broker, BrokerError, JobActiveError, UnknownTopicError } from "../connectors/mod.ts";
import { FLIGHTDATA, SKYONE, SUNSET, USERSTATISTICS } from "../models.ts";
import type { Logger } from "../utils.ts";

/** The topics of bookings. */
const AIRLINES = [SKYONE.name, SUNSET.name];
const TOPICS = [SKYONE, SUNSET, FLIGHTDATA, USERSTATISTICS].map((topic) => topic.name);
const PARTITIONS = 5;

/** That of jobs by default. */
const SESSION_TIMEOUT_MS = 10_000;

/** Makes sure that bookings can be sent: with `create` replaces the topics by empty ones, else only checks that they exist. */
export async function prepareTopics(
  broker: Broker,
  { create, ...options }: RecreateTopicsOptions & { readonly create: boolean },
): Promise<void> {
  if (create) await recreateTopics(broker, options);
  else await requireTopics(broker);
  await broker.warnOfSettings?.(AIRLINES);
}

/** @throws {UnknownTopicError} with what to do, if a topic is missing that bookings are sent to */
export async function requireTopics(broker: Broker): Promise<void> {
  try {
    await broker.describeTopics(AIRLINES);
  } catch (error) {
    if (!(error instanceof UnknownTopicError)) throw error;
    const names = error.topics.map((name) => `"${name}"`).join(" and ");
    throw new UnknownTopicError(
      error.topics,
      `Cannot send bookings to ${names}: no such topic; add --create to create it`,
    );
  }
}

/** How topics are replaced by empty ones. */
export interface RecreateTopicsOptions {
  readonly logger: Logger;
  /** Copies of each; left out: as the broker is set. */
  readonly replicas?: number | undefined;
  readonly signal?: AbortSignal;
}

/**
 * Replaces the four topics by empty ones, and removes what the broker keeps of jobs that read them: a position in a topic that
 * is gone would be wrong in the new one.
 *
 * @throws {BrokerError} naming the jobs, if some are running; then nothing has changed
 */
export async function recreateTopics(broker: Broker, options: RecreateTopicsOptions): Promise<void> {
  const { logger, replicas, signal = new AbortController().signal } = options;
  const jobs = await broker.jobsReading(TOPICS);
  const running: string[] = [];
  for (const { job, running: seemsSo } of jobs) if (seemsSo && await isRunning(broker, job, signal)) running.push(job);
  if (running.length > 0) {
    throw new BrokerError(
      `Cannot create the topics anew while they are read by ${running.join(" and ")}: stop ` +
        `${running.length === 1 ? "it" : "them"} first`,
    );
  }
  for (const { job } of jobs) {
    await broker.dropJob(job);
    logger.info(`Removed the commits, state and dead letters of ${job}`);
  }
  const existing = new Set(await broker.listTopics());
  const old = TOPICS.filter((name) => existing.has(name));
  if (old.length > 0) {
    await broker.deleteTopics(old);
    logger.info(`Deleted ${old.join(", ")}`);
  }
  await broker.createTopics(TOPICS.map((name) => ({ name, partitions: PARTITIONS, replicas })));
  logger.info(`Created ${TOPICS.join(", ")} with ${PARTITIONS} partitions each`);
}

/** Whether a job that seems to be running is: for a session timeout one that was killed looks the same. */
async function isRunning(broker: Broker, job: string, signal: AbortSignal): Promise<boolean> {
  try {
    const lease = await broker.openJob({
      job,
      topics: [],
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      exactlyOnce: true,
      whenActive: "refuse",
      onStandby: () => {},
      signal,
    });
    await lease.close();
    return false;
  } catch (error) {
    if (error instanceof JobActiveError) return true;
    throw error;
  }
}
