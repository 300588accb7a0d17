import { useState } from "preact/hooks";
import type { HistoryPoint } from "../../history.ts";
import { html, type View } from "../lib/html.ts";
import { type Column, TimeChart } from "../lib/time_chart.ts";
import { count, rate, span } from "../lib/words.ts";

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
  const lastOf = (of: (point: HistoryPoint) => number | null) => points.findLast((point) => of(point) !== null);
  const latency = lastOf(({ latencyMs }) => latencyMs)?.latencyMs;
  const commit = lastOf(({ commitMs }) => commitMs)?.commitMs;
  const chart = (
    title: string,
    now: string,
    columns: readonly Column<HistoryPoint>[],
    format: (value: number) => string,
  ) =>
    html`
      <figure class="panel chart" aria-label=${`${title}: ${now}`}>
        <figcaption class="panel-head"><h2>${title}</h2><span class="chart-now end">${now}</span></figcaption>
        <${TimeChart} points=${points} columns=${columns} nowMs=${nowMs} spanMs=${spanMs} format=${format} />
      </figure>
    `;
  return html`
    <section aria-label="The last hour" class="charts-part">
      <div class="section-head">
        <h2>The last hour</h2>
        <div class="segments" role="group" aria-label="How much of it">${SPANS.map(([words, ms]) =>
          html`<button aria-pressed=${ms === spanMs} onClick=${() => setSpan(ms)}>${words}</button>`
        )}</div>
      </div>
      <div class="charts">
        ${chart(
          "Throughput",
          last === undefined ? "–" : `${rate(last.inPerSecond)} in/s, ${rate(last.outPerSecond)} out/s`,
          [
            { name: "in/s", colour: "--chart-1", value: ({ inPerSecond }) => inPerSecond },
            { name: "out/s", colour: "--chart-2", value: ({ outPerSecond }) => outPerSecond },
          ],
          rate,
        )}
        ${chart("Lag", last === undefined ? "–" : `${count(last.lag)} records`, [{
          name: "records",
          colour: "--chart-3",
          value: ({ lag }) => lag,
        }], count)}
        ${chart("Latency", latency === undefined || latency === null ? "–" : span(latency), [
          { name: "from event to commit", colour: "--chart-4", value: ({ latencyMs }) => latencyMs },
        ], span)}
        ${chart("Commit", commit === undefined || commit === null ? "–" : `${count(commit)} ms`, [
          { name: "duration", colour: "--chart-6", value: ({ commitMs }) => commitMs },
        ], (ms) => `${count(ms)} ms`)}
      </div>
    </section>
  `;
}
