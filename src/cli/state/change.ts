/** What changes a job's commit from outside: importing one, and forgetting it. */
import { type Broker, type BrokerJobRequest, type BrokerLease, deadLetterTopic } from "../../connectors/broker.ts";
import { formatCount, type Logger, UsageError } from "../../utils.ts";
import {
  type Entries,
  partitionOf,
  readableOf,
  singleTimersOf,
  sinksOf,
  splitsOf,
  statesOf,
} from "../../inspect/commit.ts";
import { readCommit } from "./jobs.ts";
import { placePositions, type PositionPolicy } from "./positions.ts";
import type { Savepoint } from "./savepoint.ts";

/** Options of importing a commit and of forgetting one. */
export interface ChangeOptions {
  /** Without it nothing is changed: what would be is logged. */
  readonly yes: boolean;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const SESSION_TIMEOUT_MS = 10_000;

/**
 * Makes a savepoint the job's commit, in one transaction.
 *
 * @throws {JobActiveError} while an instance of the job is active
 * @throws {UsageError} if the job has a commit, and `yes` is not set
 */
export async function importSavepoint(
  broker: Broker,
  job: string,
  savepoint: Savepoint,
  options: ChangeOptions & { readonly positions: PositionPolicy },
): Promise<void> {
  const { logger, yes } = options;
  const { entries, positions, words } = await placePositions(broker, savepoint.entries, options.positions);
  for (const sentence of words) logger.info(sentence);
  const old = await broker.readCommit(job);
  if (old.size > 0 && !yes) {
    throw new UsageError(
      `Job "${job}" has a commit in the ${broker.description} (${describeEntries(old)}): add --yes to replace it`,
    );
  }
  if (old.size > 0) logger.info(`Replaces the commit of ${job} (${describeEntries(old)})`);
  if (savepoint.head.job !== job) {
    logger.info(`The savepoint is of the job "${savepoint.head.job}", it is "${job}" here`);
  }
  const topics = [...new Set(positions.map(({ topic }) => topic))];
  await withLease(broker, { job, topics, signal: options.signal }, async (lease) => {
    const gone = [...(await lease.restore()).keys()].filter((entry) => !entries.has(entry));
    await lease.commit({ changes: [...gone.map((entry) => [entry, null] as const), ...entries], positions });
  });
  logger.info(`Imported ${describeEntries(entries)} as the commit of ${job}: start it to go on from there`);
}

/**
 * Forgets the job's commit.
 *
 * @throws {JobActiveError} while an instance of the job is active
 * @throws {UsageError} if `yes` is not set; what it would remove has been logged
 */
export async function resetJob(broker: Broker, job: string, options: ChangeOptions): Promise<void> {
  const { logger, yes } = options;
  const entries = await readCommit(broker, job);
  const splits = splitsOf(readableOf(entries));
  logger.info(`A reset of ${job} removes ${describeEntries(entries)}; then it begins where --from says`);
  logger.info(`What it has written stays, and so do the records in ${deadLetterTopic(job)}`);
  if (!yes) throw new UsageError("Nothing was removed: add --yes to do it");
  const existing = new Set(await broker.listTopics());
  const topics = [...new Set(splits.flatMap((split) => partitionOf(split)?.topic ?? []))];
  const request = { job, topics: topics.filter((topic) => existing.has(topic)), signal: options.signal };
  await withLease(broker, request, (lease) => lease.reset());
  logger.info(`Removed the commit of ${job}`);
}

/** "12 entries: state of 2 operators (flights, windows), 5 timers, positions of skyone"; what is damaged is counted only. */
function describeEntries(all: Entries): string {
  const entries = readableOf(all);
  const damaged = all.size - entries.size;
  const states = [...new Set(statesOf(entries).filter((state) => state.entries > 0).map(({ uid }) => uid))];
  const timers = singleTimersOf(entries).reduce((sum, { count }) => sum + count, 0);
  const sources = [...new Set(splitsOf(entries).map(({ source }) => source))];
  const sinks = sinksOf(entries);
  const parts = [
    ...(states.length > 0 ? [`state of ${states.join(", ")}`] : []),
    ...(timers > 0 ? [`${formatCount(timers)} timer${timers === 1 ? "" : "s"}`] : []),
    ...(sources.length > 0 ? [`positions of ${sources.join(", ")}`] : []),
    ...(sinks.length > 0 ? [`what ${sinks.join(", ")} had to remember`] : []),
    ...(damaged > 0 ? [`${formatCount(damaged)} that no job has written`] : []),
  ];
  const count = `${formatCount(all.size)} entr${all.size === 1 ? "y" : "ies"}`;
  return parts.length === 0 ? count : `${count}: ${parts.join(", ")}`;
}

/** Does `work` as the one active instance of the job. @throws {JobActiveError} while another one is */
export async function withLease(
  broker: Broker,
  { job, topics, signal }: Pick<BrokerJobRequest, "job" | "topics" | "signal">,
  work: (lease: BrokerLease) => Promise<void>,
): Promise<void> {
  const lease = await broker.openJob({
    job,
    topics,
    sessionTimeoutMs: SESSION_TIMEOUT_MS,
    exactlyOnce: true,
    whenActive: "refuse",
    onStandby: () => {},
    signal,
  });
  try {
    await work(lease);
  } finally {
    await lease.close();
  }
}
