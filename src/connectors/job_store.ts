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
  BrokerError,
  type Compression,
  deadLetterTopic,
  type JobLease,
  type OutgoingRecord,
  type Position,
  type RecordCheck,
  TopicExistsError,
  type TopicSpec,
} from "./broker.ts";
import { LetterWriter, shortened } from "./records/letter_record.ts";

/**
 * Asks the broker for the job: state, positions, outputs and dead letters become one transaction there.
 * @param options.replicas copies of the topics that are created for the job; left out: at least three where there are as many brokers
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
  /** What may still be taken back. */
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

  /** From now on the topic's records are compressed so, where the broker compresses. */
  compress(topic: string, compression: Compression): void {
    this.#lease.compress(topic, compression);
  }

  write(record: OutgoingRecord): void {
    this.#written.push(record);
  }

  /** The last records written since the last flush or commit; see `SinkWriter.takeBack()`. */
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
    // Other sources have positions too, in what the broker does not know.
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

  /** A letter as its topic takes it. If only its time is refused it is whole: that of its record is in the headers. */
  #fitting(record: OutgoingRecord): OutgoingRecord {
    if (this.#checkLetter?.(record) === undefined) return record;
    const ofNow = { ...record, timestampMs: Date.now() };
    return this.#checkLetter(ofNow) === undefined ? ofNow : shortened(ofNow);
  }

  async #writeLetters(): Promise<void> {
    if (this.#letters.length === 0) return;
    const topic = this.deadLetters;
    if (!this.#topicExists) {
      // Made when the first letter is written: a job without bad records leaves no empty topic behind.
      if (!(await this.broker.listTopics()).includes(topic)) {
        this.#faultPoint?.("commit: before the topic of dead letters is made");
        const replicas = this.#replicas ?? "safe";
        const spec: TopicSpec = { name: topic, partitions: 1, maxRecordBytes: DEAD_LETTER_BYTES, replicas };
        await this.broker.createTopics([spec]).catch((error) => {
          // Made by somebody in between, or known to another node than the one that listed them.
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

/** A record of the largest size that a topic takes by default (1 MB) must find room here with its headers. */
const DEAD_LETTER_BYTES = 8 << 20;

/**
 * Entries and positions are committed together and kept apart. Where the positions know more, entries have been lost: to begin
 * anew then would skip what was read, and forget what was counted.
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
      `Cannot go on with "${job}": its last commits are gone, they know "${topic}" partition ${partition} up to offset ` +
        `${furthest} and its group has a position of ${offset} (or somebody has moved that); import a savepoint, or begin anew with --reset`,
    );
  }
}

/** For tools that watch the group: the split "skyone-3" is partition 3 of "skyone". */
function groupPosition({ split, position }: SplitPosition): { topic: string; partition: number; offset: number }[] {
  const match = /^(.+)-(\d+)$/.exec(split);
  if (match === null || typeof position !== "number") return [];
  return [{ topic: match[1]!, partition: Number(match[2]), offset: position }];
}
