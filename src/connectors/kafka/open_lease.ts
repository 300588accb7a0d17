import { type Step, stepsOf } from "../../engine/internal.ts";
import type { KafkaFaultPoint } from "../fault_points.ts";
import type { BrokerJobRequest } from "../broker.ts";
import { JobActiveError } from "../broker_errors.ts";
import { describeProcess } from "../describe_process.ts";
import { checkJobName } from "../names.ts";
import type { Instance } from "./assignment.ts";
import { changelogTopic, ensureChangelog } from "./changelog.ts";
import type { Client } from "./client.ts";
import { ProducerFencedError } from "./errors.ts";
import { membersOf } from "./jobs.ts";
import { fencedError, KafkaLease } from "./lease.ts";
import { Membership } from "./membership.ts";
import { warnOfSingleReplicas } from "./replication.ts";
import { TransactionalProducer } from "./transaction.ts";

/** How long the wait for other members goes on before it is logged, ms: members that are alive answer sooner. */
const SAY_AFTER_MS = 1_500;
/** How much longer than a session timeout joining a group may take, ms. */
const JOIN_ALLOWANCE_MS = 4_000;

/** What opening a lease needs beside the request. */
export interface LeaseContext {
  /** For short requests. */
  readonly shared: Client;
  /** For the lease alone; closed with it. */
  readonly client: Client;
  /** ms since the Unix epoch; default `Date.now`. */
  readonly now?: () => number;
}

/**
 * Waits until this process is the active instance of the job.
 *
 * In this order: the group makes this instance the active one; taking over the transactional id fences the predecessor and ends
 * its transaction; only then does nobody change the state any more that is to be restored.
 */
export async function openLease(request: BrokerJobRequest, context: LeaseContext): Promise<KafkaLease> {
  try {
    return await takeOver(request, context);
  } catch (error) {
    await context.client.close();
    throw error instanceof ProducerFencedError ? fencedError(request.job, error) : error;
  }
}

async function takeOver(request: BrokerJobRequest, context: LeaseContext): Promise<KafkaLease> {
  const { job, signal, whenActive, sessionTimeoutMs, faultPoint } = request;
  const { shared, client, now = Date.now } = context;
  const step: Step<KafkaFaultPoint> = stepsOf(faultPoint);
  checkJobName(job);
  signal.throwIfAborted();
  const doubtful = whenActive === "refuse" ? await membersOf(shared, job) : undefined;
  const active = Promise.withResolvers<void>();
  const membership = new Membership(shared.fork({ connectWithinMs: Math.max(sessionTimeoutMs / 3, 500) }), shared, {
    ...request,
    instance: newInstance(now()),
    onActive: active.resolve,
    onStandby: (holder) => whenActive === "refuse" ? active.reject(jobActive(job, holder)) : request.onStandby(holder),
  });
  const stop = new AbortController();
  const stopping = AbortSignal.any([signal, membership.lost]);
  const giveUp = () => {
    active.reject(stopping.reason);
    stop.abort(stopping.reason);
  };
  stopping.addEventListener("abort", giveUp);
  using _doubt = doubtful !== undefined && doubtful.count > 0
    ? boundDoubt(request, { holder: doubtful.holder, log: shared.log, refuse: active.reject })
    : undefined;
  try {
    if (stopping.aborted) giveUp();
    await step("start: active in the group", () => active.promise);
    const producing = AbortSignal.any([stop.signal, membership.lost]);
    const producer = await step(
      "start: the transactional id is taken over",
      () => TransactionalProducer.open(client, job, { signal: producing, faultPoint }),
    );
    await step("start: the changelog is there", async () => {
      await ensureChangelog(shared, job, { replicas: request.replicas });
      await warnOfSingleReplicas(shared, [changelogTopic(job)]);
    });
    stopping.throwIfAborted();
    return new KafkaLease({ shared, client, request, membership, producer, stop, now });
  } catch (error) {
    await membership.leave();
    throw error;
  } finally {
    stopping.removeEventListener("abort", giveUp); // the request's signal was for waiting
  }
}

/**
 * A member of the group may be dead. When an instance joins, all members that are alive rejoin at once, and the broker waits for
 * the others until their sessions time out. Logs that this takes a while, and in the end refuses to start.
 */
function boundDoubt(
  { job, sessionTimeoutMs }: BrokerJobRequest,
  doubt: {
    readonly holder: string | undefined;
    readonly log: Client["log"];
    readonly refuse: (error: JobActiveError) => void;
  },
): Disposable {
  const { holder, log, refuse } = doubt;
  const who = holder ?? "another process";
  const longest = `${Math.ceil(sessionTimeoutMs / 1000)} s`;
  const timers = [
    setTimeout(() => log("info", `${job}: waits for a sign of life of ${who}, ${longest} at most`), SAY_AFTER_MS),
    setTimeout(() => refuse(jobActive(job, holder)), sessionTimeoutMs + JOIN_ALLOWANCE_MS),
  ];
  return { [Symbol.dispose]: () => timers.forEach(clearTimeout) };
}

function newInstance(sinceMs: number): Omit<Instance, "activeSince"> {
  const id = crypto.randomUUID();
  return { id, sinceMs, words: `${describeProcess()} (instance ${id.slice(0, 4)})` };
}

function jobActive(job: string, holder: string | undefined): JobActiveError {
  return new JobActiveError(`Cannot run "${job}": it is running in ${holder ?? "another process"}; stop it first`);
}
