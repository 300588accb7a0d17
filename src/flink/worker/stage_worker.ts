/** A worker: it runs one stage of a job, with the engine's own tasks, as the runner asks. */
import { deadLetterTopic } from "../../connectors/mod.ts";
import { DeadLetterWriter } from "../../connectors/records/dead_letter_record.ts";
import { JOB_ENTRY, jobText, parseName } from "../../engine/commit_format.ts";
import { isExpected, mayRestart } from "../../engine/error_codes.ts";
import { JobError } from "../../engine/errors.ts";
import type { DeadLetter, JobSession } from "../../engine/job_store.ts";
import { MAX_WATERMARK, MIN_WATERMARK } from "../../engine/record.ts";
import { Attempt } from "../../engine/runtime/attempt.ts";
import { flushSinks } from "../../engine/runtime/commits.ts";
import { jobRecord } from "../../engine/runtime/job_record.ts";
import { openRunningJob } from "../../engine/runtime/open_running_job.ts";
import type { RunningJob } from "../../engine/runtime/running_job.ts";
import { Snapshot } from "../../engine/runtime/snapshot.ts";
import type { Task } from "../../engine/runtime/task.ts";
import { lastOf } from "../../engine/state/changes.ts";
import { PERIODIC_EMIT_MS } from "../../engine/time/watermark_strategy.ts";
import type { DescribedJob } from "../description.ts";
import { formatTopicPlace, inputOf } from "../exchange.ts";
import { mergeJobs } from "../hand_over.ts";
import { keyText } from "../key_text.ts";
import { readTexts, type ResultHead, writeTexts } from "../protocol/bodies.ts";
import { ByteWriter } from "../protocol/byte_writer.ts";
import { type Counters, type Frame, FrameType, type OpenRequest, ProtocolError } from "../protocol/frame.ts";
import { RowReader } from "../protocol/rows.ts";
import type { Stage } from "../stages.ts";
import { ResultRows } from "./result_rows.ts";
import type { RowSource } from "./row_source.ts";
import { type StageGraph, stageGraph } from "./stage_graph.ts";

/** Answers the runner's requests, in their order. */
export class StageWorker {
  readonly #job: DescribedJob;
  readonly #rows = new ResultRows();
  #stage!: Stage;
  #stageGraph!: StageGraph;
  /** Undefined until it is started. */
  #running: RunningJob | undefined;
  /** What the last checkpoint has of this subtask's keys, until it is started. */
  #restored = new Map<string, string>();
  #restoredJobs: string[] = [];
  /** The input whose record is at work; undefined while time is. */
  #current: RowSource | undefined;

  constructor(job: DescribedJob) {
    this.#job = job;
  }

  /** @returns the frame to answer with; an error of the job is one too */
  async answer(request: Frame): Promise<Uint8Array<ArrayBuffer>> {
    try {
      return await this.#answer(request);
    } catch (error) {
      const frame = new ByteWriter().begin(mayPass(error, this.#job) ? FrameType.FAILURE : FrameType.FATAL);
      frame.text(describeFailure(error));
      return frame.frame();
    }
  }

  /** Closes the job's functions. */
  async close(): Promise<void> {
    this.#running?.attempt.end();
    await this.#running?.close();
  }

  async #answer({ type, body }: Frame): Promise<Uint8Array<ArrayBuffer>> {
    const number = () => new DataView(body.buffer, body.byteOffset).getFloat64(0, true);
    switch (type) {
      case FrameType.OPEN:
        this.#open(JSON.parse(new TextDecoder().decode(body)) as OpenRequest);
        break;
      case FrameType.RESTORE:
        this.#restore(readTexts(body) as string[]);
        break;
      case FrameType.START:
        await this.#start();
        break;
      case FrameType.BATCH:
        this.#batch(new RowReader(body));
        await this.#flush();
        break;
      case FrameType.WATERMARK:
        this.#watermark(number());
        await this.#flush();
        break;
      case FrameType.PROCESSING_TIME:
        this.#processingTime(number());
        await this.#flush();
        break;
      case FrameType.COMMIT:
        return this.#commit();
      default:
        throw new ProtocolError(`Cannot answer a request of type ${type}`);
    }
    return this.#result();
  }

  #open({ stage: index, planHash }: OpenRequest): void {
    const { plan, stages } = this.#job;
    const stage = stages[index];
    if (planHash !== plan.hash || stage === undefined) {
      throw new JobError(
        `Cannot run a worker of job "${plan.jobName}": it describes another job here than where it was submitted; ` +
          "main() must describe the same whenever it runs, whatever the time and the machine",
      );
    }
    this.#stage = stage;
    this.#stageGraph = stageGraph(stage, { rows: this.#rows, place: () => this.#current?.place() });
  }

