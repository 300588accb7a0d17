/**
 * The soak: s16 and s20 as one pipeline under a feed of hours of event time, killed at random instants. All that they write is
 * compared with a plain computation, and the memory and descriptors of their processes are measured again and again.
 */
import { SYSTEM_CLOCK } from "../src/engine/mod.ts";
import { type Broker, deadLetterTopic } from "../src/connectors/broker.ts";
import { SKYONE, SUNSET } from "../src/models.ts";
import { formatCount, UsageError } from "../src/utils.ts";
import { chanceOf } from "./chance.ts";
import { createTopics } from "./data.ts";
import { dropJob } from "./drop_job.ts";
import { Ledger } from "./ledger.ts";
import type { JobName, ProgramRequest } from "./request.ts";
import { Feed, OUTPUTS, SOAK_NOW_MS } from "./soak_feed.ts";
import { type Sample, SoakJob } from "./soak_job.ts";
import { comparableAge, killMarks } from "./soak_schedule.ts";
import { type Checkpoint, sizeOf, sizeOfFiles, stateWords } from "./soak_state.ts";
import { TopicTail } from "./topic_tail.ts";

/** Options of the soak. */
export interface SoakOptions {
  /** The broker. What was created on Kafka is removed in the end; the folder of an embedded log is left for the caller to remove. */
  readonly port: Broker;
  /** Environment variables that make other processes use the same broker. */
  readonly env: Readonly<Record<string, string>>;
  /** Event time from the first booking to the last. */
  readonly durationMs: number;
  /** Kills altogether, shared among the two jobs. */
  readonly kills: number;
  /** Decides the bookings and instants. */
  readonly seed: number;
  readonly sessionTimeoutMs: number;
  /** How many travellers there are; default 10,000. */
  readonly travellers?: number;
  /** The jobs' commit interval, ms; default 1,000. */
  readonly commitIntervalMs?: number;
  /** Ends the soak. */
  readonly signal?: AbortSignal;
  /** Called now and then with a sentence on the progress. */
  readonly onProgress?: (words: string) => void;
}

/** The result of a soak. */
export interface SoakResult {
  readonly jobs: readonly JobSoak[];
  readonly checkpoints: readonly Checkpoint[];
  /** Records that were sent. */
  readonly records: number;
  readonly elapsedMs: number;
}

/** The result for one job. */
export interface JobSoak {
  readonly lesson: JobName;
  readonly kills: number;
  readonly backMs: readonly number[];
  readonly samples: readonly Sample[];
  /** How many records and dead letters had to come. */
  readonly expected: number;
  readonly lost: number;
  readonly doubled: number;
  readonly altered: number;
  /** A description of the largest of its commits that were read. */
  readonly state: string;
}

/** How far the feed may be ahead of a job, records; never more than a tenth of all. */
const LEAD_RECORDS = 100_000;
/** How often the processes are measured, about. */
const SAMPLES = 1_000;
/** How often a life is measured at least until the age at which lives are compared; the feed waits for a slow measurement. */
const SAMPLES_UNTIL_COMPARED = 2;
/** How often commits and log are measured. */
const CHECKPOINTS = 12;
/** After this time without progress the soak fails, ms. */
const PATIENCE_MS = 60_000;
/** On Kafka the partitions of a send become visible one by one, so that s16 may write a flight behind a later one. */
const OUT_OF_ORDERNESS_ON_KAFKA_MS = 10_000;

/** @throws {Error} if a job fails or makes no progress; differences are in the result */
export async function runSoak(options: SoakOptions): Promise<SoakResult> {
  const soak = await Soak.open(options);
  try {
    return await soak.run();
  } finally {
    await soak.close();
  }
}

class Soak {
  readonly #options: SoakOptions;
  readonly #feed: Feed;
  readonly #jobs: Readonly<Record<JobName, SoakJob>>;
  readonly #tails: Readonly<Record<JobName, TopicTail>>;
  readonly #topics: readonly string[];
  readonly #chance: () => number;
  readonly #checkpoints: Checkpoint[] = [];
  readonly #largest = new Map<JobName, ReadonlyMap<string, string>>();
  readonly #stop: AbortController;
  #lastMove = { position: -1, atMs: performance.now() };
  /** Records that had been sent before both processes were last measured. */
  #lookedAt = 0;
  /** How many records the feed may send before the next measurement. */
  readonly #betweenLooks: number;

  private constructor(
    options: SoakOptions,
    parts: { feed: Feed; jobs: Record<JobName, SoakJob>; tails: Record<JobName, TopicTail>; topics: string[] },
    stop: AbortController,
  ) {
    this.#options = options;
    this.#feed = parts.feed;
    this.#jobs = parts.jobs;
    this.#tails = parts.tails;
    this.#topics = parts.topics;
    this.#chance = chanceOf(options.seed);
    this.#stop = stop;
    this.#betweenLooks = comparableAge(this.#total, Math.ceil(options.kills / 2)) / SAMPLES_UNTIL_COMPARED;
  }

