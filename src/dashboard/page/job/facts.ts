import { eventTime } from "../jobs/table.ts";
import { html, type View } from "../lib/html.ts";
import { compact, rate } from "../lib/words.ts";
import type { JobProps } from "./props.ts";

/** A job's numbers side by side. */
export function Facts({ job, nowMs }: JobProps): View {
  const { status: { attempt } } = job;
  const facts: readonly (readonly [name: string, value: string, small?: string | undefined])[] = [
    ["Records in", rate(job.inPerSecond), "/s"],
    ["Records out", rate(job.outPerSecond), "/s"],
    ["Read so far", attempt === undefined ? "–" : compact(attempt.records.in)],
    ["Lag", compact(job.lag)],
    ["Event time", ...timeWords(job.eventTimeMs, nowMs)],
    ["Last commit", ...timeWords(job.lastCommitMs, nowMs)],
    ["Busy", `${Math.round(job.busy * 100)}`, "%"],
    ["Late", attempt === undefined ? "–" : compact(attempt.records.late)],
    ["Dead letters", compact(job.dead)],
    ["Restarts", compact(job.restarts)],
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

/** "3.2 s", and "ago" behind it. */
function timeWords(ms: number | null, nowMs: number): [value: string, small?: string] {
  if (ms === null) return ["none"];
  const [, value = "", small] = /^(.*?)(?: (ago|ahead))?$/.exec(eventTime(ms, nowMs))!;
  return small === undefined ? [value] : [value, small];
}
