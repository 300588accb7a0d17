import type { JobDetail } from "../../job_detail.ts";
import { html, type View } from "../lib/html.ts";

/** Why nothing comes out of the job, or that it does. */
export function Why({ job }: { readonly job: JobDetail }): View {
  const { flows, words, more, partitions } = job.why;
  return html`
    <section class="panel why" aria-labelledby="why">
      <div class="panel-head">
        <h2 id="why">Why no result?</h2>
      </div>
      <div class="panel-body">
        <p class=${flows ? "why-words" : "why-words waits"}>${words}</p>
        ${more.map((text) => html`<p class="quiet small">${text}</p>`)}
        ${partitions.length > 0 && html`
          <p class="why-partitions"><span class="quiet small">${partitions.length === 1
            ? "Partition"
            : "Partitions"}</span>
            ${partitions.slice(0, 12).map((id) => html`<code class="chip">${id}</code>`)}
            ${partitions.length > 12 && html`<span class="quiet small">and ${partitions.length - 12} more</span>`}
          </p>
        `}
      </div>
    </section>
  `;
}
