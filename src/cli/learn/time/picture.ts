import { Canvas, clip, type Style, widthOf, wrap } from "../../screen/canvas.ts";
import type { ScreenSize } from "../../screen/live_view.ts";
import { Axis, isOfWrongClock } from "./axis.ts";
import { whatHappened } from "./sentence.ts";
import { drawPartitions, drawWindows, partitionRows, type Picture } from "./picture_below.ts";
import { type Frame, openWindows, type TimeRun } from "./time_run.ts";
import { contentsText, resultsText, spanText, timeText } from "./times.ts";

/** What a picture shows of a run. */
export interface PictureOptions extends ScreenSize {
  /** Which frame is the present one, counted from 0. */
  readonly at: number;
  /** Above the picture. */
  readonly title: string;
  /** The last line. */
  readonly keys?: string | undefined;
  /** Leaves out which partition holds the watermark: whoever looks is to find it. */
  readonly isRiddle?: boolean;
  /** Whether windows are listed; left out: if there are rows enough. */
  readonly isTall?: boolean;
}

/** Where records are named, at the left: so many columns, and on a wide screen more for long names. */
const GUTTER = 24;
const WIDE_GUTTER = 34;
/** Screens with fewer columns are not wide. */
const WIDE = 100;
/** What stands in a gutter beside a record's name: its time, its partition, blanks. */
const BESIDE_NAME = 14;
/** The first row of a record. */
const RECORDS_Y = 5;
/** Screens with fewer rows have no list of windows. */
const TALL = 32;
/** What has happened is in so many lines at most. */
const SENTENCE_ROWS = 4;
const LEGEND = "● in time  ○ behind the watermark but counted  ✗ late  ▶ fires  ░ passed";
/** The same for a run with errors, whose mark needs room. */
const LEGEND_WITH_ERRORS = "● in time  ○ behind, but counted  ✗ late  ! error  ▶ fires  ░ passed";

/**
 * A run up to one of its frames: exactly `rows` lines of `columns` characters.
 *
 * Downwards records as they came, to the right their times. What event time has passed is shaded; a record on shaded ground has
 * come behind the watermark. Where a window fires its results stand in its column. Below that partitions and the watermark on the
 * same axis, and what has just happened.
 */
export function drawRun(run: TimeRun, options: PictureOptions): string[] {
  const { at, columns, rows, colours, isTall = rows >= TALL, isRiddle = false } = options;
  const canvas = new Canvas(columns, rows);
  const frame = run.frames[at]!;
  const gutter = gutterOf(run, columns);
  const axis = new Axis(run, { x: gutter, width: columns - gutter - 1, atMs: presentOf(run, at) });
  const picture: Picture = { canvas, run, at, axis, dayMs: axis.startMs, isRiddle };
  const below = partitionRows(frame, isTall);
  const sentenceRows = isTall ? SENTENCE_ROWS + 1 : SENTENCE_ROWS;
  const windowRows = isTall ? 7 : 0;
  const keyRows = options.keys === undefined ? 0 : 1;
  // As many as the whole run needs, so that nothing jumps from step to step.
  const recordRows = Math.min(
    run.frames.length - 1,
    rows - RECORDS_Y - 1 - below - windowRows - 1 - sentenceRows - keyRows,
  );
  const partitionsY = RECORDS_Y + recordRows + 1;
  const sentenceY = partitionsY + below + windowRows + 1;

  drawHeader(picture, options);
  drawAxis(picture, RECORDS_Y - 2);
  drawRecords(picture, RECORDS_Y, recordRows);
  drawPartitions(picture, partitionsY, below);
  if (windowRows > 0) drawWindows(picture, partitionsY + below + 1, windowRows - 1);
  wrap(whatHappened(run, at, { isRiddle }), columns - 2, sentenceRows)
    .forEach((line, i) => canvas.put(1, sentenceY + i, line, "bold"));
  if (options.keys !== undefined) canvas.put(1, rows - 1, clip(options.keys, columns - 2), "dim");
  return canvas.lines(colours);
}

/**
 * The picture without a terminal, for a test's output: the rows of all frames up to one, and no empty lines at the end.
 * @param options.at left out: the last frame
 */
