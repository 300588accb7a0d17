import type { JobRow } from "../../job_row.ts";
import { pathOf } from "../lib/api.ts";
import { html, type View } from "../lib/html.ts";
import { useLive } from "../lib/live.ts";
import { Empty, StateBadge } from "../lib/parts.ts";
import { ago, count, rate, span } from "../lib/words.ts";

/** All jobs at the broker, live. */
export function JobsTable(): View {
  const { jobs: event } = useLive();
  return html`
    <div class="page">
      <div class="page-head"><h1>Jobs</h1></div>
      ${event === undefined ? null : event.jobs.length === 0 ? html`<${NoJobs} />` : html`
        <div class="panel table-box">
          <table>
            <thead>
              <tr>
                <th>Job</th>
                <th>State</th>
                <th class="number">For</th>
                <th class="number">Records/s</th>
                <th class="number">Lag</th>
                <th class="number">Event time</th>
                <th class="number">Last commit</th>
                <th class="number">Dead letters</th>
                <th class="number">Restarts</th>
              </tr>
            </thead>
            <tbody>${event.jobs.map((row) => html`<${Row} key=${row.job} row=${row} nowMs=${event.nowMs} />`)}</tbody>
          </table>
        </div>
      `}
    </div>
  `;
}

function Row({ row, nowMs }: { readonly row: JobRow; readonly nowMs: number }): View {
  return html`
    <tr>
      <td><a href=${pathOf("jobs", row.job)} class="clip" title=${row.job}>${row.job}</a></td>
      <td>
        <${StateBadge} state=${row.state} />
      </td>
      <td class="number">${span(nowMs - row.sinceMs)}</td>
      <td class="number">${rate(row.inPerSecond)}</td>
      <td class="number">${count(row.lag)}</td>
      <td class="number">${row.eventTimeMs === null ? "–" : ago(row.eventTimeMs, nowMs)}</td>
      <td class="number">${row.lastCommitMs === null ? "–" : ago(row.lastCommitMs, nowMs)}</td>
      <td class="number">${count(row.dead)}</td>
      <td class="number">${count(row.restarts)}</td>
    </tr>
  `;
}

function NoJobs(): View {
  return html`
    <div class="panel">
      <${Empty} title="No job has reported within a day">
        Start one, for instance <code>deno task s20</code>, or <code>deno task demo</code> for all at once.
      <//>
    </div>
  `;
}
