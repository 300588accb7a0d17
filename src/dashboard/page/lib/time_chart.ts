/** A line chart over time that moves with the clock, drawn by uPlot. */
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { html, type View } from "./html.ts";
import { clock } from "./words.ts";

/** A line of the chart. */
export interface Column<P> {
  readonly name: string;
  /** A custom property of the page's style: "--chart-1". */
  readonly colour: string;
  /** Null where there is nothing to be drawn. */
  readonly value: (point: P) => number | null;
}

/** What is drawn, and how. */
export interface TimeChartProps<P> {
  /** Oldest first. */
  readonly points: readonly P[];
  readonly columns: readonly Column<P>[];
  readonly nowMs: number;
  /** How much is shown, ms. */
  readonly spanMs: number;
  readonly format: (value: number) => string;
  /** The axis goes up to this at least: what is next to nothing does not fill it. */
  readonly least: number;
}

const HEIGHT = 150;
/** Between two times on the axis, ms. */
const STEPS_MS = [5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000];
/** Between two values on the axis. */
const STEPS = Array.from({ length: 12 }, (_, power) => [1, 2, 5].map((n) => n * 10 ** power)).flat();
/** Without a point for so long, the line is interrupted, ms. */
const GAP_MS = 15_000;

/** A chart of points in time. */
export function TimeChart<P extends { readonly atMs: number }>(props: TimeChartProps<P>): View {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const newest = useRef(props);
  newest.current = props;
  useEffect(() => {
    const make = () => {
      chart.current?.destroy();
      chart.current = new uPlot(optionsOf(newest, box.current!.clientWidth), dataOf(newest.current), box.current!);
    };
    make();
    const observer = new ResizeObserver(() => {
      const width = box.current?.clientWidth ?? 0;
      if (width > 0 && width !== chart.current?.width) chart.current?.setSize({ width, height: HEIGHT });
    });
    observer.observe(box.current!);
    addEventListener("dashboard-theme", make);
    return () => {
      observer.disconnect();
      removeEventListener("dashboard-theme", make);
      chart.current?.destroy();
    };
  }, []);
  const { points, nowMs, spanMs } = props;
  useEffect(() => chart.current?.setData(dataOf(newest.current)), [points, spanMs, Math.floor(nowMs / 1_000)]);
  return html`<div class="time-chart" ref=${box} aria-hidden="true"></div>`;
}

function optionsOf<P extends { readonly atMs: number }>(
  props: { readonly current: TimeChartProps<P> },
  width: number,
): uPlot.Options {
  const { columns } = props.current;
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour("--text-3"),
    font: `11px ${colour("--font")}`,
    ticks: { show: false },
    grid: { stroke: colour("--line"), width: 1 },
  };
  return {
    width,
    height: HEIGHT,
    padding: [8, 28, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 7 } },
    scales: {
      x: { time: false, range: () => [beginOf(props.current), props.current.nowMs] },
      y: { range: (_chart, _min, max) => [0, Math.max(props.current.least, max * 1.15)] },
    },
    series: [
      {},
      ...columns.map(({ name, colour: of }) => ({
        label: name,
        stroke: colour(of),
        width: 1.5,
        ...columns.length === 1 && { fill: `${colour(of)}1f` },
        points: { show: (chart: uPlot, i: number) => chart.data[i]!.length < 3, size: 5 },
        spanGaps: false,
      })),
    ],
    axes: [
      {
        ...axis,
        size: 26,
        space: 90,
        incrs: STEPS_MS,
        values: (_chart, times) => times.map((ms) => clock(ms).slice(0, times[1]! - times[0]! >= 60_000 ? 5 : 8)),
      },
      {
        ...axis,
        incrs: STEPS,
        size: 52,
        space: 28,
        values: (_chart, values) => values.map((value) => props.current.format(value)),
      },
    ],
    hooks: { setCursor: [(chart) => tip(chart, props.current)] },
  };
}

/** Where the axis begins: with the first point, if there are none before; a minute at least is shown. */
function beginOf<P extends { readonly atMs: number }>({ points, nowMs, spanMs }: TimeChartProps<P>): number {
  const firstMs = Math.min(points[0]?.atMs ?? nowMs, nowMs - 60_000);
  return Math.max(nowMs - spanMs, firstMs);
}

/** What the line has under the pointer. */
function tip<P>(chart: uPlot, { columns, format }: TimeChartProps<P>): void {
  const box = chart.root.querySelector(".chart-tip") ??
    chart.over.appendChild(Object.assign(document.createElement("div"), { className: "chart-tip" }));
  const { idx, left = -1 } = chart.cursor;
  const ms = idx === null || idx === undefined ? undefined : chart.data[0][idx];
  (box as HTMLElement).hidden = left < 0 || ms === undefined;
  if (idx === null || idx === undefined || ms === undefined) return;
  const values = columns.flatMap(({ name }, i) => {
    const value = chart.data[i + 1]?.[idx];
    return value === null || value === undefined
      ? []
      : [columns.length === 1 ? format(value) : `${format(value)} ${name}`];
  });
  box.textContent = [clock(ms), ...values].join("  ");
  (box as HTMLElement).style.left = `${
    Math.min(left + 10, chart.over.clientWidth - (box as HTMLElement).offsetWidth)
  }px`;
}

/** The points that are shown, with interruptions where there were none for a while. */
function dataOf<P extends { readonly atMs: number }>(
  { points, columns, nowMs, spanMs }: TimeChartProps<P>,
): uPlot.AlignedData {
  const times: number[] = [];
  const values: (number | null)[][] = columns.map(() => []);
  for (const point of points) {
    const row = columns.map(({ value }) => value(point));
    if (point.atMs < nowMs - spanMs - GAP_MS || row.every((value) => value === null)) continue;
    const last = times.at(-1);
    if (last !== undefined && point.atMs - last > GAP_MS) {
      times.push(last + 1);
      for (const line of values) line.push(null);
    }
    times.push(point.atMs);
    row.forEach((value, i) => values[i]!.push(value));
  }
  return [times, ...values];
}
