/**
 * A cluster without Flink: the workers of all stages in this process, spoken to as the runner does, with subtasks, exchanges by key,
 * watermarks, checkpoints and rescaling. So a job can be run through stages and compared with the same job at home.
 */
import { assertEquals } from "@std/assert";
import type { EnvironmentOptions } from "../../src/engine/mod.ts";
import type { DescribedJob, DescribedPlan } from "../../src/flink/description.ts";
import { type InitialState, initialState, type StageState } from "../../src/flink/hand_over.ts";
import { PARTITION_ADDED, PARTITION_ENDED } from "../../src/flink/protocol/frame.ts";
import { StageWorker } from "../../src/flink/worker/stage_worker.ts";
import { type DefineJob, described } from "./rig/described.ts";
import { Flow, type RigOptions } from "./rig/flow.ts";
import { type Ends, Partitions } from "./rig/partitions.ts";
import { type FedRecord, numberRow, type ResultRecord } from "./rig/row.ts";
import { KeptState } from "./rig/kept_state.ts";
import { Subtask } from "./rig/subtask.ts";
import { TopicReaders } from "./rig/topic_readers.ts";

export { type DefineJob, described } from "./rig/described.ts";
export type { RigOptions } from "./rig/flow.ts";
export type { Ends } from "./rig/partitions.ts";
export type { FedRecord, ResultRecord } from "./rig/row.ts";

/** Which job is run, and how. */
export interface RigJob {
  readonly define: DefineJob;
  readonly options: EnvironmentOptions;
  readonly rig: RigOptions;
  /**
   * Where the topics end. With them all goes in the order of home: event time follows each record, a partition that has come to its end
   * holds it back no longer, and what comes to an operator on two ways comes in the order of the records that it was made of. Without
   * them event time follows all that is fed at once, as on a cluster it follows many records.
   */
  readonly ends?: Ends;
}

type Initial = Pick<InitialState, "positions"> & { readonly stages: readonly (StageState | undefined)[] };

/** All stages of a job, with several subtasks each. */
export class StageRig {
  readonly #define: DefineJob;
  readonly #options: EnvironmentOptions;
  readonly #job: DescribedJob;
  /** By stage. */
  readonly #kept: readonly KeptState[];
  #partitions: Partitions;
  readonly #flow: Flow;
  #readers!: TopicReaders;
  readonly #inOrder: boolean;
  /** Of each source whose records are made up: the next one's number. */
  #numbers = new Map<string, number>();
  /** What the last checkpoint has beside the state. */
  #checkpointed!: { readonly partitions: Partitions; readonly numbers: Map<string, number>; readonly results: number };

  private constructor(job: DescribedJob, { define, options, ends }: RigJob, initial: Initial) {
    const { plan } = job;
    this.#job = job;
    this.#define = define;
    this.#options = options;
    this.#inOrder = ends !== undefined;
    this.#partitions = new Partitions(ends);
    this.#flow = new Flow(plan, this.#inOrder);
    this.#kept = initial.stages.map((state) => new KeptState(state));
    for (const { uid, input } of plan.stages) {
      for (const [partition, offset] of Object.entries(initial.positions[uid] ?? {})) {
        if (input.kind === "topic") this.#partitions.seek(input.topic, partition, offset);
      }
    }
  }

  static async open(define: DefineJob, options: EnvironmentOptions, rig: RigOptions): Promise<StageRig> {
    return await StageRig.openFor({ define, options, rig });
  }

  /** @param commit with what a job has to go on from that ran at home before */
  static async openFor(what: RigJob, commit?: ReadonlyMap<string, string>): Promise<StageRig> {
    const job = await described(what.define, what.options);
    const { plan } = job;
    const nothing = () => ({ stages: plan.stages.map(() => undefined), positions: {} });
    const opened = new StageRig(job, what, commit === undefined ? nothing() : initialState(plan, commit));
    await opened.#start(what.rig);
    return opened;
  }

  /** The plan of the job. */
  get plan(): DescribedPlan {
    return this.#job.plan;
  }

  /** What was written to topics. */
  get results(): readonly ResultRecord[] {
    return this.#flow.results;
  }

  /** How many batches workers were handed, and rows in them. */
  get handed(): Flow["handed"] {
    return this.#flow.handed;
  }

