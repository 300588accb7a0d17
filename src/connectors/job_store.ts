import { partitionOfSplit } from "../engine/internal.ts";
import {
  type DeadLetter,
  type FaultPoint,
  type JobSession,
  type JobStoreRequest,
  type SplitPosition,
  splitPositions,
  type StateChange,
} from "../engine/mod.ts";
import {
  type Broker,
  type Compression,
  deadLetterTopic,
  type JobLease,
  type OutgoingRecord,
  type Position,
  type RecordCheck,
  type TopicSpec,
} from "./broker.ts";
import { BrokerError, TopicExistsError } from "./broker_errors.ts";
import { LetterWriter, shortened } from "./records/letter_record.ts";

/**
 * Opens the job at the broker: its state, positions, outputs and dead letters are one transaction there.
 * @param options.replicas replication factor of topics that are created for the job; left out: three, or as many as there are brokers
 */
export async function openJobSession(
  broker: Broker,
  request: JobStoreRequest,
  { replicas }: { readonly replicas?: number | undefined } = {},
): Promise<BrokerJobSession> {
  const lease = await broker.openJob({
    job: request.job,
    topics: request.topics,
    sessionTimeoutMs: request.sessionTimeoutMs,
    transactional: request.exactlyOnce,
    whenActive: request.whenActive,
    onStandby: request.onStandby,
    signal: request.signal,
    replicas,
    faultPoint: request.faultPoint,
  });
  return new BrokerJobSession(broker, lease, { ...request, replicas });
}

/** A job's store while it works, over the broker port. */
export class BrokerJobSession implements JobSession {
  readonly broker: Broker;
  readonly deadLetters: string;
  readonly #lease: JobLease;
  readonly #job: string;
  readonly #topics: readonly string[];
  readonly #replicas: number | undefined;
  readonly #faultPoint: FaultPoint | undefined;
  /** Records that may still be taken back. */
  #written: OutgoingRecord[] = [];
  #letters: DeadLetter[] = [];
  #topicExists = false;
  #checkLetter: RecordCheck | undefined;
  readonly #letterWriter: LetterWriter;

  constructor(
    broker: Broker,
    lease: JobLease,
    { job, topics, replicas, faultPoint }: Pick<JobStoreRequest, "job" | "topics" | "faultPoint"> & {
      readonly replicas?: number | undefined;
    },
  ) {
    this.broker = broker;
    this.#lease = lease;
    this.#job = job;
    this.#topics = topics;
    this.#replicas = replicas;
    this.#faultPoint = faultPoint;
    this.deadLetters = deadLetterTopic(job);
    this.#letterWriter = new LetterWriter(this.deadLetters, job);
  }

  get lost(): AbortSignal {
    return this.#lease.lost;
  }

  get pendingRecords(): number {
    return this.#lease.pendingRecords + this.#written.length + this.#letters.length;
  }

  async restore(): Promise<Map<string, string>> {
    const entries = await this.#lease.restore();
    checkNothingLost(this.#job, entries, await this.#lease.positions());
    return entries;
  }

  async whereIs(entry: string): Promise<string | undefined> {
    return await this.#lease.whereIs?.(entry);
  }

  reset(): Promise<void> {
    return this.#lease.reset();
  }

  /** Compresses the topic's records from now on, where the broker compresses. */
  compress(topic: string, compression: Compression): void {
    this.#lease.compress(topic, compression);
  }

  write(record: OutgoingRecord): void {
    this.#written.push(record);
  }

  /** Takes back the last `records` that were written since the last flush or commit; see `SinkWriter.takeBack()`. */
  takeBack(records: number): void {
    this.#written.splice(this.#written.length - records);
  }

  deadLetter(letter: DeadLetter): void {
    this.#letters.push(letter);
  }

  async flush(): Promise<void> {
    this.#handOver();
    await this.#writeLetters();
    await this.#lease.flush();
  }

  async commit(changes: Iterable<StateChange>, positions: readonly SplitPosition[]): Promise<void> {
    this.#handOver();
    await this.#writeLetters();
    // Sources without topics have positions too, of which the broker knows nothing.
    const known = positions.flatMap(groupPosition).filter(({ topic }) => this.#topics.includes(topic));
    await this.#lease.commit({ changes, positions: known });
  }

  close(): Promise<void> {
    return this.#lease.release();
  }

  #handOver(): void {
    for (const record of this.#written) this.#lease.write(record);
    this.#written = [];
  }

  /** A dead letter that its topic accepts: shortened, unless only its timestamp is refused, which its headers hold as well. */
  #fitting(record: OutgoingRecord): OutgoingRecord {
    if (this.#checkLetter?.(record) === undefined) return record;
    const ofNow = { ...record, timestampMs: Date.now() };
    return this.#checkLetter(ofNow) === undefined ? ofNow : shortened(ofNow);
  }

  async #writeLetters(): Promise<void> {
    if (this.#letters.length === 0) return;
    const topic = this.deadLetters;
    if (!this.#topicExists) {
      // Created with the first dead letter: a job without any leaves no empty topic behind.
      if (!(await this.broker.listTopics()).includes(topic)) {
        this.#faultPoint?.("commit: before the topic of dead letters is made");
        const replicas = this.#replicas ?? "safe";
        const spec: TopicSpec = { name: topic, partitions: 1, maxRecordBytes: DEAD_LETTER_BYTES, replicas };
        await this.broker.createTopics([spec]).catch((error) => {
          // Somebody created it in between, or the node that listed the topics did not know it yet.
          if (!(error instanceof TopicExistsError)) throw error;
        });
        this.#faultPoint?.("commit: the topic of dead letters is made");
      }
      this.#checkLetter = await this.broker.recordCheck?.(topic);
      this.#topicExists = true;
    }
    const letters = this.#letters;
    this.#letters = [];
    for (const letter of letters) this.#lease.write(this.#fitting(this.#letterWriter.record(letter)));
    this.#faultPoint?.("commit: the dead letters are written");
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
  const reached = splitPositions(entries).flatMap(groupPosition);
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

/** A position in a topic, for tools that watch the group. */
function groupPosition({ split, position }: SplitPosition): { topic: string; partition: number; offset: number }[] {
  const place = partitionOfSplit(split);
  return place === undefined || typeof position !== "number" ? [] : [{ ...place, offset: position }];
}
