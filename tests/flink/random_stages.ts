/** Takes the jobs of `random_plans.ts` through stages: what a cluster does as home does, what comes in, and what must come out. */
import type { JobBroker } from "../../src/connectors/mod.ts";
import {
  type EnvironmentOptions,
  GlobalWindow,
  NO_TIMESTAMP,
  type StreamExecutionEnvironment,
} from "../../src/engine/mod.ts";
import { MemoryJobStore } from "../../src/engine/testing/mod.ts";
import { commitOf } from "../../src/flink/hand_over.ts";
import { describeJob } from "../engine/runtime/random_jobs.ts";
import { type Item, type JobPlan, PREVIOUS, type Records, type SourcePlan } from "../engine/runtime/random_plans.ts";
import { keptIn, Run } from "../engine/runtime/random_run.ts";
import { inOrderOfHome } from "./rig/order_of_home.ts";
import type { DefineJob, Ends, FedRecord, ResultRecord, StageRig } from "./stage_rig.ts";

/** Of the first record, about: a topic takes no time before 1970. */
const START_MS = 1_000;

export const OPTIONS: EnvironmentOptions = { bounded: true, jobName: "random", maxDead: { share: 1 } };

/** The job with topics in place of the sources and sinks of tests. */
export function overTopics(plan: JobPlan): DefineJob {
  return (env: StreamExecutionEnvironment, broker: JobBroker) => {
    const decoder = new TextDecoder();
    const decode = ({ value }: { value: Uint8Array | null }) => JSON.parse(decoder.decode(value!)) as Item;
    const sources = plan.sources.map((_, index) => broker.source(`s${index}`, { decode }));
    const encode = (item: Item) => ({ key: item.key, value: JSON.stringify(item) });
    describeJob(env, plan, sources, (name) => broker.sink(name.replace(" ", "-"), { encode }));
  };
}

/**
 * The plan, but for what means something else on a cluster:
 *
 * - Flink makes event time of records before they are decoded, so that one whose function throws moves it too: here none does.
 * - A source without event time holds back what it has in common with others until the end of all, and not only until its own: either
 *   all sources have event time or none has.
 * - What a record has changed before an exchange, or on another way, stays when it is refused: records that are refused behind state
 *   are only in jobs with one way from topic to sink.
 */
export function forCluster({ sources, ways }: JobPlan): JobPlan {
  const timeless = sources.every(({ strategy }) => strategy === "none");
  const straight = ways.length === 1 && STRAIGHT.has(ways[0]!.keyed) && ["nothing", "async"].includes(ways[0]!.then) &&
    !sources.some(({ steps }) => steps.includes("twice"));
  return {
    ways,
    sources: sources.map(({ strategy, steps, partitions }) => ({
      strategy: strategy === "none" && !timeless ? "monotonous" : strategy,
      steps,
      partitions: partitions.map((records) => tamed(records, straight)),
    })),
  };
}

/** Operators with one input. */
const STRAIGHT: ReadonlySet<string> = new Set(["reduce", "max", "timers", "count", "sliding count"]);

function tamed(records: Records, straight: boolean): Records {
  let latestMs: number | undefined;
  return records.map(([{ poison, ...item }, timestampMs]) => {
    const ms = timestampMs + START_MS;
    const stays = latestMs !== undefined && (poison === "before state" || (poison === "behind state" && straight));
    const record = [stays ? { ...item, poison: poison! } : item, stays ? Math.min(ms, latestMs!) : ms] as const;
    latestMs = Math.max(latestMs ?? ms, record[1]);
    return record;
  });
}

/**
 * The plan without event time that is made between source and exchange: a worker reports it behind a batch and not between its records,
 * subtasks make it each for themselves, and after a restart it begins anew.
 */
export function timedByFlink({ sources, ways }: JobPlan): JobPlan {
  return {
    ways,
    sources: sources.map((source): SourcePlan =>
      source.strategy === "in the middle" ? { ...source, strategy: "monotonous" } : source
    ),
  };
}

/**
 * The plan with windows in place of all other operators and with records in the order of time: nothing is late, however far event time
 * is behind the records, and what comes of a window depends neither on that nor on the order in which streams meet.
 */
export function ofWindows({ sources, ways }: JobPlan): JobPlan {
  return {
    ways: ways.map(({ from, keyed, then }) => ({
      from,
      keyed: WINDOWS.find((each) => each === keyed) ?? WINDOWS[keyed.length % WINDOWS.length]!,
      then: then === "nothing" ? then : "tumbling",
    })),
    sources: sources.map(({ partitions, ...source }) => ({
      ...source,
      partitions: partitions.map((records) => {
        const times = records.map(([, timestampMs]) => timestampMs).sort((a, b) => a - b);
        return records.map(([item], i) => [item, times[i]!] as const);
      }),
    })),
  };
}

const WINDOWS = ["tumbling", "sliding", "session", "late allowed"] as const;

/**
 * Whether several subtasks give the same, key by key. Not where a function emits together what it finds in the state of all keys, nor
 * where results of several keys meet, whose order among each other is not promised: in windows of all keys, and at keys that have timers
 * behind timers which emit records of further keys.
 */
