import { Canvas, clip, type Style, widthOf, wrap } from "../screen/canvas.ts";
import type { ScreenSize } from "../screen/live_view.ts";
import { formatRate } from "../screen/rate.ts";
import type { DemoState, JobState } from "./state.ts";
import { eventTimeWords, formatElapsed, formatMinutes, jobWords, standbyWords, topicWords } from "./words.ts";
import { formatCount } from "../../utils.ts";

/** The size of the screen and its time zone. */
export interface ScreenOptions extends ScreenSize {
  /** Default: the machine's. */
  readonly timeZone?: string;
}

/** A line of the log, oldest first. */
export interface ScreenMessage {
  readonly text: string;
  readonly isWarning: boolean;
}

const MOST_TRAVELLERS = 16;

/**
 * The live view: exactly `rows` lines of exactly `columns` characters.
 *
 * From top to bottom the pipeline as a drawing, event time, the travellers with the most flights and the newest messages;
 * on a small terminal there is less of each, and the drawing is upright.
 */
export function renderScreen(state: DemoState, messages: readonly ScreenMessage[], options: ScreenOptions): string[] {
  const { columns, rows, colours, timeZone } = options;
  const canvas = new Canvas(columns, rows);
  const isRoomy = rows >= 20;
  const shownMessages = rows >= 20 ? 3 : rows >= 12 ? 1 : 0;

  let y = drawHeader(canvas, state) + (isRoomy ? 1 : 0);
  y = drawPipeline(canvas, y, state) + (isRoomy ? 1 : 0);
  y = drawEventTime(canvas, y, { state, timeZone, rows: columns < 60 ? 4 : 2 });
  if (isRoomy) y = Math.max(y, 11);
  drawTravellers(canvas, y, rows - shownMessages - (isRoomy ? 1 : 0), state);
  drawMessages(canvas, rows - shownMessages, messages);
  return canvas.lines(colours);
}

function drawHeader(canvas: Canvas, { broker, dashboard, elapsedMs, limitMs }: DemoState): number {
  const end = canvas.columns - 1;
  const elapsed = formatElapsed(elapsedMs);
  const limit = limitMs === undefined
    ? (canvas.columns < 60 ? "" : "  Ctrl-C ends it")
    : ` of ${formatElapsed(limitMs)}`;
  const right = `${elapsed}${limit}`;
  let x = canvas.put(1, 0, "demo", "bold") + 2;
  if (dashboard !== undefined && canvas.columns >= 80) x = canvas.put(x, 0, dashboard, "cyan") + 2;
  canvas.put(x, 0, clip(broker ?? "looks for a broker", end - widthOf(right) - 2 - x), "dim");
  canvas.putRight(end, 0, right, "dim");
  return 1;
}

const SOURCE = "gen ─▶ ";

/** Draws the pipeline from left to right, or from top to bottom if the screen is too narrow. @returns the row below it */
function drawPipeline(canvas: Canvas, y: number, state: DemoState): number {
  const { importer, statistics, topics: { skyone, sunset, flightdata, userstatistics } } = state;
  // The columns: topics at the left, the line that joins them, jobs, the topic at the right, the line down from it.
  const left = 1 + widthOf(SOURCE);
  const leftWidth = Math.max(...[skyone, sunset, userstatistics].flatMap((t) => [t.name, topicWords(t)]).map(widthOf));
  const joint = left + leftWidth + 3;
  const jobs = joint + 4;
  const jobsWidth = Math.max(...[importer, statistics].flatMap((job) => [job.name, jobWords(job)]).map(widthOf));
  const right = jobs + jobsWidth + 4;
  const edge = right + Math.max(...[flightdata.name, topicWords(flightdata)].map(widthOf)) + 3;
  if (edge >= canvas.columns) return drawUprightPipeline(canvas, y, state);

  const line = (from: number, row: number, end: number, head: string) =>
    canvas.put(from, y + row, "─".repeat(Math.max(0, end - from)) + head, "dim");
  const topic = (x: number, row: number, { name }: { name: string }) => canvas.put(x, y + row, name, "cyan") + 1;
  const job = (row: number, state: JobState) => {
    canvas.put(jobs, y + row + 1, jobWords(state), styleOf(state));
    return canvas.put(jobs, y + row, state.name, "green") + 1;
  };

  canvas.put(1, y, SOURCE, "dim");
  line(topic(left, 0, skyone), 0, joint, "┐");
  canvas.put(left, y + 1, topicWords(skyone));
  canvas.put(joint, y + 1, "├─▶", "dim");
  line(job(1, importer), 1, right - 2, "▶");
  canvas.put(1, y + 2, SOURCE, "dim");
  line(topic(left, 2, sunset), 2, joint, "┘");
  canvas.put(left, y + 3, topicWords(sunset));

  line(topic(right, 1, flightdata), 1, edge, "┐");
  canvas.put(right, y + 2, topicWords(flightdata));
  for (const row of [2, 3]) canvas.put(edge, y + row, "│", "dim");
  canvas.put(job(4, statistics), y + 4, "◀", "dim");
  line(jobs + widthOf(statistics.name) + 2, 4, edge, "┘");

  const back = topic(left, 4, userstatistics);
  canvas.put(back, y + 4, "◀", "dim");
  line(back + 1, 4, jobs - 1, "");
  canvas.put(left, y + 5, topicWords(userstatistics));
  return y + 6;
}

