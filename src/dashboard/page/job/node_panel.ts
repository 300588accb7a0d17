import type { NodeStatus, TimersStatus } from "../../../engine/mod.ts";
import { eventTime } from "../jobs/table.ts";
import { pathOf } from "../lib/api.ts";
import { html, type View } from "../lib/html.ts";
import { TableBox } from "../lib/parts.ts";
import { clock, count, counted, rate, span, time } from "../lib/words.ts";

interface NodePanelProps {
  readonly job: string;
  readonly node: NodeStatus;
  readonly nowMs: number;
  readonly onClose: () => void;
}

type Rows = readonly (readonly [name: string, value: unknown])[];

/** All that is known of a source, an operator or a sink. */
export function NodePanel({ job, node, nowMs, onClose }: NodePanelProps): View {
  const { name, operation, uid, topics, splits, stateEntries, metrics } = node;
  const states = Object.entries(stateEntries ?? {});
  return html`
    <aside class="node-panel" aria-label=${`Node ${name}`}>
      <div class="node-panel-head">
        <div
          class="clip"><h3 class="clip" title=${name}>${name}</h3><span class="quiet small clip">${operation}</span></div>
        <button class="plain" onClick=${onClose} aria-label="Close">✕</button>
      </div>
      <div class="node-parts">
        <${Part} title="Records" rows=${countersOf(node)} />
        <${Part} title="Event time" rows=${eventTimeOf(node, nowMs)} />
        <${Part} title="Timers" rows=${timersOf(node, nowMs)} />
        <${Part} title="State" rows=${states.map(([state, size]) => [state, `${count(size)} entries`])} />
        <${Part} title="Top keys" rows=${topKeysOf(node)} />
        <${Part} title="Metrics of its function" rows=${Object.entries(metrics ?? {}).map((
          [metric, { value }],
        ) => [metric, count(value)])} />
        ${splits !== undefined && html`<${Splits} splits=${splits} />`}
        <p class="node-part node-links small">
          ${topics?.map((topic) => html`<a class="clip" href=${pathOf("topics", topic)}>Topic ${topic}</a>`)}
          ${states.length > 0 && html`<a href=${pathOf("state", job)}>Look into its state</a>`}
          <span class="quiet break">uid <code>${uid}</code></span>
        </p>
      </div>
    </aside>
  `;
}

function Splits({ splits }: { readonly splits: NonNullable<NodeStatus["splits"]> }): View {
  return html`
    <div class="node-part">
      <h3>Partitions</h3>
      <${TableBox} label="Partitions" kind="splits">
        <table>
          <thead>
            <tr>
              <th scope="col">Partition</th>
              <th scope="col" class="number">Next</th>
              <th scope="col" class="number">Behind</th>
              <th scope="col" class="number">Silent</th>
            </tr>
          </thead>
          <tbody>${splits.map(({ id, position, lag, silentMs, idle }) =>
            html`
              <tr key=${id}>
                <td class="clip" title=${id}>${id}${idle && html`
                  <span class="quiet">idle</span>
                `}</td>
                <td class="number">${typeof position === "number" ? count(position) : JSON.stringify(position)}</td>
                <td class="number">${count(lag)}</td>
                <td class="number">${span(silentMs)}</td>
              </tr>
            `
          )}</tbody>
        </table>
        <//>
        </div>
  `;
}

function Part({ title, rows }: { readonly title: string; readonly rows: Rows }): View {
  return rows.length === 0 ? null : html`
    <div class="node-part">
      <h3>${title}</h3>
      <${RowList} rows=${rows} />
    </div>
  `;
}

function RowList({ rows }: { readonly rows: Rows }): View {
  return html`<dl class="rows">${
    rows.map(([name, value]) =>
      html`
        <dt class="break">${name}</dt>
        <dd>${value}</dd>
      `
    )
  }</dl>`;
}

function countersOf(node: NodeStatus): Rows {
  const { recordsIn, recordsOut, sideOut, filtered, late, dead, inPerSecond, outPerSecond, pendingResults } = node;
  const seldom = { "To side outputs": sideOut, Filtered: filtered, Late: late, "Dead letters": dead };
  return [
    ["Records in", `${count(recordsIn)}, ${rate(inPerSecond)}/s`],
    ["Records out", `${count(recordsOut)}, ${rate(outPerSecond)}/s`],
    ...Object.entries(seldom).filter(([, n]) => n > 0).map(([name, n]) => [name, count(n)] as const),
    ...pendingResults === undefined ? [] : [["Calls on their way", count(pendingResults)] as const],
  ];
}

function eventTimeOf({ inputWatermarkMs, outputWatermarkMs }: NodeStatus, nowMs: number): Rows {
  const words = (ms: number | null) =>
    ms === null ? "none yet" : html`<span title=${full(ms)}>${eventTime(ms, nowMs)}</span>`;
  return [
    ...inputWatermarkMs === undefined ? [] : [["Of what came in", words(inputWatermarkMs)] as const],
    ["Behind it", words(outputWatermarkMs)],
  ];
}

function timersOf({ operation, timers, processingTimers }: NodeStatus, nowMs: number): Rows {
  const row = (name: string, { count: n, nextMs }: TimersStatus) =>
    [name, `${count(n)}, next at ${Math.abs(nextMs - nowMs) < 43_200_000 ? clock(nextMs) : full(nextMs)}`] as const;
  const isWindow = /window/i.test(operation);
  return [
    ...timers === undefined ? [] : [row(isWindow ? "Open windows" : "In event time", timers)],
    ...processingTimers === undefined ? [] : [row("By the clock", processingTimers)],
  ];
}

/** Shares of the records, by samples. */
function topKeysOf({ topKeys }: NodeStatus): Rows {
  return topKeys?.keys.map(({ key, count: n }) => {
    const share = n / topKeys.samples * 100;
    return [key, `${share.toFixed(share < 10 ? 1 : 0)} %`] as const;
  }) ?? [];
}

function full(ms: number): string {
  return Math.abs(ms) > 8.64e15 ? counted(ms, "ms") : time(ms);
}
