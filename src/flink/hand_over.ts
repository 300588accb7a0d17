/**
 * A job's state on its way to a cluster and back: a commit as it is at home, taken apart by the stages of a plan, and put together
 * again of what a savepoint has. Entries stay as they are, name by name and text by text.
 */
import {
  AT_WORK,
  COMMIT_FORMAT,
  JOB_ENTRY,
  type JobRecord,
  jobRecordOf,
  jobText,
  parseName,
  parseValue,
  partitionOfSplit,
  sinkEntry,
  sinkText,
  splitEntry,
  splitText,
  type StateName,
  statePrefix,
  valueEntry,
} from "../engine/internal.ts";
import { JobError, type Json } from "../engine/mod.ts";
import type { TopicDescription } from "../connectors/mod.ts";
import { waitingParts, waitingRecords } from "../connectors/waiting_records.ts";
import { flinkKey } from "./key_text.ts";
import type { StagePlan } from "./plan.ts";
import { decodeWaiting, encodeWaiting } from "./waiting_element.ts";

/** What a job has to go on from when it is submitted. */
export interface InitialState {
  /** By the index of a stage. */
  readonly stages: readonly StageState[];
  /** Where sources go on: the next offset, by uid and partition. */
  readonly positions: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Records that wait in front of sinks, by uid, in base64. */
  readonly waiting: Readonly<Record<string, readonly string[]>>;
}

/** State of a stage. */
export interface StageState {
  /** Its `job` entry. */
  readonly job: string;
  /** The key as JSON, null for what belongs to no key, the entry's name and its text, in turn. */
  readonly entries: readonly (string | null)[];
  /** Records at work in asynchronous operators: each the entry's name and its text, with a line's end between them. */
  readonly calls: readonly string[];
}

/** The stages of a plan. */
export interface StagesOfPlan {
  readonly jobName: string;
  readonly stages: readonly StagePlan[];
}

/**
 * A commit for the stages of a plan.
 * @throws {JobError} if the commit has state of what the job does not have
 */
export function initialState({ jobName, stages }: StagesOfPlan, entries: ReadonlyMap<string, string>): InitialState {
  const record = jobRecordOf(entries);
  if (record === undefined) {
    throw new JobError(`Cannot take the state of "${jobName}" to a cluster: it has no entry ${JOB_ENTRY}`);
  }
  const refuse = (uid: string): never => {
    throw new JobError(
      `Cannot take the state of "${jobName}" to a cluster: it has state of "${uid}", which the job does not have`,
    );
  };
  const byUid = new Map(stages.flatMap((stage) => stage.operators.map((uid) => [uid, stage.index] as const)));
  const made = stages.flatMap(({ uid, input }) => input.kind === "made" ? [uid] : []);
  const sources = new Map(
    stages.flatMap(({ uid, input }) => input.kind === "topic" ? [[uid, input.topic] as const] : []),
  );
  const sinks = new Set(
    stages.flatMap(({ outlets }) => outlets.flatMap((outlet) => outlet.kind === "topic" ? [outlet.uid] : [])),
  );
  const own = stages.map(() => [] as (string | null)[]);
  const calls = stages.map(() => [] as string[]);
  const positions: Record<string, Record<string, number>> = {};
  const waiting: Record<string, string[]> = {};
  for (const [entry, text] of entries) {
    const name = parseName(entry, text);
    switch (name.kind) {
      case "job":
        break;
      case "split": {
        if (made.includes(name.uid)) {
          throw new JobError(
            `Cannot take the state of "${jobName}" to a cluster: its source "${name.uid}" makes up its records, and how far it has ` +
              "come cannot be taken along",
          );
        }
        const place = partitionOfSplit(name.split);
        if (place === undefined || sources.get(name.uid) !== place.topic) refuse(name.uid);
        const { position } = parseValue(entry, text) as { position: number };
        (positions[name.uid] ??= {})[place!.partition] = position;
        break;
      }
      case "sink":
        if (!sinks.has(name.uid)) refuse(name.uid);
        (waiting[name.uid] ??= []).push(...waitingRecords([parseValue(entry, text) as Json]).map(encodeWaiting));
        break;
      default: {
        const stage = byUid.get(name.uid) ?? refuse(name.uid);
        if (name.kind === "state" && name.state === AT_WORK && stages[stage]!.calls) {
          calls[stage]!.push(`${entry}\n${text}`);
        } else own[stage]!.push(flinkKey(name), entry, text);
      }
    }
  }
  return {
    stages: stages.map(({ operators }, index) => ({
      job: jobText(partOf(record, operators)),
      entries: own[index]!,
      calls: calls[index]!,
    })),
    positions,
    waiting,
  };
}