export function plainPicture(
  run: TimeRun,
  { at = run.frames.length - 1, columns = 80, title, isRiddle = false }: {
    readonly at?: number;
    readonly columns?: number;
    readonly title: string;
    readonly isRiddle?: boolean;
  },
): string[] {
  if (run.frames.length === 0) return []; // the job has not started
  const rows = RECORDS_Y + at + 1 + partitionRows(run.frames[at]!, false) + 1 + SENTENCE_ROWS;
  const lines = drawRun(run, { at, columns, rows, title, colours: false, isTall: false, isRiddle }).map((line) =>
    line.trimEnd()
  );
  // Without settings their row is empty.
  return lines.slice(0, lines.findLastIndex((line) => line !== "") + 1).filter((line, y) => y !== 1 || line !== "");
}

function gutterOf({ frames }: TimeRun, columns: number): number {
  if (columns < WIDE) return GUTTER;
  const longest = Math.max(0, ...frames.map(({ record }) => widthOf(record?.label ?? "")));
  return Math.min(WIDE_GUTTER, Math.max(GUTTER, longest + BESIDE_NAME));
}

/** What the axis must show: the newest record that is not far ahead, or how far event time has come. */
function presentOf({ frames }: TimeRun, at: number): number {
  for (let i = at; i >= 0; i--) {
    const { record } = frames[i]!;
    if (record?.timeMs !== undefined && !isOfWrongClock(frames[i]!)) return record.timeMs;
  }
  return Number.NEGATIVE_INFINITY;
}

function drawHeader({ canvas, run, at }: Picture, { title }: PictureOptions): void {
  const end = canvas.columns - 1;
  const step = `step ${at} of ${run.frames.length - 1}`;
  canvas.put(1, 0, clip(title, end - widthOf(step) - 3), "bold");
  canvas.putRight(end, 0, step, "dim");
  const { windowMs, outOfOrdernessMs, allowedLatenessMs, idleMs } = run.settings;
  const settings = [
    windowMs !== undefined && `windows of ${spanText(windowMs)}`,
    outOfOrdernessMs !== undefined && `out-of-orderness ${spanText(outOfOrdernessMs)}`,
    allowedLatenessMs !== undefined && `lateness ${spanText(allowedLatenessMs)}`,
    idleMs !== undefined && `idle after ${spanText(idleMs)}`,
  ].filter((each) => each !== false);
  canvas.put(1, 1, clip(settings.join(" · "), end - 1), "dim");
  const legend = run.frames.some(({ dead }) => dead !== undefined) ? LEGEND_WITH_ERRORS : LEGEND;
  canvas.put(1, 2, clip(legend, end - 1), "dim");
}

/** Times at the lines, and below them which windows are open or have fired. */
function drawAxis({ canvas, run, at, axis }: Picture, y: number): void {
  const open = new Set(openWindows(run, at).map(({ startMs }) => startMs));
  const fired = new Set(run.frames.slice(0, at + 1).flatMap((frame) => frame.fired.map(({ startMs }) => startMs)));
  canvas.put(1, y + 1, "record  time", "dim");
  let labelEnd = 0;
  for (const { startMs, x } of axis.parts) {
    const label = axisLabel(startMs, axis.partMs);
    if (x > labelEnd && x + widthOf(label) <= canvas.columns) labelEnd = canvas.put(x, y, label, "dim");
    canvas.put(x, y + 1, "│", "dim");
    const state = open.has(startMs) ? "open" : fired.has(startMs) ? "fired" : "";
    canvas.put(x + 1, y + 1, clip(state, axis.partWidth - 1), state === "open" ? "cyan" : "green");
  }
  canvas.put(axis.endX, y + 1, "│", "dim");
}

function axisLabel(ms: number, partMs: number): string {
  const iso = new Date(ms).toISOString();
  if (partMs % 86_400_000 === 0) return iso.slice(5, 10);
  if (partMs % 60_000 === 0) return iso.slice(11, 16);
  return partMs % 1_000 === 0 ? iso.slice(11, 19) : iso.slice(14, 23);
}

/** A row for each frame up to the present one: the last that there is room for. */
function drawRecords(picture: Picture, y: number, rows: number): void {
  const { run: { frames }, at } = picture;
  if (rows <= 0) return;
  const shown = frames.map((frame, index) => ({ frame, index })).slice(1, at + 1).slice(-rows);
  shown.forEach(({ frame, index }, i) => drawFrame(picture, y + i, frame, index));
}

