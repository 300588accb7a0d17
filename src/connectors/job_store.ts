import { entriesOf, parseValue, partitionOfSplit, type SplitRecord, type Step, stepsOf } from "../engine/internal.ts";
import { type DeadLetter, type JobCommit, type JobRequest, type JobSession } from "../engine/mod.ts";
import {
  type Broker,
  type BrokerJobRequest,
  type BrokerLease,
  deadLetterTopic,
  type OutgoingRecord,
  type Position,
  type RecordCheck,
  type TopicSpec,
} from "./broker.ts";
import { BrokerError, TopicExistsError } from "./broker_errors.ts";
import type { StoreFaultPoint } from "./fault_points.ts";
import { DeadLetterWriter, shortened } from "./records/dead_letter_record.ts";

/**
 * Opens a job at the broker. Each commit of it writes state, positions, outputs and dead letters in one transaction.
 * @param options.replicas replication factor of topics that are created for the job; left out: three, or as many as there are brokers
 */
export async function openJobSession(
  broker: Broker,
  request: JobRequest,
  { replicas }: { readonly replicas?: number | undefined } = {},
): Promise<BrokerJobSession> {
  const lease = await broker.openJob({ ...request, replicas });
  return new BrokerJobSession(broker, lease, { ...request, replicas });
}

/** A job's store while it works, over the broker port: its lease, and a topic of dead letters beside it. */
export class BrokerJobSession implements JobSession {
  readonly broker: Broker;
  readonly deadLetters: string;
  /** What sinks write with. */
  readonly lease: BrokerLease;
  readonly #job: string;
  readonly #replicas: number | undefined;
  readonly #step: Step<StoreFaultPoint>;
  #letters: DeadLetter[] = [];
  #topicExists = false;
  #checkDeadLetter: RecordCheck | undefined;
  readonly #deadLetterWriter: DeadLetterWriter;

  constructor(
    broker: Broker,
    lease: BrokerLease,
    { job, replicas, faultPoint }: Pick<BrokerJobRequest, "job" | "replicas" | "faultPoint">,
  ) {
    this.broker = broker;
    this.lease = lease;
    this.#job = job;
    this.#replicas = replicas;
    this.#step = stepsOf(faultPoint);
    this.deadLetters = deadLetterTopic(job);
    this.#deadLetterWriter = new DeadLetterWriter(this.deadLetters, job);
  }

  get lost(): AbortSignal {
    return this.lease.lost;
  }

  get pendingRecords(): number {
    return this.lease.pendingRecords + this.#letters.length;
  }

  async restore(): Promise<Map<string, string>> {
    const entries = await this.lease.restore();
    checkNothingLost(this.#job, entries, await this.lease.positions());
    return entries;
  }

  async whereIs(entry: string): Promise<string | undefined> {
    return await this.lease.whereIs?.(entry);
  }

  reset(): Promise<void> {
    return this.lease.reset();
  }

  deadLetter(letter: DeadLetter): void {
    this.#letters.push(letter);
  }

  async flush(): Promise<void> {
    await this.#writeDeadLetters();
    await this.lease.flush();
  }

  async commit(commit: JobCommit): Promise<void> {
    await this.#writeDeadLetters();
    await this.lease.commit(commit);
  }

  close(): Promise<void> {
    return this.lease.close();
  }

  /** A dead letter that its topic accepts: shortened, unless only its timestamp is refused, which its headers hold as well. */
  #fitting(record: OutgoingRecord): OutgoingRecord {
    if (this.#checkDeadLetter?.(record) === undefined) return record;
    const ofNow = { ...record, timestampMs: Date.now() };
    return this.#checkDeadLetter(ofNow) === undefined ? ofNow : shortened(ofNow);
  }

  async #writeDeadLetters(): Promise<void> {
    if (this.#letters.length === 0) return;
    const topic = this.deadLetters;
    if (!this.#topicExists) {
      // Created with the first dead letter: a job without any leaves no empty topic behind.
      if (!(await this.broker.listTopics()).includes(topic)) {
        this.#step("commit: before the topic of dead letters is made");
        await this.#step("commit: the topic of dead letters is made", () => this.#createTopic());
      }
      this.#checkDeadLetter = await this.broker.recordCheck?.(topic);
      this.#topicExists = true;
    }
    const letters = this.#letters;
    this.#letters = [];
    this.#step("commit: the dead letters are written", () => {
      for (const letter of letters) this.lease.write(this.#fitting(this.#deadLetterWriter.record(letter)));
    });
  }

  async #createTopic(): Promise<void> {
    const replicas = this.#replicas ?? "safe";
    const spec: TopicSpec = { name: this.deadLetters, partitions: 1, maxRecordBytes: DEAD_LETTER_BYTES, replicas };
    try {
      await this.broker.createTopics([spec]);
    } catch (error) {
      // Somebody created it in between, or the node that listed the topics did not know it yet.
      if (!(error instanceof TopicExistsError)) throw error;
    }
  }
}

/** Has room for a record of the largest size that a topic accepts by default, with the headers of a dead letter. */
const DEAD_LETTER_BYTES = 8 << 20;

/**
 * Entries and positions are committed together and stored apart. Where the group's positions are ahead of the entries', entries
 * have been lost: going on without them would skip what was read and forget what was counted.
 */
function checkNothingLost(job: string, entries: ReadonlyMap<string, string>, positions: readonly Position[]): void {
  const [read] = positions;
  if (read === undefined) return;
  if (entries.size === 0) {
    throw new BrokerError(
      `Cannot go on with "${job}": its commit is gone, though it has read "${read.topic}" partition ${read.partition} ` +
        `up to offset ${read.offset}; import a savepoint, or begin anew with --reset`,
    );
  }
  const reached = topicPositions(entries);
  for (const { topic, partition, offset } of positions) {
    const here = reached.filter((each) => each.topic === topic && each.partition === partition);
    const furthest = Math.max(...here.map((each) => each.offset));
    if (here.length === 0 || furthest >= offset) continue;
    throw new BrokerError(
      `Cannot go on with "${job}": its last commits are gone: the commit that is left has read "${topic}" partition ${partition} up to ` +
        `offset ${furthest}, its consumer group up to ${offset} (unless somebody moved that); import a savepoint, or begin anew with --reset`,
    );
  }
}

/** How far the commit has read topics. */
function topicPositions(entries: ReadonlyMap<string, string>): Position[] {
  return [...entriesOf(entries, "split")].flatMap(([{ split }, text, entry]) => {
    const { position } = parseValue(entry, text) as SplitRecord;
    const place = partitionOfSplit(split);
    return place === undefined || typeof position !== "number" ? [] : [{ ...place, offset: position }];
  });
}