export function runsInParallel({ ways }: JobPlan): boolean {
  const operators = ways.flatMap(({ keyed, then }) => [keyed, then]);
  const meets = ways.some(({ from, keyed }, i) => i > 0 && keyed === "window all" && from.includes(PREVIOUS));
  return !meets && !operators.includes("broadcast") && operators.filter((each) => each === "timers").length < 2;
}

/** Where the topics end. */
export function endsOf({ sources }: JobPlan): Ends {
  return Object.fromEntries(sources.map(({ partitions }, i) => [`s${i}`, partitions.map(({ length }) => length)]));
}

/** All records in the order in which a job takes them at home. */
export function recordsOf({ sources }: JobPlan): FedRecord[] {
  const encoder = new TextEncoder();
  return inOrderOfHome(
    sources.flatMap(({ partitions }, source) =>
      partitions.map((records, partition) =>
        records.map(([item, timestampMs]): FedRecord => ({
          topic: `s${source}`,
          partition,
          key: null,
          value: encoder.encode(JSON.stringify(item)),
          timestampMs,
        }))
      )
    ),
  );
}

/** What came out. */
export interface Outcome {
  /** By topic: values and their times, in order. */
  readonly records: Readonly<Record<string, readonly string[]>>;
  /** Of dead letters: which record, and why; in an order of their own. */
  readonly letters: readonly string[];
}

/** What an undisturbed run at home gives, and the state that it leaves. */
export async function outcomeAtHome(plan: JobPlan): Promise<{ outcome: Outcome; kept: ReturnType<typeof keptIn> }> {
  const run = await new Run(plan).toTheEnd();
  const records: Record<string, string[]> = {};
  for (const [name, sink] of run.sinks) {
    const shown = sink.committedRecords.map(([item, timestampMs]) => show(JSON.stringify(item), timestampMs));
    if (shown.length > 0) records[name.replace(" ", "-")] = shown;
  }
  const letters = run.harness.store.letters.map(({ origin, operator, errorClass, message }) =>
    `${operator} ${errorClass} ${message} ${placeText(origin)}`
  );
  return { outcome: { records, letters: letters.sort() }, kept: keptIn(run.harness.store) };
}

/** The state that stages leave, as it would be at home. */
export async function keptByStages(plan: JobPlan, stages: StageRig): Promise<ReturnType<typeof keptIn>> {
  const topics = Object.entries(endsOf(plan)).map(([name, ends]) => ({
    name,
    startOffsets: ends.map(() => 0),
    endOffsets: ends,
  }));
  const store = new MemoryJobStore();
  for (const [entry, text] of commitOf(stages.plan, await stages.export(), topics as never)) {
    store.entries.set(entry, text);
  }
  return keptIn(store);
}

/** What came out of stages. */
export function outcomeOf(results: readonly ResultRecord[]): Outcome {
  const records: Record<string, string[]> = {};
  const letters: string[] = [];
  for (const { topic, value, timestampMs, headers } of results) {
    if (!topic.endsWith(".dead-letters")) (records[topic] ??= []).push(show(value!, timestampMs));
    else letters.push(letterText(headers));
  }
  return { records, letters: letters.sort() };
}

/** What must be the same whatever the parallelism: records of one key in their order. */
export function byKey({ records, letters }: Outcome): Outcome {
  const ofKeys = Object.entries(records).flatMap(([topic, shown]) =>
    Object.entries(Object.groupBy(shown, (text) => (JSON.parse(text) as [Item])[0].key))
      .map(([key, some]) => [`${topic} ${key}`, some!] as const)
  );
  return { records: Object.fromEntries(ofKeys), letters };
}

/** What must be the same whatever comes when. */
export function inNoOrder({ records, letters }: Outcome): Outcome {
  const sorted = Object.entries(records).map(([topic, shown]) => [topic, shown.toSorted()] as const);
  return { records: Object.fromEntries(sorted), letters };
}

/** @param timestampMs of a record without event time: any later one */
function show(value: string, timestampMs: number): string {
  const timeless = timestampMs === NO_TIMESTAMP || timestampMs >= GlobalWindow.MAX_TIMESTAMP || timestampMs > 1e9;
  return `[${value},${timeless ? null : timestampMs}]`;
}

/** What letters of both have in common: that of a record from behind an exchange names its place in its message only. */
function letterText(headers: Readonly<Record<string, string>>): string {
  const header = (name: string) => headers[`dead-letter.${name}`];
  const [message, made] = header("error-message")!.split(", made of ") as [string, string?];
  const [, topic, partition, offset] = made?.match(/^"(.*)" partition (\d+) offset (\d+)$/) ??
    [null, header("topic"), header("partition"), header("offset")];
  const place = topic === undefined ? undefined : { topic, partition: partition!, offset: offset! };
  return `${header("operator")} ${header("error-class")} ${message} ${placeText(place)}`;
}

function placeText(
  place: { readonly topic: string; readonly partition: number | string; readonly offset: number | string } | undefined,
): string {
  return place === undefined ? "-" : `${place.topic} ${place.partition} ${place.offset}`;
}