function drawUprightPipeline(canvas: Canvas, y: number, { topics, importer, statistics }: DemoState): number {
  const end = canvas.columns - 1;
  const steps = [topics.skyone, topics.sunset, importer, topics.flightdata, statistics, topics.userstatistics];
  for (const step of steps) {
    const isJob = "status" in step;
    const words = isJob ? jobWords(step) : `${formatCount(step.count)} ${formatRate(step.perSecond).padStart(7)}`;
    const name = clip(`${isJob ? "▼ " : ""}${step.name}`, end - widthOf(words) - 2);
    canvas.put(1, y, name, isJob ? "green" : "cyan");
    canvas.putRight(end, y, words, isJob ? styleOf(step) : undefined);
    y++;
  }
  return y;
}

function styleOf({ status }: JobState): Style | undefined {
  return status === "active" ? undefined : "yellow";
}

const BAR_WIDTH = 10;

/** @returns the row below it */
function drawEventTime(
  canvas: Canvas,
  y: number,
  options: { readonly state: DemoState; readonly timeZone: string | undefined; readonly rows: number },
): number {
  const { state, timeZone, rows } = options;
  const standby = standbyWords(state);
  const words = standby ?? eventTimeWords(state, timeZone);
  const isWaiting = standby !== undefined || state.topics.userstatistics.added === 0;
  const lines = wrap(words, canvas.columns - 2, rows);
  lines.forEach((text, i) => canvas.put(1, y + i, text, isWaiting ? "yellow" : undefined));
  const { eventTime } = state;
  const barX = 1 + widthOf(words) + 2;
  if (standby === undefined && !isWaiting && eventTime.kind === "at" && barX + BAR_WIDTH < canvas.columns) {
    const { startMs, endMs } = eventTime.window;
    const done = Math.floor((eventTime.ms - startMs) / (endMs - startMs) * BAR_WIDTH);
    canvas.put(barX, y, "█".repeat(done) + "░".repeat(BAR_WIDTH - done), "dim");
  }
  return y + lines.length;
}

/** A table between two rows, `endY` excluded. */
function drawTravellers(canvas: Canvas, y: number, endY: number, state: DemoState): void {
  const rows = state.travellers.slice(0, Math.max(0, Math.min(endY - y - 1, MOST_TRAVELLERS)));
  const emailWidth = Math.max(TITLE.length, ...rows.map(({ email }) => widthOf(email)));
  const isWide = canvas.columns >= 60;
  // Where the columns end.
  const flightsEnd = Math.min(1 + emailWidth + (isWide ? 12 : 8), canvas.columns - 16);
  const hoursEnd = Math.min(flightsEnd + (isWide ? 18 : 15), canvas.columns - 1);
  const gainedEnd = hoursEnd + 16;
  if (rows.length === 0) return;

  canvas.put(1, y, TITLE, "bold");
  canvas.putRight(flightsEnd, y, "flights", "bold");
  canvas.putRight(hoursEnd, y, "in the air", "bold");
  if (isWide) canvas.putRight(gainedEnd, y, "newest window", "bold");
  rows.forEach(({ email, flights, minutes, gained }, i) => {
    const row = y + 1 + i;
    canvas.put(1, row, clip(email, flightsEnd - 1 - widthOf(formatCount(flights)) - 1));
    canvas.putRight(flightsEnd, row, formatCount(flights), "bold");
    canvas.putRight(hoursEnd, row, formatMinutes(minutes));
    if (isWide && gained > 0) canvas.putRight(gainedEnd, row, `+${formatCount(gained)}`, "green");
  });
}

const TITLE = "Most flights";

/** The newest messages, from a row down to the bottom; a warning may take two rows. */
function drawMessages(canvas: Canvas, y: number, messages: readonly ScreenMessage[]): void {
  let bottom = canvas.rows;
  for (const { text, isWarning } of messages.toReversed()) {
    if (bottom === y) return;
    const lines = wrap(text, canvas.columns - 2, Math.min(isWarning ? 2 : 1, bottom - y));

    bottom -= lines.length;
    lines.forEach((line, i) => canvas.put(1, bottom + i, line, isWarning ? "yellow" : "dim"));
  }
}