/** What a job's record says of some of its operators. */
function partOf({ watermarks, compatibility, versions }: JobRecord, uids: readonly string[]): JobRecord {
  const pick = <V>(all: Readonly<Record<string, V>>) =>
    Object.fromEntries(Object.entries(all).filter(([uid]) => uids.includes(uid)));
  return {
    format: COMMIT_FORMAT,
    watermarks: pick(watermarks),
    compatibility: pick(compatibility),
    versions: pick(versions),
    bounds: null,
    finishedAtMs: null,
  };
}

/** The `job` entries of several subtasks as one: event time had come as far as the one that was furthest behind. */
export function mergeJobs(texts: readonly string[]): string {
  const records = texts.map((text) => JSON.parse(text) as { watermarks: Record<string, number> });
  const watermarks: Record<string, number> = {};
  for (const uid of new Set(records.flatMap((record) => Object.keys(record.watermarks)))) {
    const all = records.map((record) => record.watermarks[uid]);
    if (!all.includes(undefined)) watermarks[uid] = Math.min(...all as number[]);
  }
  return JSON.stringify({ ...records[0], watermarks });
}

/** What the runner reads out of a savepoint, by name: entries, and beside them what has another form there. */
export type ExportedState = ReadonlyMap<string, Uint8Array>;

const decoder = new TextDecoder();

/**
 * A commit of what a savepoint has.
 * @param topics that the job reads
 * @throws {JobError} if nothing of a job is in it, or more than a commit has a place for
 */
export function commitOf(
  { jobName, stages }: StagesOfPlan,
  exported: ExportedState,
  topics: readonly TopicDescription[],
): Map<string, string> {
  const entries = new Map<string, string>();
  const jobs = stages.map(() => [] as string[]);
  const waiting: Record<string, Uint8Array[]> = {};
  const calls: Call[] = [];
  for (const [name, value] of exported) {
    const [kind, uid, split] = JSON.parse(name) as [string, string | number, string];
    if (kind === "call") calls.push(callOf(decoder.decode(value)));
    else if (kind === "job") jobs[uid as number]!.push(decoder.decode(value));
    else if (kind === "held") {
      throw new JobError(
        `Cannot export "${jobName}": ${decoder.decode(value)} records wait in front of "${
          stages[uid as number]!.name
        }" for their ` +
          "order; run it from that savepoint with --order topics, and stop it again",
      );
    } else if (kind === "waiting") (waiting[uid] ??= []).push(value);
    else if (kind === "split") {
      const { topic, partition } = partitionOfSplit(split)!;
      const { id, startOffsets, endOffsets } = topics.find((each) => each.name === topic)!;
      const offset = Number(decoder.decode(value));
      // A source that has read nothing may not know yet where that is.
      const position = offset >= 0 ? offset : offset === EARLIEST ? startOffsets[partition]! : endOffsets[partition]!;
      entries.set(
        splitEntry(uid as string, split),
        splitText({ position, ...id !== undefined && { identity: { topicId: id } } }),
      );
    } else entries.set(name, decoder.decode(value));
  }
  for (const [entry, text] of numbered(calls)) entries.set(entry, text);
  if (entries.size === 0) throw new JobError(`Cannot export "${jobName}": the savepoint has nothing of its operators`);
  for (const [uid, records] of Object.entries(waiting)) {
    for (const [i, part] of waitingParts(records.map(decodeWaiting)).entries()) {
      entries.set(sinkEntry(uid, i), sinkText(part as unknown as Json));
    }
  }
  const records = stages.flatMap(({ index, operators }) =>
    jobs[index]!.length === 0 ? [] : [partOf(jobRecordOf(new Map([[JOB_ENTRY, mergeJobs(jobs[index]!)]]))!, operators)]
  );
  entries.set(
    JOB_ENTRY,
    jobText({
      format: COMMIT_FORMAT,
      bounds: null,
      finishedAtMs: null,
      watermarks: Object.assign({}, ...records.map(({ watermarks }) => watermarks)),
      compatibility: Object.assign({}, ...records.map(({ compatibility }) => compatibility)),
      versions: Object.assign({}, ...records.map(({ versions }) => versions)),
    }),
  );
  return entries;
}

/** A record at work in an asynchronous operator. */
export interface Call {
  readonly uid: string;
  readonly sequence: number;
  readonly text: string;
}

/** Entries of records at work, in the order of their numbers, each with a number of its own: several subtasks count alike. */
export function numbered(calls: readonly Call[]): [entry: string, text: string][] {
  const inOrder = calls.toSorted((a, b) => a.sequence - b.sequence);
  return inOrder.map(({ uid, text }, i) => [valueEntry(statePrefix(uid, AT_WORK), "", i), text]);
}

/** @param call as {@link StageState.calls} has it */
function callOf(call: string): Call {
  const end = call.indexOf("\n");
  const [entry, text] = [call.slice(0, end), call.slice(end + 1)];
  const { uid, key } = parseName(entry, text) as StateName;
  return { uid, sequence: key as number, text };
}

/** How Flink's source notes that it begins at the first record of a partition; below 0 otherwise: at its end. */
const EARLIEST = -2;
