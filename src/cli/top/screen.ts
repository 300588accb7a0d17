import type { SeenJob } from "../../connectors/seen_jobs.ts";
import type { AttemptStatus, NodeStatus, TopKeysStatus } from "../../engine/mod.ts";
import { formatCount } from "../../utils.ts";
import { formatRate } from "../screen/rate.ts";
import { ago, eventTimeWords, notesOf, span } from "../jobs/words.ts";
import { Canvas, clip, type Style, widthOf, wrap } from "../screen/canvas.ts";
import type { ScreenSize } from "../screen/live_view.ts";

/** What the screen shows. */
export interface TopState {
  /** "embedded log in /home/me/.broker" */
  readonly broker: string;
  readonly jobs: readonly SeenJob[];
  /** ms since the Unix epoch */
  readonly nowMs: number;
  /** Why the jobs are those of a while ago; undefined if they are not. */
  readonly trouble?: string | undefined;
}

const COLOURS: Readonly<Partial<Record<SeenJob["state"], Style>>> = {
  running: "green",
  stuck: "red",
  failed: "red",
  gone: "red",
  restarting: "yellow",
  standby: "yellow",
  starting: "yellow",
};

/**
 * All jobs on one screen, exactly `rows` lines of `columns` characters: of each what flows through it, its operators as far as there is
 * room, and what it waits for.
 */
export function renderTop(
  { broker, jobs, nowMs, trouble }: TopState,
  { columns, rows, colours }: ScreenSize,
): string[] {
  const canvas = new Canvas(columns, rows);
  const end = columns - 1;
  const clock = `${new Date(nowMs).toISOString().slice(11, 19)}Z`;
  const x = canvas.put(1, 0, "top", "bold") + 2;
  canvas.put(x, 0, clip(broker, end - widthOf(clock) - 2 - x), "dim");
  canvas.putRight(end, 0, clock, "dim");
  let y = 1;
  if (trouble !== undefined) canvas.put(1, y++, clip(trouble, end - 1), "yellow");
  if (jobs.length === 0) canvas.put(1, y + 1, clip("No job has reported within a day", end - 1), "dim");
  // First what must be seen of each job; what room is left is for the operators, from the first job on.
  const heads = jobs.map((job) => headOf(job, nowMs, columns));
  let room = rows - y - heads.reduce((sum, lines) => sum + lines.length + 1, 0);
  for (const [index, head] of heads.entries()) {
    const left = jobs.length - index;
    if (y + 1 + head.length > rows - (left > 1 ? 1 : 0)) {
      canvas.put(1, rows - 1, clip(`and ${formatCount(left)} more: deno task jobs`, end - 1), "dim");
      break;
    }
    y++;
    for (const draw of head) draw(canvas, y++);
    const table = nodesOf(jobs[index]!);
    if (table.length > room) continue;
    room -= table.length;
    for (const draw of table) draw(canvas, y++);
  }
  return canvas.lines(colours);
}

/** Draws one line. */
type Line = (canvas: Canvas, y: number) => void;

/** Name and state, what flows, and what is to be known. */
function headOf(job: SeenJob, nowMs: number, columns: number): Line[] {
  const { state, instance: { status } } = job;
  const { attempt } = status;
  const end = columns - 1;
  const since = state === "gone" ? status.atMs : status.sinceMs;
  const title: Line = (canvas, y) => {
    const words = attempt === undefined ? "" : flowWords(attempt, nowMs);
    const x = canvas.put(1, y, clip(job.job, Math.floor(columns / 3)), "bold") + 2;
    const behind = canvas.put(x, y, `${state} ${span(nowMs - since)}`, COLOURS[state] ?? "dim") + 2;
    canvas.putRight(end, y, clip(words, end - behind));
  };
  const pipeline: Line[] = attempt === undefined ? [] : [(canvas, y) => drawPipeline(canvas, y, attempt)];
  const notes = notesOf(job).flatMap((note) => wrap(note, columns - 4, 2)).map((text): Line => (canvas, y) =>
    void canvas.put(3, y, text, state === "running" ? "dim" : "yellow")
  );
  return [title, ...pipeline, ...notes];
}

