import type { Broker } from "../../connectors/broker.ts";
import { BrokerError, TopicExistsError } from "../../connectors/broker_errors.ts";
import type { Topic } from "../../models.ts";
import { FLIGHTDATA, SKYONE, SUNSET, USERSTATISTICS } from "../../models.ts";
import type { Logger } from "../../utils.ts";

const PARTITIONS = 5;

/** The course's topics under the demo's own names, so that demo and lessons do not disturb each other. */
export const DEMO_TOPICS = {
  skyone: ofDemo(SKYONE),
  sunset: ofDemo(SUNSET),
  flightdata: ofDemo(FLIGHTDATA),
  userstatistics: ofDemo(USERSTATISTICS),
} as const;

const NAMES = Object.values(DEMO_TOPICS).map(({ name }) => name);

function ofDemo<T, K>(topic: Topic<T, K>): Topic<T, K> {
  return { ...topic, name: `demo.${topic.name}` };
}

/** Creates those of the demo's topics that are missing. */
export async function createMissingTopics(broker: Broker, logger: Logger): Promise<void> {
  for (let attempt = 1;; attempt++) {
    const existing = new Set(await broker.listTopics());
    const missing = NAMES.filter((name) => !existing.has(name));
    if (missing.length === 0) return;
    try {
      await broker.createTopics(missing.map((name) => ({ name, partitions: PARTITIONS })));
      logger.info(`created ${missing.join(", ")} with ${PARTITIONS} partitions each`);
      return;
    } catch (error) {
      // Another demo has created it at the same moment.
      if (!(error instanceof TopicExistsError) || attempt === 3) throw error;
    }
  }
}

/**
 * Deletes the demo's topics, and the state of jobs that read them.
 * @throws {BrokerError} naming the jobs, if some are running; nothing has changed then
 */
export async function forgetDemo(broker: Broker, logger: Logger): Promise<void> {
  const jobs = await broker.jobsReading(NAMES);
  const running = jobs.filter((job) => job.running).map(({ job }) => job);
  if (running.length > 0) {
    const [verb, them] = running.length === 1 ? ["is", "it"] : ["are", "them"];
    throw new BrokerError(
      `Cannot start the demo over while ${running.join(" and ")} ${verb} running here: stop ${them} first`,
    );
  }
  for (const { job } of jobs) await broker.dropJob(job);
  const existing = new Set(await broker.listTopics());
  const old = NAMES.filter((name) => existing.has(name));
  if (old.length > 0) await broker.deleteTopics(old);
  logger.info("forgot the topics and commits of earlier demos");
}
