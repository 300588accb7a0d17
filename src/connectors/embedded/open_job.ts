import { type Step, stepsOf } from "../../engine/internal.ts";
import type { BrokerJobRequest } from "../broker.ts";
import { BrokerError, JobActiveError } from "../broker_errors.ts";
import type { EmbeddedFaultPoint } from "../fault_points.ts";
import { checkJobName } from "../names.ts";
import type { Database } from "./database.ts";
import { Instance } from "./instance.ts";
import { removeUncommitted } from "./uncommitted.ts";
import { type Holder, holderOf, noteTopics, takeJob, type Term } from "./jobs.ts";

/** How often an instance that stands by checks whether it can take over, ms. */
const POLL_MS = 50;

/** An instance that has become the active one, and its term. */
export interface Acquired {
  readonly instance: Instance;
  readonly term: Term;
}

/**
 * Waits until this process is the active instance of a job.
 *
 * It becomes active when no other instance is: the other has released the job, is dead (its lock is free), or its session has
 * timed out. Of several waiting instances any one may become active.
 *
 * @param closing aborted when the broker is closed, which ends the wait too
 */
export async function waitForJob(
  database: Database,
  request: BrokerJobRequest,
  closing: AbortSignal,
): Promise<Acquired> {
  checkRequest(request);
  request.signal.throwIfAborted();
  const instance = new Instance(database, request.job);
  try {
    let seen: string | undefined;
    for (;;) {
      const found = tryToTake(database, request, instance);
      if ("term" in found) return { instance, term: found.term };
      if (request.whenActive === "refuse") throw new JobActiveError(activeMessage(request.job, found));
      if (found.id !== seen) request.onStandby(found.description);
      seen = found.id;
      await pause([request.signal, closing]);
    }
  } catch (error) {
    endQuietly(instance);
    throw error;
  }
}

/** The term, or the instance that has it. */
function tryToTake(database: Database, request: BrokerJobRequest, instance: Instance): { term: Term } | Holder {
  const { job, topics, sessionTimeoutMs, faultPoint } = request;
  // Looking takes no lock on the log; only if the job seems free, the lock is taken and the row is read again.
  const holder = database.read(() => holderOf(database, job));
  if (holder !== undefined) return holder;
  const step: Step<EmbeddedFaultPoint> = stepsOf(faultPoint);
  step("start: the job is free");
  return step("start: taking the job has ended", () =>
    database.write(() => {
      step("start: taking the job has begun");
      const faster = holderOf(database, job);
      if (faster !== undefined) return faster;
      return step("start: the job is taken, not committed", () => {
        const term = takeJob(database, job, instance.id, sessionTimeoutMs);
        noteTopics(database, term, topics);
        removeUncommitted(database, term.jobId);
        return { term };
      });
    }));
}

function checkRequest({ job, sessionTimeoutMs, replicas = 1 }: BrokerJobRequest): void {
  checkJobName(job);
  if (replicas > 1) {
    throw new BrokerError(`Cannot open job "${job}" with ${replicas} replicas: the embedded log keeps one copy`);
  }
  if (!(sessionTimeoutMs > 0)) {
    throw new RangeError(
      `Cannot open job "${job}" as sessionTimeoutMs must be > 0: current value is ${sessionTimeoutMs}`,
    );
  }
}

function activeMessage(job: string, { description }: Holder): string {
  return `Cannot open job "${job}": it is running in ${description}; stop that first`;
}

/** Rejects with the reason of the first of `signals` that is aborted. */
function pause(signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener("abort", settle);
      const aborted = signals.find((signal) => signal.aborted);
      if (aborted === undefined) resolve();
      else reject(aborted.reason);
    };
    const timer = setTimeout(settle, POLL_MS);
    for (const signal of signals) signal.addEventListener("abort", settle);
    if (signals.some((signal) => signal.aborted)) settle();
  });
}

/** Ends the instance without throwing: the caller throws the first error, and other instances see the free lock. */
function endQuietly(instance: Instance): void {
  try {
    instance.end();
  } catch {
    // The error that led here is the one to be thrown.
  }
}
