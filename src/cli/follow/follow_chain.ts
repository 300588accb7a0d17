import type { Broker } from "../../connectors/broker.ts";
import { type SentStep, type TraceStep } from "../../engine/mod.ts";
import { findSent, type FoundRecord } from "./find_record.ts";
import { type JobFile, runJobFile } from "./job_process.ts";
import type { EndMessage, JobMessage, Place, RerunStart } from "./protocol.ts";

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
export async function describeFiles(files: readonly JobFile[]): Promise<DescribedFile[]> {
  return await Promise.all(files.map(async (file) => {
    let description: JobMessage | undefined;
    await runJobFile(file, { command: "describe" }, (message) => {
      if (message.type === "job") description = message;
    });
    return { ...description!, file };
  }));
}

/**
 * Follows records from job to job: each reads the topics of the records, and what it sends goes on to those that read that.
 * @yields what each job made of them, in their order
 */
export async function* followChain(
  broker: Broker,
  { jobs, places, fromMs }: {
    readonly jobs: readonly DescribedFile[];
    readonly places: readonly Place[];
    readonly fromMs?: number | undefined;
  },
): AsyncGenerator<JobTrace> {
  const done = new Set<string>();
  let next = places;
  while (next.length > 0) {
    const following: Place[] = [];
    for (const job of jobs) {
      const ours = next.filter((place) => job.reads.includes(place.topic) && !done.has(nameOf(job, place)));
      if (ours.length === 0) continue;
      for (const place of ours) done.add(nameOf(job, place));
      const trace = await followThrough(broker, { job, places: ours, fromMs });
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
  { job, places, fromMs }: {
    readonly job: DescribedFile;
    readonly places: readonly Place[];
    readonly fromMs: number | undefined;
  },
): Promise<JobTrace> {
  const steps: TraceStep[] = [];
  let from: RerunStart = "the beginning";
  let end: EndMessage | undefined;
  await runJobFile(job.file, { command: "follow", places, fromMs }, (message) => {
    if (message.type === "step") steps.push(message.step);
    else if (message.type === "start") from = message.from;
    else if (message.type === "end") end = message;
  });
  const sent = new Map<number, FoundRecord>();
  for (const step of steps.filter((step): step is SentStep => step.kind === "sent")) {
    const found = step.record && await findSent(broker, step.record);
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
