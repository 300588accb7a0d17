/** Runs a job at home and through stages, and compares what comes out. */
import { assertEquals } from "@std/assert";
import type { JobBroker } from "../../src/connectors/mod.ts";
import { type EnvironmentOptions, SILENT, StreamExecutionEnvironment } from "../../src/engine/mod.ts";
import { inOrderOfHome } from "./rig/order_of_home.ts";
import { type Input, type Job, PARTITIONS } from "./stage_jobs.ts";
import { type ResultRecord, type RigOptions, StageRig } from "./stage_rig.ts";

/** What comes out, in an order of its own: what is promised is which records, not their order over all keys. */
export function sorted(results: readonly ResultRecord[], outputs: readonly string[]): string[] {
  return results.filter(({ topic }) => outputs.includes(topic)).map(({ topic, key, value, timestampMs, headers }) => {
    const error = headers["dead-letter.error-class"];
    // A letter from behind an exchange holds the value and not the record: what they have in common is the error.
    if (topic.endsWith(".dead-letters")) {
      return `${topic} ${headers["dead-letter.operator"]} ${error} ${
        headers["dead-letter.error-message"]!.replace(/, made of .*/, "")
      }`;
    }
    return `${topic} ${key} ${value} ${timestampMs}`;
  }).sort();
}

/** Creates the topics of a job. */
export async function createTopics({ inputs, outputs }: Job, { port }: JobBroker): Promise<void> {
  const topics = new Set(inputs.map(({ topic }) => topic));
  const made = [...topics, ...outputs.filter((name) => !name.endsWith(".dead-letters"))];
  await port.createTopics(made.map((name) => ({ name, partitions: PARTITIONS })));
}

export async function send(records: readonly Input[], { port }: JobBroker): Promise<void> {
  const producer = await port.producer();
  await producer.send(records);
  await producer.close();
}

/** Runs a job by the engine alone. */
export async function run({ define, options }: Job, broker: JobBroker, more: EnvironmentOptions): Promise<void> {
  const env = new StreamExecutionEnvironment({ from: "earliest", logger: SILENT, ...options, ...more, store: broker });
  define(env, broker);
  await env.execute();
}

/** What a job has written. */
export async function written({ outputs }: Job, { port }: JobBroker): Promise<ResultRecord[]> {
  const results: ResultRecord[] = [];
  const existing = await port.listTopics();
  for (const name of outputs.filter((each) => existing.includes(each))) {
    const [description] = await port.describeTopics([name]);
    const fetcher = await port.fetcher();
    for (const [partition, end] of description!.endOffsets.entries()) {
      for (let offset = 0; offset < end;) {
        const [batch] = await fetcher.fetch([{ topic: name, partition, offset }], 1_000);
        for (const { key, value, timestampMs, headers } of batch!.records) {
          const text = (bytes: Uint8Array | null) => bytes === null ? null : new TextDecoder().decode(bytes);
          const named = Object.fromEntries((headers ?? []).map(([name, bytes]) => [name, text(bytes)!]));
          results.push({ topic: name, partition, key: text(key), value: text(value), timestampMs, headers: named });
        }
        offset = batch!.nextOffset;
      }
    }
    await fetcher.close();
  }
  return results;
}

/** What a job writes by the engine alone. */
export async function atHome(job: Job, broker: JobBroker): Promise<string[]> {
  await createTopics(job, broker);
  await send(job.inputs, broker);
  await run(job, broker, { bounded: true });
  return sorted(await written(job, broker), job.outputs);
}

/** Shows what is missing and what is too much, of hundreds. */
export function assertSame(found: readonly string[], expected: readonly string[], message?: string): void {
  const left = [...expected];
  const extra = found.filter((each) => {
    const at = left.indexOf(each);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  assertEquals({ extra: extra.slice(0, 5), missing: left.slice(0, 5) }, { extra: [], missing: [] }, message);
}

/** A rig for a job. */
export async function openRig({ define, inputs, options, inOrder }: Job, rig: RigOptions): Promise<StageRig> {
  const ends: Record<string, number[]> = {};
  for (const { topic, partition } of inputs) (ends[topic] ??= new Array(PARTITIONS).fill(0))[partition]!++;
  return await StageRig.openFor({ define, options: { bounded: true, ...options }, rig, ...inOrder && { ends } });
}

/** The records of a job in the order in which they are fed. */
export function fedOf({ inputs, inOrder }: Job): readonly Input[] {
  if (!inOrder) return inputs;
  return inOrderOfHome(
    Object.values(Object.groupBy(inputs, ({ topic, partition }) => `${topic}-${partition}`) as Record<string, Input[]>),
  ) as Input[];
}

/** Hands records over, those of a topic after those of another where the job needs that. */
export async function feed(stages: StageRig, { inTurns }: Job, inputs: readonly Input[]): Promise<void> {
  if (!inTurns) return await stages.feed(inputs);
  for (let from = 0, to = 0; from < inputs.length; from = to) {
    while (inputs[to]?.topic === inputs[from]!.topic) to++;
    await stages.feed(inputs.slice(from, to));
  }
}
