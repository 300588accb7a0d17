import { useState } from "preact/hooks";
import type { JobRow } from "../../job_row.ts";
import { pathOf } from "../lib/api.ts";
import { html, type View } from "../lib/html.ts";
import { useLive } from "../lib/live.ts";
import { Empty, StateBadge } from "../lib/parts.ts";
import { ago, compact, count, counted, rate, span } from "../lib/words.ts";

/** With fewer jobs than that nobody has to search. */
const SEARCH_FROM = 8;
/** Without a report for longer, it is said, ms. */
const SILENT_MS = 4_000;
/** Those of which something should be known at once stand first. */
const ORDER = ["failed", "gone", "stuck", "restarting", "starting", "running", "standby", "stopped", "finished"];

/** All jobs at the broker, live. */
export function JobsTable(): View {
  const { jobs: event } = useLive();
  const [text, setText] = useState("");
  if (event === undefined) {
    return html`
      <div class="page">
        <div class="page-head">
          <h1>Jobs</h1>
        </div>
      </div>
    `;
  }
  const { jobs, nowMs } = event;
  const shown = jobs.filter(({ job }) => job.toLowerCase().includes(text.toLowerCase()))
    .toSorted((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || (a.job < b.job ? -1 : 1));
  return html`
    <div class="page jobs">
      <div class="page-head">
        <h1>Jobs</h1>
        <span class="quiet small">${summary(jobs)}</span>
        ${jobs.length >= SEARCH_FROM && html`
          <input class="end" type="search" placeholder="Search jobs" aria-label="Search jobs" value=${text}
            onInput=${(event: Event) => setText((event.target as HTMLInputElement).value)} />
        `}
      </div>
      ${jobs.length === 0 ? html`<${NoJobs} />` : shown.length === 0
        ? html`
          <div class="panel">
            <${Empty} title="No job has this in its name" />
          </div>
        `
        : html`
          <div class="panel table-box" tabindex="0" role="group" aria-label="Jobs">
            <table>
              <thead>
                <tr>
                  <th scope="col">Job</th>
                  <th scope="col">State</th>
                  <th scope="col" class="number">Records/s</th>
                  <th scope="col" class="number">Lag</th>
                  <th scope="col" class="number">Event time</th>
                  <th scope="col" class="number">Last commit</th>
                  <th scope="col" class="number">Dead letters</th>
                  <th scope="col" class="number">Restarts</th>
                  <th scope="col" class="number">Uptime</th>
                </tr>
              </thead>
              ${shown.map((row) => html`<${Row} key=${row.job} row=${row} nowMs=${nowMs} />`)}
            </table>
          </div>
        `}
    </div>
  `;
}

function Row({ row, nowMs }: { readonly row: JobRow; readonly nowMs: number }): View {
  const { job, state, notes, standby, dead, restarts } = row;
  const works = state === "running" || state === "stuck";
  return html`
    <tbody class="job-row">
      <tr>
        <td class="job-cell"><a href=${pathOf("jobs", job)} class="job-name clip" title=${job}>${job}</a></td>
        <td
          class="state-cell"><${StateBadge} state=${state} /> <span class="quiet small">${span(
            nowMs - row.sinceMs,
          )}${standby > 0 ? `, +${standby} standby` : ""}</span></td>
        <td class="number">${works ? rate(row.inPerSecond) : dash}</td>
        <td class="number">${compact(row.lag)}</td>
        <td class="number">${row.eventTimeMs === null ? dash : eventTime(row.eventTimeMs, nowMs)}</td>
        <td class="number">${row.lastCommitMs === null ? dash : ago(row.lastCommitMs, nowMs)}</td>
        <td class="number">${dead > 0
          ? html`<a class="bad" href=${pathOf("jobs", job, "dead-letters")}>${count(dead)}</a>`
          : "0"}</td>
        <td class=${restarts > 0 ? "number warn" : "number"}>${count(restarts)}</td>
        <td class="number">${works ? span(nowMs - row.startedAtMs) : dash}</td>
      </tr>
      <tr>
        <td colspan="9" class="job-note"><span class="clip" title=${notes.join("\n")}>${noteOf(row, nowMs)}</span></td>
      </tr>
    </tbody>
  `;
}

const dash = html`<span class="quiet">–</span>`;

/** Where event time has ended or stands. */
export function eventTime(ms: number, nowMs: number): string {
  return ms >= Number.MAX_SAFE_INTEGER ? "ended" : ago(ms, nowMs);
}

/** What should be known of it. A report that does not come is a sign before the job counts as gone. */
function noteOf({ state, heardMs, notes }: JobRow, nowMs: number): string {
  const silentMs = nowMs - heardMs;
  const isSilent = silentMs > SILENT_MS && (state === "running" || state === "stuck" || state === "standby");
  return isSilent ? `no sign of life for ${span(silentMs)}` : notes.toReversed().join("; ");
}

function summary(jobs: readonly JobRow[]): string {
  if (jobs.length === 0) return "";
  const states = [...Map.groupBy(jobs, ({ state }) => state)].toSorted(([a], [b]) =>
    ORDER.indexOf(a) - ORDER.indexOf(b)
  );
  return [counted(jobs.length, "job"), ...states.map(([state, of]) => `${of.length} ${state}`)].join(" · ");
}

function NoJobs(): View {
  return html`
    <div class="panel">
      <${Empty} title="No job has reported within a day">
        Start one, for instance <code>deno task s20</code>, or <code>deno task demo</code> for everything at once.
      <//>
    </div>
  `;
}