  /** Records of topics, partition by partition, in the order given. */
  async feed(records: readonly FedRecord[]): Promise<void> {
    for (const record of records) await this.#readers.read(record);
    if (!this.#inOrder) await this.#flow.settle();
  }

  /** A partition has come to the end of a bounded run. */
  async endPartition(topic: string, partition: number): Promise<void> {
    await this.#readers.endPartition(topic, partition);
    await this.#flow.settle();
  }

  /** The next records of all sources whose records are made up. */
  async make(count: number): Promise<void> {
    for (const { index, uid, input } of this.plan.stages) {
      if (input.kind !== "made") continue;
      const [subtask] = this.#flow.stages[index]!;
      let next = this.#numbers.get(uid) ?? input.first;
      const until = Math.min(next + count, input.end ?? Number.POSITIVE_INFINITY);
      for (; next < until; next++) await this.#flow.deliver(subtask!, numberRow(next));
      this.#numbers.set(uid, next);
    }
    await this.#flow.settle();
  }

  /** The end of all sources, to which those come whose records are made up. */
  async end(): Promise<void> {
    await this.make(Number.POSITIVE_INFINITY);
    await this.#flow.awaitAnswers();
    for (const { index, input } of this.plan.stages) {
      for (const one of this.#flow.stages[index]!) {
        this.#readers.announce(one, PARTITION_ENDED);
        if (input.kind !== "exchange") await this.#flow.advanceTo(one, Number.POSITIVE_INFINITY);
      }
      await this.#flow.settle();
      await this.#flow.awaitAnswers();
    }
  }

  /** When the first worker wants to hear of the clock. */
  get nextTimerMs(): number {
    return Math.min(...this.#flow.subtasks.map(({ nextTimerMs }) => nextTimerMs));
  }

  /** The clock has come to a time. */
  async processingTime(nowMs: number): Promise<void> {
    for (const one of this.#flow.subtasks) await this.#flow.take(one, await one.processingTime(nowMs));
    await this.#flow.settle();
  }

  /** A checkpoint, as the runner writes out a savepoint. */
  async export(): Promise<Map<string, Uint8Array>> {
    await this.checkpoint();
    const exported = new Map<string, Uint8Array>();
    const put = (name: string, text: string) => exported.set(name, new TextEncoder().encode(text));
    for (const { index, uid, input } of this.plan.stages) {
      const positions = input.kind === "topic" ? this.#partitions.positionsOf(input.topic) : [];
      for (const [place, offset] of positions) put(JSON.stringify(["split", uid, place]), String(offset));
      for (const [name, text] of this.#kept[index]!.exported(index)) put(name, text);
    }
    return exported;
  }

  /** A checkpoint, after which all workers die and others go on from it, perhaps more or fewer. */
  async restart(rig: RigOptions): Promise<void> {
    await this.checkpoint();
    await this.crash(rig);
  }

  /** All workers die, and others go on from the last checkpoint: what was fed and what came out since is forgotten. */
  async crash(rig: RigOptions): Promise<void> {
    for (const { worker } of this.#flow.subtasks) await worker.close();
    const { partitions, numbers, results } = this.#checkpointed;
    this.#partitions = partitions.copy();
    this.#numbers = new Map(numbers);
    this.#flow.results.length = results;
    await this.#start(rig);
  }

  /** What has changed goes into the state that Flink keeps. */
  async checkpoint(): Promise<void> {
    await this.#flow.settle();
    for (const [index, subtasks] of this.#flow.stages.entries()) {
      const changes = [];
      for (const one of subtasks) changes.push(await one.commit());
      const { input, calls } = this.plan.stages[index]!;
      if (calls || (input.kind === "exchange" && (input.keyed || input.broadcast))) this.#kept[index]!.take(changes);
      // Nothing is kept of it, so there must be nothing to keep.
      else for (const [_job, _calls, ...texts] of changes) assertEquals(texts, []);
    }
    this.#checkpointed = {
      partitions: this.#partitions.copy(),
      numbers: new Map(this.#numbers),
      results: this.#flow.results.length,
    };
  }

  async #start(rig: RigOptions): Promise<void> {
    const { parallelism } = rig;
    const partitions = this.#partitions;
    const wiring = this.#flow.begin(rig, partitions);
    this.#readers = new TopicReaders(this.plan, this.#flow, { partitions, inOrder: this.#inOrder });
    // A process describes the job once, for all stages that it serves.
    const jobs = new Map<string, DescribedJob>();
    for (const { index, worker } of this.plan.stages) {
      const count = wiring.subtasks(index);
      for (let number = 0; number < count; number++) {
        const process = `${worker}/${number}`;
        const job = jobs.get(process) ?? await described(this.#define, this.#options);
        jobs.set(process, job);
        const one = new Subtask(index, number, new StageWorker(job));
        await one.open({ stage: index, subtask: number, parallelism, planHash: this.plan.hash });
        await one.restore(this.#kept[index]!.textsFor(number, count));
        this.#flow.add(one);
      }
    }
    const answers = [];
    for (const one of this.#flow.subtasks) answers.push([one, await one.start()] as const);
    for (const [one, answer] of answers) {
      await this.#flow.take(one, answer);
      this.#readers.announce(one, PARTITION_ADDED);
    }
    if (this.#inOrder) await this.#readers.goOn();
  }
}
