import { formatTime, MAX_WATERMARK } from "../record.ts";
import type { JobView } from "../reporting/job_view.ts";
import type { SinkWriter } from "../sink.ts";
import type { Attempt } from "./attempt.ts";
import type { SourceTask } from "./source_task.ts";
import type { Task } from "./task.ts";

/** A sink that is open. */
export interface OpenSink {
  readonly uid: string;
  readonly name: string;
  readonly writer: SinkWriter<unknown>;
}

/** What a running job consists of, each in the order of the graph. */
export interface JobParts {
  readonly sources: readonly SourceTask[];
  /** Operators and sinks. */
  readonly tasks: readonly Task[];
  readonly sinks: readonly OpenSink[];
}

/** The open sources, operators and sinks of one attempt. */
export class RunningJob implements JobParts {
  readonly attempt: Attempt;
  readonly sources: readonly SourceTask[];
  readonly tasks: readonly Task[];
  readonly sinks: readonly OpenSink[];
  /** Tasks whose records may still be at work when they have left the others behind. */
  readonly asyncTasks: readonly Task[];
  readonly view: JobView;
  readonly #keyedTasks: readonly Task[];

  constructor(attempt: Attempt, { sources, tasks, sinks }: JobParts) {
    this.attempt = attempt;
    this.sources = sources;
    this.tasks = tasks;
    this.sinks = sinks;
    this.asyncTasks = tasks.filter(({ operator }) => operator.pendingResults !== undefined);
    const isReported = attempt.status?.isOn === true;
    this.#keyedTasks = isReported ? tasks.filter(({ topKeys }) => topKeys !== undefined) : [];
    this.view = { jobName: attempt.options.jobName, sources, tasks, clockLimit: attempt.clockLimit };
  }

  /** Records may come from now on; those below hear how far event time had come. */
  start(): void {
    for (const { reader } of this.sources) reader.start();
    for (const source of this.sources) source.start();
    for (const task of this.tasks) task.start();
    this.#checkEventTime();
  }

  /** Whether all records are through, and all that follows from them. */
  get isDone(): boolean {
    return !this.attempt.slices.isPaused && this.sources.every(({ ended }) => ended) &&
      this.asyncTasks.every(({ operator }) => operator.pendingResults!.pending === 0);
  }

  /** Whether it can take no more records for now. */
  get isFull(): boolean {
    return this.attempt.slices.isPaused || this.asyncTasks.some(({ operator }) => operator.pendingResults!.full);
  }

  /** Notes which keys are at work, for reports; called every few records. */
  noteKeys(): void {
    for (const task of this.#keyedTasks) task.noteKey();
  }

  /** No record will follow: event time comes to its end, and all windows fire. */
  endSources(): void {
    for (const source of this.sources) source.end();
  }

  /** Nothing will be emitted any more. */
  endSinks(): void {
    for (const { writer } of this.sinks) writer.endOfInput?.();
  }

  close(): Promise<void> {
    return closeParts(this.attempt, this);
  }

  /** Event time that came too far by a record with a wrong time never goes back by itself. */
  #checkEventTime(): void {
    const { clockLimit, options: { jobName } } = this.attempt;
    const far = [...this.sources, ...this.tasks].find(({ output: { watermarkMs } }) =>
      watermarkMs !== MAX_WATERMARK && clockLimit.isBeyond(watermarkMs)
    );
    if (far === undefined) return;
    this.attempt.warn(
      `event time of "${far.node.name}" stands at ${
        formatTime(far.output.watermarkMs)
      }, far ahead of the clock: what comes before that is ` +
        `late; "deno task state ${jobName} set-event-time TIME" sets it back while the job is stopped`,
    );
  }
}

/** What has happened stands: what does not close is logged, and keeps nothing else open. */
export async function closeParts(attempt: Attempt, { sources, tasks, sinks }: JobParts): Promise<void> {
  const closings = [
    ...sources.map(({ node, reader }) => ({ name: node.name, close: () => reader.close() })),
    ...sinks.map(({ name, writer }) => ({ name, close: () => writer.close?.() })),
    ...tasks.map(({ name, operator }) => ({ name, close: () => operator.close?.() })),
  ];
  const closeAll = () =>
    Promise.all(closings.map(async ({ name, close }) => {
      try {
        await close();
      } catch (error) {
        attempt.warn(`could not close "${name}": ${error instanceof Error ? error.message : error}`);
      }
    }));
  await attempt.activity.wait("sources, sinks and functions to close", closeAll);
}
