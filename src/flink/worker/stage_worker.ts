/** A worker: it runs one stage of a job, with the engine's own tasks, as the runner asks. */
import { deadLetterTopic } from "../../connectors/mod.ts";
import { DeadLetterWriter } from "../../connectors/records/dead_letter_record.ts";
import { JobError } from "../../engine/errors.ts";
import type { DeadLetter, JobSession } from "../../engine/job_store.ts";
import { MAX_WATERMARK } from "../../engine/record.ts";
import { Attempt } from "../../engine/runtime/attempt.ts";
import { flushSinks } from "../../engine/runtime/commits.ts";
import { openRunningJob } from "../../engine/runtime/open_running_job.ts";
import type { RunningJob } from "../../engine/runtime/running_job.ts";
import { Snapshot } from "../../engine/runtime/snapshot.ts";
import type { DescribedJob } from "../description.ts";
import { formatTopicPlace, inputOf } from "../exchange.ts";
import { readTexts, type ResultHead, writeTexts } from "../protocol/bodies.ts";
import { ByteWriter } from "../protocol/byte_writer.ts";
import { type Frame, FrameType, type OpenRequest, ProtocolError } from "../protocol/frame.ts";
import { RowReader } from "../protocol/rows.ts";
import { isAsync, type Stage } from "../stages.ts";
import { ResultRows } from "./result_rows.ts";
import { type RowSource, TopicRows } from "./row_source.ts";
import { StageEntries } from "./stage_entries.ts";
import { failureFrame } from "./stage_failure.ts";
import { type StageGraph, stageGraph } from "./stage_graph.ts";
import { headOf, isSame, NOTHING_YET } from "./stage_report.ts";

