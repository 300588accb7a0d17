import type { Broker, JobActivity } from "../../connectors/broker.ts";
import { jobRecordOf } from "../../engine/internal.ts";
import { formatCount } from "../../utils.ts";
import { timeText } from "../../inspect/record_text.ts";
import { type Entries, partitionOf, type SplitEntry, splitsOf, statesOf, timersOf } from "../../inspect/commit.ts";
import { readCommit } from "./jobs.ts";

/**
 * What a job's commit holds, as tables for a person or as JSON lines, one for each state, operator with timers, split and
 * watermark; the job may be running.
 */
export async function listCommit(
  broker: Broker,
  job: string,
  { json, nowMs }: { readonly json: boolean; readonly nowMs: number },
): Promise<string> {
  const entries = await readCommit(broker, job);
  const record = jobRecordOf(entries);
  const splits = await withEnds(broker, splitsOf(entries));
  const topics = splits.flatMap(({ topic }) => topic === undefined ? [] : [topic]);
  const running = (await broker.jobsReading([...new Set(topics)])).find((each) => each.job === job)?.running;
  const activity = await broker.jobActivity?.(job);
  const states = statesOf(entries);
  const timers = timersOf(entries);
  const watermarks = Object.entries(record?.watermarks ?? {});
  const finishedAtMs = record?.finishedAtMs ?? null;
  if (json) {
    const lines = [
      {
        job,
        entries: entries.size,
        bytes: bytesOf(entries),
        finishedAtMs,
        ...(running !== undefined && { running }),
        ...activity,
      },
      ...states,
      ...timers.map(({ kind, ...timer }) => ({ timers: kind, ...timer })),
      ...splits,
      ...watermarks.map(([uid, watermarkMs]) => ({ uid, watermarkMs })),
    ];
    return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  }
  const ended = finishedAtMs === null ? "" : `; a bounded run finished at ${timeText(finishedAtMs)}`;
  const now = running === undefined ? "" : running ? `; running${inWords(activity)}` : "; not running";
  const at = [
    activity?.lastCommitMs === undefined ? "" : `; last commit ${ago(nowMs - activity.lastCommitMs)}`,
    activity?.lastSignOfLifeMs === undefined ? "" : `, last sign of life ${ago(nowMs - activity.lastSignOfLifeMs)}`,
  ].join("");
  return `${job}: ${formatCount(entries.size)} entries, ${formatCount(bytesOf(entries))} bytes${now}${at}${ended}\n` +
    table("states", ["operator", "state", "kind", "version", "keys", "entries", "bytes"], [
      ...states.map(({ uid, state, kind, version, ttl, eventTime, keys, entries, bytes }) => [
        uid,
        state,
        `${kind}${ttl ? ` with TTL${eventTime ? " by event time" : ""}` : ""}`,
        version,
        formatCount(keys),
        formatCount(entries),
        formatCount(bytes),
      ]),
    ]) +
    table("timers", ["operator", "of", "count", "next"], [
      ...timers.map(({ uid, kind, count, nextMs }) => [
        uid,
        kind === "timer" ? "event time" : "processing time",
        formatCount(count),
        timeText(nextMs),
      ]),
    ]) +
    table("positions", ["source", "split", "position", "end", "lag", "event time"], [
      ...splits.map(({ source, split, position, end, lag, watermark }) => [
        source,
        split,
        positionText(position),
        end === undefined ? "" : String(end),
        lag === undefined ? "" : formatCount(lag),
        watermark === undefined ? "" : timeText(watermark),
      ]),
    ]) +
    table("event time", ["operator", "watermark"], watermarks.map(([uid, ms]) => [uid, timeText(ms)]));
}

function inWords(activity: JobActivity | undefined): string {
  return activity?.holder === undefined ? "" : ` in ${activity.holder}`;
}

/** "12 s ago"; a clock that was set back makes nothing of it negative. */
function ago(ms: number): string {
  return `${formatCount(Math.max(Math.round(ms / 1000), 0))} s ago`;
}

interface SplitWithEnd extends SplitEntry {
  /** This and the next two are undefined if the split is not a partition of a topic here. */
  readonly topic?: string;
  readonly end?: number;
  /** Records between the position and the end; on Kafka marks of transactions count too. */
  readonly lag?: number;
}

async function withEnds(broker: Broker, splits: readonly SplitEntry[]): Promise<SplitWithEnd[]> {
  const existing = new Set(await broker.listTopics());
  const wanted = new Set(
    splits.flatMap((split) => partitionOf(split)?.topic ?? []).filter((name) => existing.has(name)),
  );
  const described = await broker.describeTopics([...wanted]);
  const endsOf = new Map(described.map(({ name, endOffsets }) => [name, endOffsets]));
  return splits.map((split) => {
    const place = partitionOf(split);
    const end = place && endsOf.get(place.topic)?.[place.partition];
    if (place === undefined || end === undefined) return split;
    return { ...split, topic: place.topic, end, lag: Math.max(0, end - (split.position as number)) };
  });
}

function bytesOf(entries: Entries): number {
  const encoder = new TextEncoder();
  let bytes = 0;
  for (const [entry, text] of entries) bytes += encoder.encode(entry).length + encoder.encode(text).length;
  return bytes;
}

/** Numbers to the right, words to the left; nothing if there is no row. */
function table(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const cells = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const isNumber = head.map((_, column) => rows.every((row) => /^[\d,]*$/.test(row[column]!)));
  const lines = cells.map((row) =>
    row.map((cell, column) => isNumber[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))
      .join("  ").trimEnd()
  );
  return `\n${title}\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

/** An offset, a place in a file, or whatever a source of one's own keeps. */
function positionText(position: unknown): string {
  if (typeof position === "number") return String(position);
  const { file, offset, line } = (position ?? {}) as Record<string, unknown>;
  if (typeof file !== "string" || typeof offset !== "number") return JSON.stringify(position);
  return `${file} line ${line} (byte ${offset})`;
}
