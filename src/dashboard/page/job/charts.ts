import { useState } from "preact/hooks";
import type { HistoryPoint } from "../../history.ts";
import { html, type View } from "../lib/html.ts";
import { type Column, TimeChart, type TimeChartProps } from "../lib/time_chart.ts";
import { compact, count, rate, span } from "../lib/words.ts";

/** How much of the last hour is shown, ms. */
const SPANS: readonly (readonly [words: string, ms: number])[] = [
  ["5 min", 300_000],
  ["15 min", 900_000],
  ["1 h", 3_600_000],
];

interface ChartsProps {
  readonly points: readonly HistoryPoint[];
  readonly nowMs: number;
}

/** Throughput, lag, latency and commits of the last hour. */
export function Charts({ points, nowMs }: ChartsProps): View {
  const [spanMs, setSpan] = useState(SPANS[0]![1]);
  const last = points.at(-1);
  return html`
    <section aria-label="The last hour" class="charts-part">
      <div class="section-head">
        <h2>The last hour</h2>
        <div class="segments" role="group" aria-label="How much of it">${SPANS.map(([words, ms]) =>
          html`<button aria-pressed=${ms === spanMs} onClick=${() => setSpan(ms)}>${words}</button>`
        )}</div>
      </div>
      <div class="charts">
        <${Chart} ...${{ points, nowMs, spanMs }} title="Throughput" format=${rate} least=${4} columns=${THROUGHPUT}
          now=${last === undefined ? "–" : `${rate(last.inPerSecond)} in/s, ${rate(last.outPerSecond)} out/s`} />
        <${Chart} ...${{ points, nowMs, spanMs }} title="Lag" format=${compact} least=${4} columns=${LAG}
          now=${last === undefined ? "–" : `${compact(last.lag)} records`} />
        <${Chart} ...${{ points, nowMs, spanMs }} title="Latency" format=${span} least=${1_000} columns=${LATENCY}
          now=${words(newest(points, "latencyMs"), span)} />
        <${Chart} ...${{ points, nowMs, spanMs }} title="Commit" format=${milliseconds} least=${10} columns=${COMMIT}
          now=${words(newest(points, "commitMs"), milliseconds)} />
      </div>
    </section>
  `;
}

const THROUGHPUT: readonly Column<HistoryPoint>[] = [
  { name: "in/s", colour: "--chart-1", value: ({ inPerSecond }) => inPerSecond },
  { name: "out/s", colour: "--chart-2", value: ({ outPerSecond }) => outPerSecond },
];
const LAG: readonly Column<HistoryPoint>[] = [{ name: "records", colour: "--chart-3", value: ({ lag }) => lag }];
const LATENCY: readonly Column<HistoryPoint>[] = [
  { name: "from event to commit", colour: "--chart-4", value: ({ latencyMs }) => latencyMs },
];
const COMMIT: readonly Column<HistoryPoint>[] = [
  { name: "duration", colour: "--chart-6", value: ({ commitMs }) => commitMs },
];

interface ChartProps extends TimeChartProps<HistoryPoint> {
  readonly title: string;
  /** The present value, in words. */
  readonly now: string;
}

function Chart({ title, now, ...chart }: ChartProps): View {
  return html`
    <figure class="panel chart" aria-label=${`${title}: ${now}`}>
      <figcaption class="panel-head"><h2>${title}</h2><span class="chart-now end">${now}</span></figcaption>
      <${TimeChart} ...${chart} />
    </figure>
  `;
}

/** The newest value that is known. */
function newest(points: readonly HistoryPoint[], of: "latencyMs" | "commitMs"): number | null {
  return points.findLast((point) => point[of] !== null)?.[of] ?? null;
}

function words(value: number | null, format: (value: number) => string): string {
  return value === null ? "–" : format(value);
}

function milliseconds(ms: number): string {
  return ms < 1_000 ? `${count(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