function drawFrame(picture: Picture, y: number, frame: Frame, index: number): void {
  const { canvas, axis, dayMs, at, run } = picture;
  const gutter = axis.parts[0]!.x;
  const isPresent = index === at;
  const before = run.frames[index - 1]!;
  drawGround(picture, y, frame);
  drawFired(picture, y, frame);
  if (isPresent) canvas.put(0, y, "▸", "bold");
  const { record } = frame;
  if (record === undefined) {
    canvas.put(1, y, clip(happening(frame, before), gutter - 2), isPresent ? "bold" : "dim");
    return;
  }
  const place = frame.partitions.length > 1 ? ` p${record.partition}` : "";
  const time = record.timeMs === undefined ? "no time" : timeText(record.timeMs, dayMs);
  const mark = markOf(frame, before);
  const x = record.timeMs === undefined ? undefined : axis.columnOf(record.timeMs);
  const timeX = gutter - 1 - Math.max(8, widthOf(time)) - widthOf(place);
  canvas.put(1, y, clip(record.label, Math.max(3, timeX - 2)), mark.style ?? (isPresent ? "bold" : undefined));
  canvas.put(Math.max(5, timeX), y, clip(time, gutter - 1 - 5 - widthOf(place)), isPresent ? "bold" : undefined);
  canvas.putRight(gutter - 1, y, place, "dim");
  if (x !== undefined) canvas.put(x, y, mark.text, mark.style);
  else if (record.timeMs !== undefined) {
    const beyond = record.timeMs >= axis.endMs;
    canvas.put(beyond ? axis.endX : axis.parts[0]!.x, y, beyond ? "»" : "«", "yellow");
  }
}

/** What a frame without a record is called at the left. */
function happening({ kind, clockMs }: Frame, before: Frame): string {
  if (kind === "clock") return `${spanText(clockMs - before.clockMs)} without records`;
  if (kind === "crash") return "crash and restart";
  return kind === "end" ? "end of the input" : "the test moves time";
}

/** Lines between windows, and shade on what event time has passed. */
function drawGround({ canvas, axis }: Picture, y: number, { watermarkMs }: Frame): void {
  const passed = axis.passedTo(watermarkMs);
  for (let x = axis.parts[0]!.x; x <= passed; x++) canvas.put(x, y, "░", "dim");
  for (const { x } of axis.parts) canvas.put(x, y, "│", "dim");
  canvas.put(axis.endX, y, "│", "dim");
}

/** The results of windows that fired, in their columns. */
function drawFired({ canvas, axis }: Picture, y: number, { fired }: Frame): void {
  for (const [startMs, windows] of Map.groupBy(fired, ({ startMs }) => startMs)) {
    if (startMs === undefined) {
      for (const { lastMs } of windows) {
        const x = axis.columnOf(lastMs);
        if (x !== undefined) canvas.put(x, y, "◆", "green");
      }
      continue;
    }
    const part = axis.parts.find((each) => each.startMs === startMs);
    if (part === undefined) continue;
    canvas.put(part.x + 1, y, firedText(windows, axis.partWidth - 1), "green");
  }
}

/** Results of one window in as many columns: "▶anna 2, ben 1", "▶2,1", "▶2 keys" or "▶". */
function firedText(windows: readonly { readonly key: string; readonly contents: unknown }[], width: number): string {
  const texts = [
    `▶${resultsText(windows)}`,
    `▶${windows.map(({ contents }) => contentsText(contents)).join(",")}`,
    `▶${windows.length} keys`,
  ];
  return texts.find((text) => widthOf(text) <= width) ?? clip("▶", width);
}

function markOf(frame: Frame, before: Frame): { readonly text: string; readonly style: Style | undefined } {
  const { record, late, dead } = frame;
  if (late !== undefined) return { text: "✗", style: "red" };
  if (dead !== undefined) return { text: "!", style: "red" };
  const isBehind = record?.timeMs !== undefined && record.timeMs <= before.watermarkMs;
  return isBehind ? { text: "○", style: "yellow" } : { text: "●", style: "cyan" };
}