  #restore(texts: readonly string[]): void {
    for (let i = 0; i < texts.length; i += 2) {
      if (texts[i] === JOB_ENTRY) this.#restoredJobs.push(texts[i + 1]!);
      else this.#restored.set(texts[i]!, texts[i + 1]!);
    }
  }

  async #start(): Promise<void> {
    const { options } = this.#job;
    const { graph } = this.#stageGraph;
    if (this.#restoredJobs.length > 0) this.#restored.set(JOB_ENTRY, mergeJobs(this.#restoredJobs));
    const snapshot = new Snapshot(this.#restored);
    this.#restored = new Map();
    snapshot.checkFits(options.jobName, graph);
    const attempt = new Attempt(graph, { ...options, session: this.#letterBox(), number: 1 });
    this.#running = await openRunningJob(graph, snapshot, attempt);
    // All workers have converted their part now, or none has: a checkpoint has one version of each state.
    for (const { state } of this.#running.tasks) state.endMigrations();
    this.#running.start();
  }

  /** Takes dead letters to their topic; nothing else of it is asked for. */
  #letterBox(): JobSession {
    const { jobName } = this.#job.plan;
    const deadLetters = deadLetterTopic(jobName);
    const writer = new DeadLetterWriter(deadLetters, jobName);
    const deadLetter = (letter: DeadLetter) => this.#rows.deadLetter(writer.record(this.#withPlace(letter)));
    return { deadLetters, deadLetter } as unknown as JobSession;
  }

  /** A letter of a record that came from another stage says which record of a topic it was made of. */
  #withPlace(letter: DeadLetter): DeadLetter {
    const place = letter.origin === undefined ? this.#current?.place() : undefined;
    return place === undefined
      ? letter
      : { ...letter, message: `${letter.message}, made of ${formatTopicPlace(place)}` };
  }

  #batch(rows: RowReader): void {
    const { inputs } = this.#stageGraph;
    const { sources } = this.#running!;
    const isTopic = this.#stage.root.kind === "source";
    while (rows.next()) {
      const index = isTopic ? 0 : inputOf(rows);
      const input = inputs[index]!;
      input.handOver(rows);
      this.#current = input;
      sources[index]!.splits[0]!.step();
    }
    this.#current = undefined;
  }

  #watermark(ms: number): void {
    const job = this.#running!;
    if (ms === MAX_WATERMARK) return job.endSources();
    for (const { output } of job.sources) if (ms > output.watermarkMs) output.emitWatermark(ms);
  }

  #processingTime(nowMs: number): void {
    for (const task of this.#running!.tasks) {
      task.advanceProcessingTime(nowMs);
      if (task.operator.onPeriodicEmit !== undefined) task.emitPeriodically(nowMs);
    }
  }

  /** What the worker's own sinks have gathered is out when it resolves: before a checkpoint follows. */
  async #flush(): Promise<void> {
    const { sinks, attempt } = this.#running!;
    await flushSinks(sinks, attempt.activity);
  }

  /** What has changed, each entry under the key that Flink keeps it by. */
  #commit(): Uint8Array<ArrayBuffer> {
    const job = this.#running!;
    for (const { state } of job.tasks) state.dropExpired();
    const texts: (string | null)[] = [
      jobText(jobRecord(job, { bounds: null, finishedAtMs: null, ahead: new Map() })),
    ];
    for (const [entry, value] of lastOf(job.attempt.changes.drain())) {
      const name = parseName(entry, value ?? "null");
      if (!("key" in name)) throw new ProtocolError(`Cannot commit the entry ${entry}: it belongs to no key`);
      texts.push(keyText(name.key), entry, value);
    }
    const to = new ByteWriter().begin(FrameType.CHANGES);
    writeTexts(to, texts);
    return to.frame();
  }

  #result(): Uint8Array<ArrayBuffer> {
    const deadLetters = this.#stage.outlets.length;
    const job = this.#running;
    if (job === undefined) return this.#rows.finish(NOTHING_YET, deadLetters);
    const watermarkMs = watermarkBehind(job);
    return this.#rows.finish({
      watermarkMs: watermarkMs === MIN_WATERMARK ? undefined : watermarkMs,
      nextTimerMs: this.#nextTimerMs(job),
      counters: this.#counters(job),
    }, deadLetters);
  }

  #nextTimerMs({ tasks }: RunningJob): number {
    const periodic = tasks.some(({ operator }) => operator.onPeriodicEmit !== undefined);
    return Math.min(
      periodic ? this.#job.options.clock.now() + PERIODIC_EMIT_MS : Number.POSITIVE_INFINITY,
      ...tasks.map(({ processingTimers }) => processingTimers.nextTimeMs),
    );
  }

  #counters({ sources, tasks, attempt }: RunningJob): Counters {
    const all = [...sources, ...tasks].map(({ output }) => output.counts);
    const sum = (of: (counts: Task["counts"]) => number) => all.reduce((total, counts) => total + of(counts), 0);
    return {
      in: attempt.recordsIn,
      out: this.#rows.emitted,
      filtered: sum(({ filtered }) => filtered),
      late: sum(({ late }) => late),
      dead: sum(({ dead }) => dead),
      pending: sum(({ pending }) => pending),
      firesAtMs: Math.min(...tasks.map(({ timers }) => timers.nextTimeMs)),
    };
  }
}

const NOTHING_YET: ResultHead = {
  watermarkMs: undefined,
  nextTimerMs: Number.POSITIVE_INFINITY,
  counters: { in: 0, out: 0, filtered: 0, late: 0, dead: 0, pending: 0, firesAtMs: Number.POSITIVE_INFINITY },
};

/** Event time behind a stage: that of the way out which is furthest behind. */
function watermarkBehind({ sources, tasks }: RunningJob): number {
  const ends = tasks.filter(({ node }) => node.kind === "sink");
  const all = ends.length > 0
    ? ends.map((task) => task.currentWatermark())
    : sources.map(({ output }) => output.watermarkMs);
  return Math.min(...all);
}

/** Whether another attempt may succeed, and the job is to be tried again. */
function mayPass(error: unknown, { options }: DescribedJob): boolean {
  return options.restartStrategy.type !== "none" && mayRestart(error) && !(error instanceof ProtocolError);
}

/** An error in its own words; with its stack where it is not meant for a person. */
function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (isExpected(error)) return error.message;
  const { cause } = error;
  const stack = cause instanceof Error ? cause.stack : error.stack;
  const lines = (stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return [error.message, ...lines].join("\n");
}
