/**
 * A cluster without Flink: the workers of all stages in this process, spoken to as the runner does, with subtasks, exchanges by key,
 * watermarks, checkpoints and rescaling. So a job can be run through stages and compared with the same job at home.
 */
import { assert, assertEquals } from "@std/assert";
import { JobBroker, type OutgoingRecord } from "../../src/connectors/mod.ts";
import { unopenedBroker } from "../../src/connectors/unopened_broker.ts";
import { setJobLauncher } from "../../src/engine/internal.ts";
import { type EnvironmentOptions, SILENT, StreamExecutionEnvironment } from "../../src/engine/mod.ts";
import { type DescribedJob, type DescribedPlan, describeJob } from "../../src/flink/description.ts";
import { type InitialState, initialState, type StageState } from "../../src/flink/hand_over.ts";
import type { OutletPlan } from "../../src/flink/plan.ts";
import { readHeaders, readResult, readTexts, writeHeaders, writeTexts } from "../../src/flink/protocol/bodies.ts";
import { ByteWriter } from "../../src/flink/protocol/byte_writer.ts";
import { FrameType, HEADER_BYTES, readHeader } from "../../src/flink/protocol/frame.ts";
import { RowWriter } from "../../src/flink/protocol/rows.ts";
import { StageWorker } from "../../src/flink/worker/stage_worker.ts";

/** Describes a job with the sources and sinks of a broker. */
export type DefineJob = (env: StreamExecutionEnvironment, broker: JobBroker) => void;

/** A record that came out. */
export interface ResultRecord {
  readonly topic: string;
  /** Where it lies; left out if it was not written. */
  readonly partition?: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly timestampMs: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** Describes a job as a worker does, anew each time. */
export async function described(define: DefineJob, options: EnvironmentOptions = {}): Promise<DescribedJob> {
  const broker = new JobBroker(unopenedBroker());
  const env = new StreamExecutionEnvironment({ from: "earliest", logger: SILENT, ...options, store: broker });
  define(env, broker);
  let job: DescribedJob | undefined;
  setJobLauncher(async ({ graph, options }) => {
    job = await describeJob(graph, options, () => ({ servers: ["localhost:9092"] }));
    return { jobName: options.jobName, end: "explained", books: { recordsIn: 0 } as never };
  });
  try {
    await env.execute();
  } finally {
    setJobLauncher(undefined);
  }
  return job!;
}

/** A row on its way to a subtask. */
interface Row {
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly rest: Uint8Array;
}

const decoder = new TextDecoder();
const textOf = (bytes: Uint8Array | null) => bytes === null ? null : decoder.decode(bytes);

/** A subtask of a stage: its worker, and what has not been handed to it. */
class Subtask {
  readonly worker: StageWorker;
  /** What the runner knows of event time, by where it comes from. */
  readonly inputMs = new Map<string, number>();
  watermarkMs = Number.NEGATIVE_INFINITY;
  /** Of its worker's last answer. */
  outputMs: number | undefined;
  waiting: Row[] = [];

  constructor(worker: StageWorker) {
    this.worker = worker;
  }
}

/** How a job is run. */
export interface RigOptions {
  readonly parallelism: number;
  /** Rows that a worker is handed at once. */
  readonly batch: number;
}

/** All stages of a job, with several subtasks each. */
export class StageRig {
  readonly results: ResultRecord[] = [];
  readonly #define: DefineJob;
  readonly #options: EnvironmentOptions;
  #rig: RigOptions;
  #job!: DescribedJob;
  #stages: Subtask[][] = [];
  /** By stage and key: what Flink's keyed state holds. */
  #state: Map<string, Map<string, string>>[] = [];
  /** Of each partition: the largest timestamp so far, and the next offset. */
  readonly #maxMs = new Map<string, number>();
  readonly #offsets = new Map<string, number>();

  private constructor(define: DefineJob, options: EnvironmentOptions, rig: RigOptions) {
    this.#define = define;
    this.#options = options;
    this.#rig = rig;
  }

