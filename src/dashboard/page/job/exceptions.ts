import type { ErrorStatus } from "../../../engine/mod.ts";
import { html, type View } from "../lib/html.ts";
import { Empty } from "../lib/parts.ts";
import { ago, time } from "../lib/words.ts";
import type { JobProps } from "./props.ts";

/** The newest errors that ended attempts, newest first. */
export function Exceptions({ job, nowMs }: JobProps): View {
  const { errors, lastError } = job.status;
  const all = (errors ?? (lastError === undefined ? [] : [lastError])).toReversed();
  if (all.length === 0) {
    return html`
      <div class="panel">
        <${Empty} title="No attempt of this job has failed">
            What fails at a single record is among its dead letters.
          <//></div>
    `;
  }
  return html`${all.map((error) => html`<${Exception} key=${error.atMs} error=${error} nowMs=${nowMs} />`)}`;
}

function Exception({ error, nowMs }: { readonly error: ErrorStatus; readonly nowMs: number }): View {
  const { atMs, name, message, operator, record, line } = error;
  const rows: readonly (readonly [name: string, value: unknown])[] = [
    ...operator === undefined ? [] : [["Operator", operator] as const],
    ...record === undefined ? [] : [
      ["Record", html`<span>${record.topic}, partition ${record.partition}, offset ${record.offset}</span>`] as const,
    ],
    ...line === undefined ? [] : [["Thrown at", html`<code class="break">${line}</code>`] as const],
  ];
  return html`
    <article class="panel exception">
      <div class="panel-head"><h2>${name}</h2><span class="quiet small end">${time(atMs)} UTC, ${ago(
        atMs,
        nowMs,
      )}</span></div>
      <div class="panel-body">
        <p class="break exception-message">${message}</p>
        ${rows.length > 0 && html`<dl class="rows">${
          rows.map(([name, value]) =>
            html`
              <dt>${name}</dt>
              <dd class="break">${value}</dd>
            `
          )
        }</dl>`}
      </div>
    </article>
  `;
}
