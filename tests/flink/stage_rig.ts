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
import {
  FrameType,
  HEADER_BYTES,
  PARTITION_ADDED,
  PARTITION_ENDED,
  readHeader,
} from "../../src/flink/protocol/frame.ts";
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
  /** Of these, what is not waited for. */
  readonly idle = new Set<string>();
  watermarkMs = Number.NEGATIVE_INFINITY;
  /** Of its worker's last answer. */
  outputMs: number | undefined;
  /** Records at work in asynchronous operators. */
  pending = 0;
  waiting: Row[] = [];

  constructor(worker: StageWorker) {
    this.worker = worker;
  }
}

/** Of each topic. */
const PARTITIONS = 3;

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
  /** By stage: what belongs to no key, and is the same in all subtasks. */
  #shared: Map<string, string>[] = [];
  /** By stage: names and texts of records at work in asynchronous operators, of all subtasks. */
  #calls: (readonly [string, string])[][] = [];
  /** Of each partition: the largest timestamp so far, and the next offset. */
  readonly #maxMs = new Map<string, number>();
  readonly #offsets = new Map<string, number>();
  /** Of each source whose records are made up: the next one's number. */
  readonly #numbers = new Map<string, number>();
  #turn = 0;

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
    opened.#shared = stages.map(() => new Map());
    opened.#calls = states.map((state) =>
      (state?.calls ?? []).map((call) => call.split("\n", 2) as unknown as readonly [string, string])
    );
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
      for (let subtask = 0; subtask < this.#subtasks(index); subtask++) {
        const one = new Subtask(new StageWorker(await described(this.#define, this.#options)));
        subtasks.push(one);
        const open = { stage: index, subtask, parallelism, planHash: this.#job.plan.hash };
        await this.#ask(index, one, FrameType.OPEN, (to) => void to.text(JSON.stringify(open)));
        const texts = jobs[index]!.flatMap((job) => ['["job"]', job]);
        for (const entry of this.#shared[index]!) texts.push(...entry);
        // As Flink deals out lists.
        this.#calls[index]!.forEach((call, i) => i % this.#subtasks(index) === subtask && texts.push(...call));
        for (const [key, entries] of this.#state[index]!) {
          if (subtaskOf(key, parallelism) === subtask) { for (const entry of entries) texts.push(...entry); }
        }
        await this.#ask(index, one, FrameType.RESTORE, (to) => writeTexts(to, texts));
        this.#stages[index] = subtasks;
        await this.#ask(index, one, FrameType.START);
        this.#announce(index, one, PARTITION_ADDED);
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
        if (eventTime && (watermarks.kind === "order" || watermarks.kind === "bounded")) {
          const ms = Math.max(this.#maxMs.get(place) ?? Number.NEGATIVE_INFINITY, record.timestampMs);
          this.#maxMs.set(place, ms);
          subtask.inputMs.set(place, ms - (watermarks.kind === "bounded" ? watermarks.outOfOrdernessMs : 0) - 1);
        }
        await this.#work(index, subtask, false);
      }
    }
    await this.#settle();
  }

  /** What the runner says of a subtask's partitions where workers make event time. */
  #announce(stage: number, one: Subtask, news: number): void {
    const { input } = this.#job.plan.stages[stage]!;
    if (input.kind !== "topic" || input.watermarks.kind !== "worker") return;
    const subtask = this.#stages[stage]!.indexOf(one);
    for (let partition = subtask; partition < PARTITIONS; partition += this.#rig.parallelism) {
      one.waiting.push(partitionRow(partition, news));
    }
  }

  /** A partition has come to the end of a bounded run, where workers make event time. */
  async endPartition(topic: string, partition: number): Promise<void> {
    for (const { index, input } of this.#job.plan.stages) {
      if (input.kind !== "topic" || input.topic !== topic) continue;
      this.#stages[index]![partition % this.#rig.parallelism]!.waiting.push(partitionRow(partition, PARTITION_ENDED));
    }
    await this.#settle();
  }

  /** The next records of all sources whose records are made up. */
  async make(count: number): Promise<void> {
    for (const { index, uid, input } of this.#job.plan.stages) {
      if (input.kind !== "made") continue;
      const [subtask] = this.#stages[index]!;
      let next = this.#numbers.get(uid) ?? input.first;
      for (const until = Math.min(next + count, input.end ?? Number.POSITIVE_INFINITY); next < until; next++) {
        const rest = new ByteWriter().begin(0).double(next).frame().slice(HEADER_BYTES);
        subtask!.waiting.push({ timestampMs: Number.NEGATIVE_INFINITY, key: null, value: null, rest });
        await this.#work(index, subtask!, false);
      }
      this.#numbers.set(uid, next);
    }
    await this.#settle();
  }

  /** The end of all sources, to which those come whose records are made up. */
  async end(): Promise<void> {
    await this.make(Number.POSITIVE_INFINITY);
    await this.#answers();
    for (const { index, input } of this.#job.plan.stages) {
      for (const subtask of this.#stages[index]!) {
        this.#announce(index, subtask, PARTITION_ENDED);
        if (input.kind !== "exchange") await this.#advance(index, subtask, Number.POSITIVE_INFINITY);
      }
      await this.#settle();
      await this.#answers();
    }
  }

  /** Waits until asynchronous operators have all their answers. */
  async #answers(): Promise<void> {
    while (true) {
      const waiting = this.#stages.flatMap((subtasks) => subtasks.filter(({ pending }) => pending > 0));
      if (waiting.length === 0) return;
      const woken = waiting.map(({ worker }) => worker.woken());
      await Promise.race(woken);
      for (const { worker } of waiting) worker.wake();
      await Promise.all(woken);
      await this.#settle();
    }
  }

  async #takePushed(index: number, one: Subtask): Promise<void> {
    const frame = await one.worker.push();
    if (frame !== undefined) this.#take(index, one, bodyOf(frame, FrameType.PUSH));
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
      for (const [i, call] of this.#calls[index]!.entries()) put(JSON.stringify(["call", index, i]), call.join("\n"));
      for (const [subtask, job] of jobs[index]!.entries()) put(JSON.stringify(["job", index, subtask]), job);
      for (const [entry, text] of this.#shared[index]!) put(entry, text);
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
    for (const { worker } of this.#stages.flat()) await worker.close();
    this.#rig = rig;
    await this.#start(jobs);
  }

  /** What has changed goes into the state. @returns the `job` entries of all subtasks, by stage */
  async #checkpoint(): Promise<string[][]> {
    await this.#settle();
    const jobs: string[][] = [];
    for (const [index, subtasks] of this.#stages.entries()) {
      jobs[index] = [];
      const sharedChanges: string[] = [];
      this.#calls[index] = [];
      for (const one of subtasks) {
        const [job, calls, ...texts] = readTexts(
          await this.#send(one, FrameType.COMMIT, (to) => void to.double(1), FrameType.CHANGES),
        );
        for (let left = Number(calls); left > 0; left--) {
          this.#calls[index]!.push(texts.splice(0, 2) as unknown as readonly [string, string]);
        }
        const { input, calls: hasCalls } = this.#job.plan.stages[index]!;
        if (!hasCalls && (input.kind !== "exchange" || !(input.keyed || input.broadcast))) {
          assertEquals(texts, []);
          continue;
        }
        jobs[index]!.push(job!);
        const changes: (string | null)[] = [];
        for (let i = 0; i < texts.length; i += 3) {
          const [key, entry, text] = [texts[i]!, texts[i + 1]!, texts[i + 2]!];
          this.#put(index, key, entry, text);
          if (key === null) changes.push(entry, text);
        }
        sharedChanges.push(JSON.stringify(changes));
      }
      // Whichever subtask's Flink restores, it is the same.
      assertEquals(new Set(sharedChanges).size <= 1, true, `shared state differs: ${sharedChanges.join(" / ")}`);
    }
    return jobs;
  }

  #put(stage: number, key: string | null, entry: string, value: string | null): void {
    if (key === null) {
      if (value === null) this.#shared[stage]!.delete(entry);
      else this.#shared[stage]!.set(entry, value);
      return;
    }
    const entries = this.#state[stage]!.get(key) ?? new Map();
    this.#state[stage]!.set(key, entries);
    if (value === null) entries.delete(entry);
    else entries.set(entry, value);
  }

  /** Hands over what waits, and event time behind it, until nothing moves any more. */
  async #settle(): Promise<void> {
    for (const [index, subtasks] of this.#stages.entries()) {
      for (const one of subtasks) await this.#work(index, one, true);
      for (const one of subtasks) if (one.pending > 0) await this.#takePushed(index, one);
      for (const one of subtasks) {
        const { input } = this.#job.plan.stages[index]!;
        // A source knows its partitions; those without a record hold event time back.
        if (one.inputMs.size === 0) continue;
        if (input.kind === "exchange" && one.inputMs.size < this.#channels(index)) continue;
        const active = [...one.inputMs].filter(([from]) => !one.idle.has(from)).map(([, ms]) => ms);
        await this.#advance(index, one, active.length > 0 ? Math.min(...active) : Math.max(...one.inputMs.values()));
      }
    }
  }

  /** How many subtasks send to a stage. */
  #channels(stage: number): number {
    const senders = this.#job.plan.stages.filter(({ outlets }) =>
      outlets.some((outlet) => outlet.kind === "exchange" && outlet.stage === stage)
    );
    return senders.reduce((sum, { index }) => sum + this.#subtasks(index), 0);
  }

  #subtasks(stage: number): number {
    return this.#job.plan.stages[stage]!.input.kind === "made" ? 1 : this.#rig.parallelism;
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
    this.#take(index, one, await this.#send(one, type, write, FrameType.RESULT));
  }

  #take(index: number, one: Subtask, body: Uint8Array<ArrayBuffer>): void {
    const { watermarkMs, rows, counters } = readResult(body);
    one.pending = counters.pending;
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
      for (const to of this.#stages[outlet.stage] ?? []) {
        to.inputMs.set(from, watermarkMs);
        if (counters.idle === 1) to.idle.add(from);
        else to.idle.delete(from);
      }
    }
  }

  #deliver(outlet: OutletPlan, row: Row): void {
    if (outlet.kind === "exchange") {
      const { parallelism } = this.#rig;
      const subtasks = this.#stages[outlet.stage]!;
      if (outlet.broadcast) return subtasks.forEach(({ waiting }) => waiting.push(row));
      const subtask = row.key === null ? this.#turn++ % parallelism : subtaskOf(textOf(row.key)!, parallelism);
      subtasks[subtask]!.waiting.push(row);
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
    return bodyOf(frame, expected);
  }
}

/** @throws {Error} with its words, if it is a failure */
function bodyOf(frame: Uint8Array<ArrayBuffer>, expected: number): Uint8Array<ArrayBuffer> {
  const { type: found } = readHeader(frame);
  const body = frame.slice(HEADER_BYTES);
  if (found === FrameType.FATAL || found === FrameType.FAILURE) throw new Error(decoder.decode(body));
  assertEquals(found, expected);
  return body;
}

function partitionRow(partition: number, news: number): Row {
  const rest = new ByteWriter().begin(0).int(partition).double(news).int(0).frame().slice(HEADER_BYTES);
  return { timestampMs: Number.NEGATIVE_INFINITY, key: null, value: null, rest };
}

/** Any function will do that sends equal keys to the same subtask. */
function subtaskOf(key: string, parallelism: number): number {
  let hash = 7;
  for (let i = 0; i < key.length; i++) hash = (31 * hash + key.charCodeAt(i)) >>> 0;
  assert(parallelism > 0);
  return hash % parallelism;
}