/** Answers the runner's requests, in their order. */
export class StageWorker {
  readonly #job: DescribedJob;
  readonly #rows = new ResultRows();
  #stage!: Stage;
  #subtask = 0;
  #stageGraph!: StageGraph;
  #entries!: StageEntries;
  /** Undefined until it is started. */
  #running: RunningJob | undefined;
  /** What the runner has heard last. */
  #lastHead: ResultHead = NOTHING_YET;
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
      return failureFrame(error, this.#job.options);
    }
  }

  /** Whether it has something to report without being asked, see {@link StageWorker.push}. Known when it is started. */
  get isAsync(): boolean {
    return this.#running !== undefined && this.#running.asyncTasks.length > 0;
  }

  /** Resolves when there may be something to push. */
  async woken(): Promise<void> {
    const { attempt, asyncTasks } = this.#running!;
    const nextMs = Math.min(...asyncTasks.map(({ operator }) => operator.pendingResults!.nextTimeMs));
    await attempt.waker.sleep(Math.max(0, nextMs - attempt.clock.monotonicMs()), []);
  }

  /** Ends the wait for {@link StageWorker.woken}: there may be something new to wait for. */
  wake(): void {
    this.#running!.attempt.waker.wake();
  }

  /** @returns the frame with what asynchronous operators have got meanwhile; undefined if that is nothing */
  async push(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      this.#emitReady();
      await this.#flush();
      const head = this.#head(this.#running!);
      return this.#rows.isEmpty && isSame(head, this.#lastHead) ? undefined : this.#finish(head, FrameType.PUSH);
    } catch (error) {
      return failureFrame(error, this.#job.options);
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
        this.#entries.restore(readTexts(body) as string[]);
        break;
      case FrameType.START:
        await this.#start();
        break;
      case FrameType.BATCH:
        this.#batch(new RowReader(body));
        this.#emitReady();
        await this.#flush();
        break;
      case FrameType.WATERMARK:
        this.#watermark(number());
        this.#emitReady();
        await this.#flush();
        break;
      case FrameType.PROCESSING_TIME:
        this.#processingTime(number());
        this.#emitReady();
        await this.#flush();
        break;
      case FrameType.COMMIT:
        return this.#commit();
      default:
        throw new ProtocolError(`Cannot answer a request of type ${type}`);
    }
    return this.#result();
  }

  #open({ stage: index, subtask, planHash }: OpenRequest): void {
    this.#subtask = subtask;
    const { plan, stages } = this.#job;
    const stage = stages[index];
    if (planHash !== plan.hash || stage === undefined) {
      throw new JobError(
        `Cannot run a worker of job "${plan.jobName}": it describes another job here than where it was submitted; ` +
          "main() must describe the same whenever it runs, whatever the time and the machine",
      );
    }
    this.#stage = stage;
    this.#entries = new StageEntries(asyncUidsOf(stage));
    const target = { rows: this.#rows, place: () => this.#current?.place() };
    this.#stageGraph = stageGraph(stage, target, this.#job.options.idleMs);
  }

  async #start(): Promise<void> {
    const { options } = this.#job;
    const { graph } = this.#stageGraph;
    const snapshot = new Snapshot(this.#entries.takeRestored());
    snapshot.checkFits(options.jobName, graph);
    const session = options.store === undefined ? undefined : this.#letterBox();
    const attempt = new Attempt(graph, { ...options, session, number: 1, emitsBroadcast: this.#subtask === 0 });
    this.#running = await openRunningJob(graph, snapshot, attempt);
    // All workers have converted their part now, or none has: a checkpoint has one version of each state.
    for (const { state } of this.#running.tasks) state.endMigrations();
    this.#running.start();
    this.#emitReady();
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
    const isSource = this.#stage.root.kind === "source";
    const hasNews = this.#stageGraph.times !== undefined && inputs[0] instanceof TopicRows;
    while (rows.next()) {
      if (hasNews && this.#tookNews(rows)) continue;
      const index = isSource ? 0 : inputOf(rows);
      const input = inputs[index]!;
      input.handOver(rows);
      this.#current = input;
      sources[index]!.splits[0]!.step();
    }
    this.#current = undefined;
  }

  /** @returns whether the row says something of a partition, and is no record */
  #tookNews(row: RowReader): boolean {
    const { times } = this.#stageGraph;
    const news = TopicRows.newsOf(row);
    if (news === undefined) return false;
    if (news.ended) times!.finish(news.partition);
    else times!.add(news.partition);
    const { tasks: [makesTime], attempt } = this.#running!;
    makesTime!.emitPeriodically(attempt.clock.now());
    return true;
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

  /** Asynchronous operators make their calls, and emit the results that are there. */
  #emitReady(): void {
    const { asyncTasks, attempt } = this.#running!;
    attempt.waker.clear();
    for (const task of asyncTasks) task.emitReady();
  }

  /** What the worker's own sinks have gathered is out when it resolves: before a checkpoint follows. */
  async #flush(): Promise<void> {
    const { sinks, attempt } = this.#running!;
    await flushSinks(sinks, attempt.activity);
  }

  #commit(): Uint8Array<ArrayBuffer> {
    const to = new ByteWriter().begin(FrameType.CHANGES);
    writeTexts(to, this.#entries.takeChanges(this.#running!));
    return to.frame();
  }

  #result(): Uint8Array<ArrayBuffer> {
    return this.#finish(this.#running === undefined ? NOTHING_YET : this.#head(this.#running), FrameType.RESULT);
  }

  #finish(head: ResultHead, type: typeof FrameType.RESULT | typeof FrameType.PUSH): Uint8Array<ArrayBuffer> {
    this.#lastHead = head;
    return this.#rows.finish(head, this.#stage.outlets.length, type);
  }

  #head(job: RunningJob): ResultHead {
    return headOf(job, { emitted: this.#rows.emitted, idle: this.#stageGraph.times?.idle ?? false });
  }
}

function asyncUidsOf({ nodes }: Stage): Set<string> {
  return new Set(nodes.flatMap((node) => node.kind === "operator" && isAsync(node) ? [node.uid] : []));
}