  static async open(define: DefineJob, options: EnvironmentOptions, rig: RigOptions): Promise<StageRig> {
    return await StageRig.#open(define, options, rig, (plan) => ({
      stages: plan.stages.map(() => undefined),
      positions: {},
      waiting: {},
    }));
  }

  /** With what a job has to go on from that ran at home before. */
  static async openWith(
    { define, options, rig }: { define: DefineJob; options: EnvironmentOptions; rig: RigOptions },
    commit: ReadonlyMap<string, string>,
  ): Promise<StageRig> {
    return await StageRig.#open(define, options, rig, (plan) => initialState(plan, commit));
  }

  static async #open(
    define: DefineJob,
    options: EnvironmentOptions,
    rig: RigOptions,
    createInitial: (plan: DescribedPlan) => Pick<InitialState, "positions"> & {
      readonly stages: readonly (StageState | undefined)[];
    },
  ): Promise<StageRig> {
    const opened = new StageRig(define, options, rig);
    opened.#job = await described(define, options);
    const { plan, stages } = opened.#job;
    const { stages: states, positions } = createInitial(plan);
    opened.#state = stages.map(() => new Map());
    for (const [index, state] of states.entries()) {
      const { entries = [] } = state ?? {};
      for (let i = 0; i < entries.length; i += 3) opened.#put(index, entries[i]!, entries[i + 1]!, entries[i + 2]!);
    }
    for (const { uid, input } of plan.stages) {
      for (const [partition, offset] of Object.entries(positions[uid] ?? {})) {
        if (input.kind === "topic") opened.#offsets.set(`${input.topic}-${partition}`, offset);
      }
    }
    await opened.#start(states.map((state) => state === undefined ? [] : [state.job]));
    return opened;
  }

  async #start(jobs: readonly (readonly string[])[]): Promise<void> {
    const { parallelism } = this.#rig;
    this.#stages = [];
    for (const { index } of this.#job.stages) {
      const subtasks: Subtask[] = [];
      for (let subtask = 0; subtask < parallelism; subtask++) {
        const one = new Subtask(new StageWorker(await described(this.#define, this.#options)));
        subtasks.push(one);
        const open = { stage: index, subtask, parallelism, planHash: this.#job.plan.hash };
        await this.#ask(index, one, FrameType.OPEN, (to) => void to.text(JSON.stringify(open)));
        const texts = jobs[index]!.flatMap((job) => ['["job"]', job]);
        for (const [key, entries] of this.#state[index]!) {
          if (subtaskOf(key, parallelism) === subtask) { for (const entry of entries) texts.push(...entry); }
        }
        await this.#ask(index, one, FrameType.RESTORE, (to) => writeTexts(to, texts));
        this.#stages[index] = subtasks;
        await this.#ask(index, one, FrameType.START);
      }
      this.#stages[index] = subtasks;
    }
  }

  /** Records of topics, partition by partition, in the order given. */
  async feed(records: readonly (OutgoingRecord & { readonly partition: number })[]): Promise<void> {
    for (const record of records) {
      const place = `${record.topic}-${record.partition}`;
      const offset = this.#offsets.get(place) ?? 0;
      this.#offsets.set(place, offset + 1);
      const rest = new ByteWriter().begin(0).int(record.partition).double(offset);
      writeHeaders(rest, record.headers);
      const row: Row = { ...record, rest: rest.frame().slice(HEADER_BYTES) };
      for (const { index, input, eventTime } of this.#job.plan.stages) {
        if (input.kind !== "topic" || input.topic !== record.topic) continue;
        const subtask = this.#stages[index]![record.partition % this.#rig.parallelism]!;
        subtask.waiting.push(row);
        const { watermarks } = input;
        if (eventTime && watermarks.kind !== "none") {
          const ms = Math.max(this.#maxMs.get(place) ?? Number.NEGATIVE_INFINITY, record.timestampMs);
          this.#maxMs.set(place, ms);
          subtask.inputMs.set(place, ms - (watermarks.kind === "bounded" ? watermarks.outOfOrdernessMs : 0) - 1);
        }
        await this.#work(index, subtask, false);
      }
    }
    await this.#settle();
  }

  /** The end of all topics. */
  async end(): Promise<void> {
    await this.#settle();
    for (const { index, input } of this.#job.plan.stages) {
      for (const subtask of this.#stages[index]!) {
        if (input.kind === "topic") await this.#advance(index, subtask, Number.POSITIVE_INFINITY);
      }
      await this.#settle();
    }
  }

  /** The clock has come to a time. */
  async processingTime(nowMs: number): Promise<void> {
    for (const { index } of this.#job.plan.stages) {
      for (const one of this.#stages[index]!) {
        await this.#ask(index, one, FrameType.PROCESSING_TIME, (to) => void to.double(nowMs));
      }
      await this.#settle();
    }
  }

  /** A checkpoint, as the runner writes out a savepoint. */
  async export(): Promise<Map<string, Uint8Array>> {
    const jobs = await this.#checkpoint();
    const exported = new Map<string, Uint8Array>();
    const put = (name: string, text: string) => exported.set(name, new TextEncoder().encode(text));
    for (const { index, uid, input } of this.#job.plan.stages) {
      if (input.kind === "topic") {
        for (const [place, offset] of this.#offsets) {
          if (place.startsWith(`${input.topic}-`)) put(JSON.stringify(["split", uid, place]), String(offset));
        }
        continue;
      }
      for (const [subtask, job] of jobs[index]!.entries()) put(JSON.stringify(["job", index, subtask]), job);
      for (const entries of this.#state[index]!.values()) for (const [entry, text] of entries) put(entry, text);
    }
    return exported;
  }

  /** The plan of the job. */
  get plan(): DescribedPlan {
    return this.#job.plan;
  }

  /** A checkpoint, after which all workers die and others go on from it, perhaps more or fewer. */
  async restart(rig: RigOptions): Promise<void> {
    const jobs = await this.#checkpoint();
    this.#rig = rig;
    await this.#start(jobs);
  }

  /** What has changed goes into the state. @returns the `job` entries of all subtasks, by stage */
  async #checkpoint(): Promise<string[][]> {
    await this.#settle();
    const jobs: string[][] = [];
    for (const [index, subtasks] of this.#stages.entries()) {
      jobs[index] = [];
      for (const one of subtasks) {
        const [job, ...texts] = readTexts(
          await this.#send(one, FrameType.COMMIT, (to) => void to.double(1), FrameType.CHANGES),
        );
        if (this.#job.plan.stages[index]!.input.kind === "topic") {
          assertEquals(texts, []);
          continue;
        }
        jobs[index]!.push(job!);
        for (let i = 0; i < texts.length; i += 3) this.#put(index, texts[i]!, texts[i + 1]!, texts[i + 2]!);
      }
    }
    return jobs;
  }

  #put(stage: number, key: string, entry: string, value: string | null): void {
    const entries = this.#state[stage]!.get(key) ?? new Map();
    this.#state[stage]!.set(key, entries);
    if (value === null) entries.delete(entry);
    else entries.set(entry, value);
  }

  /** Hands over what waits, and event time behind it, until nothing moves any more. */
  async #settle(): Promise<void> {
    for (const [index, subtasks] of this.#stages.entries()) {
      for (const one of subtasks) await this.#work(index, one, true);
      for (const one of subtasks) {
        const { input } = this.#job.plan.stages[index]!;
        // A source knows its partitions; those without a record hold event time back.
        if (one.inputMs.size === 0) continue;
        if (input.kind === "exchange" && one.inputMs.size < this.#channels(index)) continue;
        await this.#advance(index, one, Math.min(...one.inputMs.values()));
      }
    }
  }

  /** How many subtasks send to a stage. */
  #channels(stage: number): number {
    const senders = this.#job.plan.stages.filter(({ outlets }) =>
      outlets.some((outlet) => outlet.kind === "exchange" && outlet.stage === stage)
    );
    return senders.length * this.#rig.parallelism;
  }

  async #work(index: number, one: Subtask, all: boolean): Promise<void> {
    const { batch } = this.#rig;
    while (one.waiting.length >= batch || (all && one.waiting.length > 0)) {
      const rows = one.waiting.splice(0, batch);
      await this.#ask(index, one, FrameType.BATCH, (to) => {
        const writer = new RowWriter(to);
        for (const { timestampMs, key, value, rest } of rows) {
          writer.begin(0, timestampMs, key, value).bytes(rest);
          writer.end();
        }
      });
    }
  }

  async #advance(index: number, one: Subtask, watermarkMs: number): Promise<void> {
    if (watermarkMs <= one.watermarkMs) return;
    one.watermarkMs = watermarkMs;
    await this.#work(index, one, true);
    await this.#ask(index, one, FrameType.WATERMARK, (to) => void to.double(watermarkMs));
  }

  /** Sends a request and takes what comes of it where it belongs. */
  async #ask(index: number, one: Subtask, type: number, write: (to: ByteWriter) => void = () => {}): Promise<void> {
    const { watermarkMs, rows } = readResult(await this.#send(one, type, write, FrameType.RESULT));
    const { outlets } = this.#job.plan.stages[index]!;
    while (rows.next()) {
      const rest = rows.bytes.slice(rows.restAt, rows.endAt);
      const row: Row = {
        timestampMs: rows.timestampMs,
        key: rows.key?.slice() ?? null,
        value: rows.value?.slice() ?? null,
        rest,
      };
      this.#deliver(outlets[rows.outlet]!, row);
    }
    if (watermarkMs === undefined) return;
    // Event time follows the records before it.
    const from = `${index}/${this.#stages[index]?.indexOf(one)}`;
    for (const outlet of outlets) {
      if (outlet.kind !== "exchange") continue;
      for (const to of this.#stages[outlet.stage] ?? []) to.inputMs.set(from, watermarkMs);
    }
  }

  #deliver(outlet: OutletPlan, row: Row): void {
    if (outlet.kind === "exchange") {
      this.#stages[outlet.stage]![subtaskOf(textOf(row.key)!, this.#rig.parallelism)]!.waiting.push(row);
      return;
    }
    const headers = readHeaders(row.rest, 4) ?? [];
    this.results.push({
      topic: outlet.topic,
      key: textOf(row.key),
      value: textOf(row.value),
      timestampMs: row.timestampMs,
      headers: Object.fromEntries(headers.map(([name, value]) => [name, textOf(value)!])),
    });
  }

  async #send(
    one: Subtask,
    type: number,
    write: (to: ByteWriter) => void,
    expected: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const to = new ByteWriter().begin(type);
    write(to);
    const frame = await one.worker.answer({ type, body: to.frame().slice(HEADER_BYTES) });
    const { type: found } = readHeader(frame);
    const body = frame.slice(HEADER_BYTES);
    if (found === FrameType.FATAL || found === FrameType.FAILURE) throw new Error(decoder.decode(body));
    assertEquals(found, expected);
    return body;
  }
}

/** Any function will do that sends equal keys to the same subtask. */
function subtaskOf(key: string, parallelism: number): number {
  let hash = 7;
  for (let i = 0; i < key.length; i++) hash = (31 * hash + key.charCodeAt(i)) >>> 0;
  assert(parallelism > 0);
  return hash % parallelism;
}
