import type { Broker } from "../../connectors/broker.ts";
import { type SentStep, SYSTEM_CLOCK, type TraceStep } from "../../engine/mod.ts";
import { findSent, type FoundRecord } from "./find_record.ts";
import { type JobFile, runJobFile } from "./job_process.ts";
import type { EndMessage, FollowMessage, JobMessage, Place, RerunStart } from "./protocol.ts";

/** Between two looks for a record that a running job is to write, ms. */
const ASK_AGAIN_MS = 500;

/** What is followed, and how. */
export interface ChainOptions {
  readonly jobs: readonly DescribedFile[];
  readonly places: readonly Place[];
  /** Where jobs begin, ms since the Unix epoch; left out: at a commit, or the beginning. */
  readonly fromMs?: number | undefined;
  /** Whether to go on with the records that come, until nothing more can come of these. */
  readonly wait: boolean;
  readonly signal: AbortSignal;
  /** Called with what a job waits for. */
  readonly onWaiting: (job: string, why: string | undefined) => void;
}

/** What one job made of some records. */
export interface JobTrace {
  readonly job: string;
  /** Its file. */
  readonly file: string;
  /** Topics that it reads. */
  readonly reads: readonly string[];
  /** Where it began this time. */
  readonly from: RerunStart;
  readonly steps: readonly TraceStep[];
  /** What it sent to topics, by the number of the step: where it lies; left out: it does not, or not yet. */
  readonly sent: ReadonlyMap<number, FoundRecord>;
  /** What may still come. */
  readonly open: number;
  /** What it waits for. */
  readonly why?: string | undefined;
}

/** A job's file, and what it describes. */
export interface DescribedFile extends JobMessage {
  readonly file: JobFile;
}

/** What each file describes. */
export async function describeFiles(files: readonly JobFile[], signal: AbortSignal): Promise<DescribedFile[]> {
  return await Promise.all(files.map(async (file) => {
    let description: JobMessage | undefined;
    const onMessage = (message: FollowMessage) => {
      if (message.type === "job") description = message;
    };
    await runJobFile(file, { command: "describe" }, { onMessage, signal });
    return { ...description!, file };
  }));
}

/**
 * Follows records from job to job: each reads the topics of the records, and what it sends goes on to those that read that.
 * @yields what each job made of them, in their order
 */
export async function* followChain(
  broker: Broker,
  options: ChainOptions,
): AsyncGenerator<JobTrace> {
  const { jobs, places } = options;
  const done = new Set<string>();
  let next = places;
  while (next.length > 0) {
    const following: Place[] = [];
    for (const job of jobs) {
      const ours = next.filter((place) => job.reads.includes(place.topic) && !done.has(nameOf(job, place)));
      if (ours.length === 0) continue;
      for (const place of ours) done.add(nameOf(job, place));
      const trace = await followThrough(broker, job, { ...options, places: ours });
      yield trace;
      following.push(...trace.sent.values());
    }
    next = following;
  }
}

function nameOf({ job }: JobMessage, { topic, partition, offset }: Place): string {
  return JSON.stringify([job, topic, partition, offset]);
}

async function followThrough(
  broker: Broker,
  job: DescribedFile,
  { places, fromMs, wait, signal, onWaiting }: ChainOptions,
): Promise<JobTrace> {
  const steps: TraceStep[] = [];
  let from: RerunStart = "the beginning";
  let end: EndMessage | undefined;
  const onMessage = (message: FollowMessage) => {
    if (message.type === "step") steps.push(message.step);
    else if (message.type === "start") from = message.from;
    else if (message.type === "waiting") onWaiting(job.job, message.why);
    else if (message.type === "end") end = message;
  };
  await runJobFile(job.file, { command: "follow", places, fromMs, wait }, { onMessage, signal });
  const sent = new Map<number, FoundRecord>();
  for (const step of steps.filter((step): step is SentStep => step.kind === "sent")) {
    if (step.record === undefined) continue;
    let found = await findSent(broker, step.record);
    for (let asked = 0; wait && found === undefined && !signal.aborted; asked++) {
      if (asked === 1) onWaiting(job.job, `the job itself to write it to "${step.record.topic}"`);
      await SYSTEM_CLOCK.sleep(ASK_AGAIN_MS, signal);
      found = await findSent(broker, step.record);
    }
    if (found !== undefined) sent.set(step.step, found);
  }
  return {
    job: job.job,
    file: job.file.file,
    reads: job.reads,
    from,
    steps,
    sent,
    open: end?.open ?? 0,
    why: end?.why,
  };
}