function flowWords({ lag, commits, time, records }: AttemptStatus, nowMs: number): string {
  const last = commits.newest.at(-1);
  return [
    `${formatCount(lag)} behind`,
    ...records.dead + records.failed > 0 ? [`${formatCount(records.dead + records.failed)} dead letters`] : [],
    ...last === undefined ? [] : [`commit ${ago(nowMs - last.atMs)} (${last.durationMs} ms)`],
    `busy ${Math.round(time.busy * 100)} %`,
  ].join("  ");
}

/** Topics that the job reads, records in and out a second, topics that it writes. */
function drawPipeline(canvas: Canvas, y: number, { nodes, inPerSecond, outPerSecond }: AttemptStatus): void {
  const of = (kind: NodeStatus["kind"]) =>
    [...new Set(nodes.filter((node) => node.kind === kind).map(({ operation }) => nameOf(operation)))].join(", ");
  const half = Math.floor((canvas.columns - 40) / 2);
  let x = canvas.put(3, y, clip(of("source"), half), "cyan");
  x = canvas.put(x + 2, y, formatRate(inPerSecond));
  x = canvas.put(x + 1, y, "──▶", "dim");
  x = canvas.put(x + 1, y, formatRate(outPerSecond));
  canvas.put(x + 2, y, clip(of("sink"), half), "cyan");
}

/** `topic "skyone"` is skyone. */
function nameOf(operation: string): string {
  return /^topic "(.*)"$/.exec(operation)?.[1] ?? operation;
}

/** A line for each source, operator and sink, below headings. */
function nodesOf({ state, instance: { status: { attempt, atMs } } }: SeenJob): Line[] {
  if (attempt === undefined || (state !== "running" && state !== "stuck")) return [];
  const head = ["", "in/s", "out/s", "in", "event time", "kept"];
  const rows = attempt.nodes.map((node) => [
    node.name,
    formatRate(node.inPerSecond),
    formatRate(node.outPerSecond),
    formatCount(node.recordsIn),
    eventTimeWords(node.outputWatermarkMs, atMs),
    keptWords(node),
  ]);
  const widths = head.map((word, column) =>
    Math.max(...[head, ...rows].map((row) => widthOf(row[column]!)), word.length)
  );
  const last = head.length - 1;
  const table = [head, ...rows].map((row, index): Line => (canvas, y) => {
    let x = 5;
    for (const [column, cell] of row.entries()) {
      const style = index === 0 ? "dim" : undefined;
      if (column === 0 || column === last) canvas.put(x, y, clip(cell, Math.max(0, canvas.columns - 1 - x)), style);
      else canvas.putRight(x + widths[column]!, y, cell, style);
      x += widths[column]! + 2;
    }
  });
  return [
    ...table,
    ...attempt.nodes.flatMap((node) => node.topKeys === undefined ? [] : [topKeysOf(node, node.topKeys)]),
  ];
}

/** The keys that come most often to an operator, each with its share of the records: as many as have room. */
function topKeysOf({ name }: NodeStatus, { samples, keys }: TopKeysStatus): Line {
  return (canvas, y) => {
    let x = canvas.put(5, y, clip(`top keys of ${name}`, canvas.columns - 6), "dim") + 2;
    for (const { key, count } of keys) {
      const share = `${key} ${formatShare(count / samples)}`;
      if (x + widthOf(share) >= canvas.columns) break;
      x = canvas.put(x, y, share) + 2;
    }
  };
}

/** In percent, small ones with a decimal. */
function formatShare(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}

/** What waits and what is kept: "43 windows, 120 entries". */
function keptWords({ operation, timers, processingTimers, stateEntries, pendingResults }: NodeStatus): string {
  const entries = Object.values(stateEntries ?? {}).reduce((sum, size) => sum + size, 0);
  const waiting = (timers?.count ?? 0) + (processingTimers?.count ?? 0);
  return [
    ...waiting > 0 ? [`${formatCount(waiting)} ${/window/i.test(operation) ? "windows" : "timers"}`] : [],
    ...entries > 0 ? [`${formatCount(entries)} entries`] : [],
    ...pendingResults ? [`${formatCount(pendingResults)} calls`] : [],
  ].join(", ");
}
