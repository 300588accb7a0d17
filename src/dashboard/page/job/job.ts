import type { HistoryPoint } from "../../history.ts";
import type { JobDetail } from "../../job_detail.ts";
import { pathOf } from "../lib/api.ts";
import { html, type View } from "../lib/html.ts";
import { useLive } from "../lib/live.ts";
import { Empty, StateBadge } from "../lib/parts.ts";
import { span } from "../lib/words.ts";
import { Charts } from "./charts.ts";
import { Commits } from "./commits.ts";
import { DeadLetters } from "./dead_letters.ts";
import { EventTime } from "./event_time.ts";
import { Exceptions } from "./exceptions.ts";
import { Facts } from "./facts.ts";
import { Graph } from "./graph.ts";
import type { JobProps } from "./props.ts";
import { Why } from "./why.ts";

/** One job: its numbers, its graph, its charts, and what went wrong. */
export function JobPage({ name, tab = "overview" }: { readonly name: string; readonly tab?: string }): View {
  const { job: event, jobs, points } = useLive();
  const job = event?.job?.job === name ? event.job : undefined;
  if (job === undefined) {
    if (event?.job !== null || jobs === undefined) {
      return html`
        <div class="page">
          <${Head} name=${name} />
        </div>
      `;
    }
    return html`
      <div class="page">
        <${Head} name=${name} />
        <div class="panel">
          <${Empty} title="Nothing was heard of this job within a day">
            <a href="/jobs">All jobs</a>
            <//>
            </div>
            </div>
    `;
  }
  const { nowMs } = event!;
  const { status, restarts } = job;
  const tabs: readonly (readonly [path: string, title: string, count?: number])[] = [
    ["overview", "Overview"],
    ["dead-letters", "Dead letters", job.dead],
    ["commits", "Commits"],
    ["exceptions", "Exceptions", status.errors?.length ?? (status.lastError === undefined ? 0 : restarts)],
  ];
  return html`
    <div class="page job">
      <${Head} name=${name} job=${job} nowMs=${nowMs} />
      <nav class="tabs" aria-label="Parts of the job">
        ${tabs.map(([path, title, n = 0]) =>
          html`
            <a href=${path === "overview" ? pathOf("jobs", name) : pathOf("jobs", name, path)}
              aria-current=${path === tab ? "page" : undefined}>${title}${n > 0 &&
                html`<span class="tab-count">${n}</span>`}</a>
          `
        )}
      </nav>
      ${tab === "dead-letters"
        ? html`<${DeadLetters} name=${name} dead=${job.dead} />`
        : tab === "commits"
        ? html`<${Commits} job=${job} nowMs=${nowMs} />`
        : tab === "exceptions"
        ? html`<${Exceptions} job=${job} nowMs=${nowMs} />`
        : html`<${Overview} job=${job} nowMs=${nowMs} points=${points} />`}
    </div>
  `;
}

function Overview({ job, nowMs, points }: JobProps & { readonly points: readonly HistoryPoint[] }): View {
  return html`
    <${Facts} job=${job} nowMs=${nowMs} />
    <${Why} job=${job} />
    ${job.status.attempt !== undefined && html`<${Graph} job=${job} nowMs=${nowMs} />`}
    <${Charts} points=${points} nowMs=${nowMs} />
    ${job.status.attempt !== undefined && html`<${EventTime} job=${job} nowMs=${nowMs} />`}
  `;
}

function Head(
  { name, job, nowMs = 0 }: { readonly name: string; readonly job?: JobDetail; readonly nowMs?: number },
): View {
  return html`
    <div class="page-head">
      <h1><a class="crumb" href="/jobs">Jobs</a><span class="crumb" aria-hidden="true"> / </span>${name}</h1>
      ${job !== undefined && html`
        <${StateBadge} state=${job.state} />
        <span class="quiet small">for ${span(nowMs - job.sinceMs)}${job.sinceMs - job.startedAtMs > 60_000
          ? `, up ${span(nowMs - job.startedAtMs)}`
          : ""}${job.status.process === undefined ? "" : ` in ${job.status.process}`}${job.standingBy.length > 0
          ? `, standing by: ${job.standingBy.join(", ")}`
          : ""}</span>
      `}
    </div>
  `;
}
