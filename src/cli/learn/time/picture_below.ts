/** What stands below the records: partitions and the watermark, and on a tall screen windows with what is in them. */
import { type Canvas, clip, type Style, widthOf } from "../../screen/canvas.ts";
import type { Axis } from "./axis.ts";
import { type Frame, type FramePartition, holderOf, openWindows, type TimeRun, type WindowOfKey } from "./time_run.ts";
import { resultsText, timeText, windowText } from "./times.ts";

/** What is drawn, and where. */
export interface Picture {
  readonly canvas: Canvas;
  readonly run: TimeRun;
  readonly at: number;
  readonly axis: Axis;
  /** A moment of the day whose times need no date. */
  readonly dayMs: number;
  /** Leaves out which partition holds the watermark. */
  readonly isRiddle: boolean;
}

/** How many rows partitions and the watermark have. */
export function partitionRows({ partitions }: Frame, isTall: boolean): number {
  return partitions.length === 1 ? 1 : 1 + Math.min(partitions.length, isTall ? 10 : 3);
}

/** How far each partition has come on the axis, and the watermark that follows. */
export function drawPartitions(picture: Picture, y: number, rows: number): void {
  const { canvas, run, at, axis, dayMs, isRiddle } = picture;
  const { partitions, watermarkMs } = run.frames[at]!;
  const { x: left } = axis.parts[0]!;
  const line = (
    row: number,
    name: string,
    bar: { readonly ms: number; readonly char: string; readonly style?: Style },
  ) => {
    const none = bar.char === "━" ? "none yet" : "no record";
    const time = bar.ms === Number.NEGATIVE_INFINITY ? none : timeText(bar.ms, dayMs);
    canvas.put(1, row, `${name.padEnd(9)} ${clip(time, left - 12)}`, bar.style);
    const end = Math.max(axis.passedTo(bar.ms), left - 1);
    canvas.put(left, row, bar.char.repeat(end - left + 1), bar.style);
    return end + 1;
  };
  const shown = partitions.length === 1 ? [] : choose(partitions, rows - 1);
  const holder = isRiddle ? undefined : holderOf(partitions);
  shown.forEach((index, i) => {
    const { watermarkMs: ms, idle, ahead } = partitions[index]!;
    const held = index === holder;
    const style: { style?: Style } = idle ? { style: "dim" } : held ? { style: "yellow" } : {};
    const end = line(y + i, `p${index}${idle ? " idle" : ""}`, { ms, char: "─", ...style });
    const notes = held ? ["◀ holds the watermark", "◀ holds it", "◀"] : ahead ? ["» far ahead of the clock", "»"] : [];
    const noteX = Math.max(end, left + 1);
    canvas.put(noteX, y + i, notes.find((note) => widthOf(note) < canvas.columns - noteX) ?? "", "yellow");
  });
  line(y + rows - 1, "watermark", { ms: watermarkMs, char: "━", style: "cyan" });
}

/** Indices of as many partitions as there is room for: those furthest behind. */
function choose(partitions: readonly FramePartition[], room: number): number[] {
  const indices = partitions.map((_, index) => index);
  if (indices.length <= room) return indices;
  return indices.toSorted((a, b) => partitions[a]!.watermarkMs - partitions[b]!.watermarkMs || a - b).slice(0, room)
    .toSorted((a, b) => a - b);
}

/** The newest windows with what they hold or held, for a tall screen. */
export function drawWindows({ canvas, run, at, dayMs }: Picture, y: number, rows: number): void {
  const found = new Map<string, { readonly window: WindowOfKey; readonly text: string; readonly style: Style }>();
  const idOf = ({ startMs, lastMs }: WindowOfKey) => `${startMs} ${lastMs}`;
  for (const [index, { fired }] of run.frames.slice(0, at + 1).entries()) {
    for (const [id, windows] of Map.groupBy(fired, idOf)) {
      const text = `fired   ${resultsText(windows)} (step ${index})`;
      found.set(id, { window: windows[0]!, text, style: "green" });
    }
  }
  for (const [id, windows] of Map.groupBy(openWindows(run, at), idOf)) {
    found.set(id, { window: windows[0]!, text: `open    ${resultsText(windows)}`, style: "cyan" });
  }
  const newest = [...found.values()].toSorted((a, b) => a.window.lastMs - b.window.lastMs).slice(-rows);
  newest.forEach(({ window, text, style }, i) => {
    const x = canvas.put(1, y + i, windowText(window, dayMs)) + 2;
    canvas.put(x, y + i, clip(text, canvas.columns - x - 1), style);
  });
}
