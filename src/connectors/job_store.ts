import { lossInJson } from "../engine/json_value.ts";
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
  type RecordHeaders,
  TopicExistsError,
  type TopicSpec,
} from "./broker.ts";

/**
 * Asks the broker for the job: state, positions, outputs and dead letters become one transaction there.
 * @param replicas copies of the topics that are created for the job; left out: at least three where there are as many brokers
 */
export async function openJobSession(
  broker: Broker,
  request: JobStoreRequest,
  replicas?: number,
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
    for (const letter of letters) {
      const record = letterRecord(topic, this.#job, letter);
      this.#lease.write(this.#checkLetter?.(record) === undefined ? record : shortened(record));
    }
    this.#faultPoint?.("commit: the dead letters are written");
  }
}

/** A record of the largest size that a topic takes by default (1 MB) must find room here with its headers. */
const DEAD_LETTER_BYTES = 8 << 20;

const encoder = new TextEncoder();

/**
 * The record as it was, its own headers included, and in headers of ours behind them where it came from and what was wrong.
 * Ours begin with `dead-letter.job`: so a letter of another job that became a letter itself keeps what it said.
 */
function letterRecord(topic: string, job: string, letter: DeadLetter): OutgoingRecord {
  const { origin, firing } = letter;
  const words: Record<string, string> = {
    "dead-letter.job": job,
    "dead-letter.operator": letter.operator,
    "dead-letter.error-class": letter.errorClass,
    "dead-letter.error-message": letter.message,
    "dead-letter.attempt": String(letter.attempt),
    "dead-letter.time": new Date().toISOString(),
  };
  if (firing !== undefined) {
    words["dead-letter.key"] = JSON.stringify(firing.key);
    if (firing.window !== undefined) words["dead-letter.window"] = firing.window;
    if (firing.timerMs !== undefined) words["dead-letter.timer"] = String(firing.timerMs);
  }
  if (origin !== undefined) {
    words["dead-letter.topic"] = origin.topic;
    words["dead-letter.partition"] = String(origin.partition);
    words["dead-letter.offset"] = String(origin.offset);
    words["dead-letter.timestamp"] = String(origin.timestampMs);
  }
  const own = origin?.headers ?? [];
  const headers: RecordHeaders = [
    ...own,
    ...Object.entries(words).map(([name, text]) => [name, encoder.encode(text)] as const),
  ];
  const value = origin === undefined ? encoder.encode(letterText(letter.value)) : origin.value;
  // A topic takes whole ms since 1970; event time may be anything.
  const timestampMs = [letter.timestampMs, origin?.timestampMs].find((ms) => Number.isSafeInteger(ms) && ms! >= 0) ??
    Date.now();
  return { topic, partition: 0, key: origin?.key ?? null, value, timestampMs, headers };
}

/** So much is kept of a value that its letter cannot hold, bytes. */
const KEPT_BYTES = 1 << 16;

/**
 * What any topic takes of a letter: a commit that it refuses would end the job at every start. The begin of the value says of which
 * record it is; where that lies is in the headers.
 */
function shortened(letter: OutgoingRecord): OutgoingRecord {
  const { value, key, headers = [] } = letter;
  const cut = encoder.encode(String(value?.length ?? 0));
  const ours = headers.slice(headers.findLastIndex(([name]) => name === "dead-letter.job"))
    .map(([name, bytes]) => [name, bytes?.subarray(0, KEPT_BYTES) ?? null] as const);
  return {
    ...letter,
    key: key !== null && key.length > KEPT_BYTES ? null : key,
    value: value?.subarray(0, KEPT_BYTES) ?? null,
    timestampMs: Date.now(),
    headers: [...ours, ["dead-letter.cut-from", cut]],
  };
}

/** JSON where it has words for the value; the letter of a value that it has none for must be written all the same. */
function letterText(value: unknown): string {
  if (value === undefined) return "";
  return lossInJson(value, "output") === undefined ? JSON.stringify(value) : Deno.inspect(value);
}

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
