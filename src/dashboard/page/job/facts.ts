import { eventTime } from "../jobs/table.ts";
import { html, type View } from "../lib/html.ts";
import { ago, count, rate, span } from "../lib/words.ts";
import type { JobProps } from "./props.ts";

/** A job's numbers side by side. */
export function Facts({ job, nowMs }: JobProps): View {
  const { status: { attempt, startedAtMs } } = job;
  const works = job.state === "running" || job.state === "stuck";
  const facts: readonly (readonly [name: string, value: unknown, small?: string])[] = [
    ["Records in", rate(job.inPerSecond), "/s"],
    ["Records out", rate(job.outPerSecond), "/s"],
    ["Read so far", attempt === undefined ? "–" : count(attempt.records.in)],
    ["Lag", count(job.lag)],
    ["Event time", job.eventTimeMs === null ? "none" : eventTime(job.eventTimeMs, nowMs)],
    ["Last commit", job.lastCommitMs === null ? "none" : ago(job.lastCommitMs, nowMs)],
    ["Busy", `${Math.round(job.busy * 100)}`, "%"],
    ["Late", attempt === undefined ? "–" : count(attempt.records.late)],
    ["Dead letters", count(job.dead)],
    ["Restarts", count(job.restarts)],
    ["Uptime", works ? span(nowMs - startedAtMs) : "–"],
  ];
  return html`
    <dl class="facts">${facts.map(([name, value, small]) =>
      html`
        <div data-fact=${name}>
          <dt>${name}</dt>
          <dd>${value}${small !== undefined && html`<small> ${small}</small>`}</dd>
        </div>
      `
    )}</dl>
  `;
}