  static async open(options: SoakOptions): Promise<Soak> {
    const { port, env, travellers = 10_000, commitIntervalMs = 1_000, sessionTimeoutMs } = options;
    const place = `soak-${crypto.randomUUID().slice(0, 6)}`;
    const named = (name: string) => `${place}.${name}`;
    const [skyone, sunset, flights, statistics] = [SKYONE.name, SUNSET.name, OUTPUTS.s16, OUTPUTS.s20].map(named) as [
      string,
      string,
      string,
      string,
    ];
    const topics = [skyone, sunset, flights, statistics];
    await createTopics(port, topics);
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, ...(options.signal === undefined ? [] : [options.signal])]);
    const start = (lesson: JobName, inputs: string[], output: string) => {
      const request: ProgramRequest = {
        lesson,
        jobName: named(lesson),
        inputs,
        output,
        from: "earliest",
        bounded: false,
        sessionTimeoutMs,
        commitIntervalMs,
        nowMs: SOAK_NOW_MS,
        outOfOrdernessMs: port.kind === "kafka" ? OUT_OF_ORDERNESS_ON_KAFKA_MS : 0,
      };
      return new SoakJob(request, env, signal);
    };
    const tails = { s16: await TopicTail.open(port, flights), s20: await TopicTail.open(port, statistics) };
    const jobs = { s16: start("s16", [skyone, sunset], flights), s20: start("s20", [flights], statistics) };
    const { seed, durationMs } = options;
    const feed = new Feed({ seed, durationMs, travellers, skyone, sunset });
    return new Soak(options, { feed, jobs, tails, topics }, stop);
  }

  async run(): Promise<SoakResult> {
    const startedMs = performance.now();
    const { s16, s20 } = this.#jobs;
    await this.#together([
      () => this.#send(),
      () => this.#check(),
      () => this.#sample(),
      ...[s16, s20].map((job) => () => this.#killAgainAndAgain(job)),
    ]);
    await this.#untilRead(s16);
    await s16.stop();
    await this.#readOn();
    await this.#untilRead(s20);
    await s20.stop();
    await s20.finish();
    await this.#readOn();
    await this.#checkpoint();
    return {
      jobs: [
        this.#resultOf(s16, [this.#feed.flights, await this.#readDeadLetters(s16)]),
        this.#resultOf(s20, [this.#feed.statistics, await this.#readDeadLetters(s20)]),
      ],
      checkpoints: this.#checkpoints,
      records: this.#feed.records,
      elapsedMs: performance.now() - startedMs,
    };
  }

  async close(): Promise<void> {
    this.#stop.abort();
    for (const job of Object.values(this.#jobs)) await job[Symbol.asyncDispose]();
    for (const tail of Object.values(this.#tails)) await tail[Symbol.asyncDispose]();
    const { port, sessionTimeoutMs } = this.#options;
    // Deleting millions of rows takes longer than deleting their file.
    if (port.kind === "embedded") return;
    for (const { jobName } of Object.values(this.#jobs)) await dropJob(port, jobName, sessionTimeoutMs);
    await port.deleteTopics(this.#topics);
  }

  /** Runs all works at the same time; the first that fails ends the others. */
  async #together(works: readonly (() => Promise<void>)[]): Promise<void> {
    const failed = (await Promise.allSettled(works.map((work) =>
      work().catch((error) => {
        this.#stop.abort(error);
        throw error;
      })
    ))).some(({ status }) => status === "rejected");
    this.#options.signal?.throwIfAborted();
    if (failed) throw this.#stop.signal.reason;
  }

  /** Stays just ahead of the jobs, so that the log does not grow by records that they cannot process yet. */
  async #send(): Promise<void> {
    const { port, onProgress = () => {} } = this.#options;
    const producer = await port.producer();
    const leadRecords = Math.min(LEAD_RECORDS, this.#total / 10);
    try {
      for (let tenth = 1; this.#feed.progress < 1;) {
        await this.#until(() => !this.#isLookDue);
        await producer.send(this.#feed.next());
        await this.#until(() => Object.values(this.#jobs).every((job) => this.#lagOf(job) < leadRecords));
        if (this.#feed.progress * 10 < tenth) continue;
        onProgress(`${tenth * 10} % sent, ${formatCount(this.#feed.records)} records`);
        tenth++;
      }
    } finally {
      await producer.close();
    }
  }

  /** Compares what the jobs commit while they run. */
  async #check(): Promise<void> {
    while (!this.#isSent) {
      await this.#readOn();
      await SYSTEM_CLOCK.sleep(100);
      this.#stop.signal.throwIfAborted();
    }
  }

  /** Measures as often as it can: on a busy machine a single measurement may take a second. */
  async #sample(): Promise<void> {
    const sent = () => this.#feed.records;
    const part = (parts: number) => Math.floor(this.#feed.progress * parts);
    let checkpoint = 0;
    while (!this.#isSent) {
      const sample = part(SAMPLES);
      const lookingAt = sent();
      for (const job of Object.values(this.#jobs)) await job.sample(sent);
      this.#lookedAt = lookingAt;
      if (part(CHECKPOINTS) > checkpoint) {
        checkpoint = part(CHECKPOINTS);
        await this.#checkpoint();
      }
      await this.#until(() => part(SAMPLES) > sample || this.#isLookDue);
    }
  }

  async #killAgainAndAgain(job: SoakJob): Promise<void> {
    const { kills, commitIntervalMs = 1_000 } = this.#options;
    const count = job.lesson === "s16" ? Math.ceil(kills / 2) : Math.floor(kills / 2);
    for (const mark of killMarks(count, this.#chance)) {
      await this.#until(() => this.#feed.progress >= mark && job.isWorking);
      // At a random moment between two commits.
      await SYSTEM_CLOCK.sleep(this.#chance() * commitIntervalMs);
      if (this.#isSent) {
        throw new UsageError(`Cannot kill ${job.lesson} ${count} times before its end: more event time is needed`);
      }
      await job.kill();
    }
  }

  async #checkpoint(): Promise<void> {
    const { port, env } = this.#options;
    const { s16, s20 } = this.#jobs;
    const commits = { s16: await port.readCommit(s16.jobName), s20: await port.readCommit(s20.jobName) };
    for (const lesson of ["s16", "s20"] as const) {
      if (commits[lesson].size >= (this.#largest.get(lesson)?.size ?? 0)) this.#largest.set(lesson, commits[lesson]);
    }
    this.#checkpoints.push({
      progress: this.#feed.progress,
      commits: { s16: sizeOf(commits.s16), s20: sizeOf(commits.s20) },
      diskBytes: port.kind === "embedded" ? sizeOfFiles(env["BROKER_DIR"]!) : undefined,
    });
  }

  async #readOn(): Promise<void> {
    await this.#tails.s16.readOn((record) => this.#feed.tookFlight(record));
    await this.#tails.s20.readOn((record) => this.#feed.tookStatistics(record));
  }

  /** Checks the dead letters: those that s16 must have; s20 must have none. */
  async #readDeadLetters({ lesson, jobName }: SoakJob): Promise<Ledger> {
    const { port } = this.#options;
    const ledger = lesson === "s16" ? this.#feed.letters : new Ledger(0);
    const topic = deadLetterTopic(jobName);
    if (!(await port.listTopics()).includes(topic)) return ledger;
    await using tail = await TopicTail.open(port, topic);
    await tail.readOn((record) => lesson === "s16" ? this.#feed.tookDeadLetter(record) : ledger.take(-1, 0));
    return ledger;
  }

  #resultOf(job: SoakJob, ledgers: readonly Ledger[]): JobSoak {
    const { lesson, kills, backMs, samples } = job;
    const sum = (of: (ledger: Ledger) => number) => ledgers.reduce((total, ledger) => total + of(ledger), 0);
    return {
      lesson,
      kills,
      backMs,
      samples,
      expected: sum(({ expected }) => expected),
      lost: sum((ledger) => ledger.lost()),
      doubled: sum(({ doubled }) => doubled),
      altered: sum(({ altered }) => altered),
      state: stateWords(this.#largest.get(lesson)!),
    };
  }

  get #total(): number {
    return 2 * this.#feed.pairs;
  }

  get #isLookDue(): boolean {
    return this.#feed.records - this.#lookedAt >= this.#betweenLooks;
  }

  get #isSent(): boolean {
    return this.#feed.progress === 1;
  }

  /** Records in the job's input that it has not committed yet. */
  #lagOf(job: SoakJob): number {
    return (job.lesson === "s16" ? this.#feed.records : this.#tails.s16.end) - job.position;
  }

  async #untilRead(job: SoakJob): Promise<void> {
    await this.#until(() => this.#lagOf(job) <= 0);
  }

  /** @throws {Error} if a job has failed, or there is no progress any more */
  async #until(reached: () => boolean): Promise<void> {
    while (!reached()) {
      await SYSTEM_CLOCK.sleep(10);
      this.#stop.signal.throwIfAborted();
      this.#options.signal?.throwIfAborted();
      for (const job of Object.values(this.#jobs)) job.check();
      const position = this.#jobs.s16.position + this.#jobs.s20.position + this.#feed.records;
      const nowMs = performance.now();
      if (position !== this.#lastMove.position) this.#lastMove = { position, atMs: nowMs };
      else if (nowMs - this.#lastMove.atMs > PATIENCE_MS) {
        const lags = Object.values(this.#jobs).map((job) => `${job.lesson} ${formatCount(this.#lagOf(job))} records`);
        throw new Error(`No progress for ${PATIENCE_MS / 1000} s; behind are ${lags.join(", ")}`);
      }
    }
  }
}
