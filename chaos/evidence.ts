/** The output and state of a job, and how those of two runs differ. */
import type { Broker, BrokerRecord } from "../src/connectors/broker.ts";
import { deadLetterTopic } from "../src/connectors/broker.ts";
import { TopicTail } from "./topic_tail.ts";

/** Committed output, dead letters and state of a job that has reached its end. */
export interface Evidence {
  /** Records of each partition in their order, as text. */
  readonly output: readonly (readonly string[])[];
  /** Dead letters in their order, as text. */
  readonly letters: readonly string[];
  /** The entries of the last commit, without its time. */
  readonly state: ReadonlyMap<string, string>;
}

/** How a run differs from the one without a kill. */
export interface Difference {
  /** Records and dead letters that are missing. */
  readonly lost: number;
  /** Records and dead letters that were written too often. */
  readonly doubled: number;
  /** Records that were written as often as they must be, but at another place. */
  readonly moved: number;
  /** Entries of the state that differ: "entry: found instead of expected". */
  readonly state: readonly string[];
}

const decoder = new TextDecoder();

/** Reads a topic while it grows, and keeps it as text. */
export class TopicReader implements AsyncDisposable {
  readonly partitions: string[][];
  readonly #tail: TopicTail;
  readonly #format: (record: BrokerRecord) => string;

  private constructor(tail: TopicTail, format: (record: BrokerRecord) => string) {
    this.#tail = tail;
    this.#format = format;
    this.partitions = Array.from({ length: tail.partitions }, () => []);
  }

  static async open(
    port: Broker,
    topic: string,
    format: (record: BrokerRecord) => string = formatRecord,
  ): Promise<TopicReader> {
    return new TopicReader(await TopicTail.open(port, topic), format);
  }

  /** Records that have been read. */
  get records(): number {
    return this.partitions.reduce((sum, { length }) => sum + length, 0);
  }

  /** Reads what has been committed since the last time. */
  readOn(): Promise<void> {
    return this.#tail.readOn((record, partition) => this.partitions[partition]!.push(this.#format(record)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tail[Symbol.asyncDispose]();
  }
}

/** Reads the output and state of a job that has ended. `output` reads its topic. */
export async function gather(port: Broker, job: string, output: TopicReader): Promise<Evidence> {
  await output.readOn();
  return { output: output.partitions, letters: await readDeadLetters(port, job), state: await readState(port, job) };
}

async function readDeadLetters(port: Broker, job: string): Promise<string[]> {
  const topic = deadLetterTopic(job);
  if (!(await port.listTopics()).includes(topic)) return [];
  await using reader = await TopicReader.open(port, topic, formatDeadLetter);
  await reader.readOn();
  return reader.partitions.flat();
}

async function readState(port: Broker, job: string): Promise<Map<string, string>> {
  const state = await port.readCommit(job);
  const entry = JSON.stringify(["job"]);
  const { finishedAtMs: _, ...record } = JSON.parse(state.get(entry) ?? "{}");
  return state.set(entry, JSON.stringify(record));
}

function formatRecord({ timestampMs, key, value }: BrokerRecord): string {
  return `${timestampMs} ${key && decoder.decode(key)} ${value && decoder.decode(value)}`;
}

/** A dead letter as text, with its origin, without its time and attempt. */
function formatDeadLetter(record: BrokerRecord): string {
  const headers = new Map(record.headers);
  const header = (name: string) => decoder.decode(headers.get(`dead-letter.${name}`) ?? undefined);
  return `${header("topic")} ${header("partition")} ${header("offset")} ${formatRecord(record)}`;
}

/** How `found` differs from `expected`. */
export function compare(found: Evidence, expected: Evidence): Difference {
  const parts = [
    [found.letters, expected.letters] as const,
    ...expected.output.map((records, partition) => [found.output[partition] ?? [], records] as const),
  ].map(([records, wanted]) => compareRecords(records, wanted));
  const sum = (name: "lost" | "doubled" | "moved") => parts.reduce((total, part) => total + part[name], 0);
  const state = [...new Set([...found.state.keys(), ...expected.state.keys()])]
    .filter((entry) => found.state.get(entry) !== expected.state.get(entry))
    .map((entry) => `${entry}: ${found.state.get(entry)} instead of ${expected.state.get(entry)}`);
  return { lost: sum("lost"), doubled: sum("doubled"), moved: sum("moved"), state };
}

function compareRecords(
  found: readonly string[],
  expected: readonly string[],
): Omit<Difference, "state"> {
  const balance = new Map<string, number>();
  for (const record of expected) balance.set(record, (balance.get(record) ?? 0) + 1);
  for (const record of found) balance.set(record, (balance.get(record) ?? 0) - 1);
  const counts = [...balance.values()];
  const lost = counts.reduce((sum, count) => sum + Math.max(count, 0), 0);
  const doubled = counts.reduce((sum, count) => sum + Math.max(-count, 0), 0);
  const moved = lost + doubled > 0 ? 0 : found.filter((record, index) => record !== expected[index]).length;
  return { lost, doubled, moved };
}
