import type { StateJobsAnswer } from "../../api/state.ts";
import { pathOf } from "../lib/api.ts";
import { html, type View } from "../lib/html.ts";
import { Empty, StateBadge, Trouble, useGet } from "../lib/parts.ts";

/** All jobs that have committed state here. */
export function StateJobs(): View {
  const { value, error } = useGet<StateJobsAnswer>("/api/state");
  return html`
    <div class="page">
      <div class="page-head"><h1>State</h1></div>
      ${error === undefined ? null : html`<${Trouble} error=${error} />`}
      ${value === undefined ? null : html`
        <section class="panel">
          ${value.jobs.length === 0
            ? html`<${Empty} title="No job has committed anything yet">What a job remembers is here from its first commit on.<//>`
            : html`
              <ul class="listing">
                ${value.jobs.map(({ job, running }) =>
                  html`
                    <li key=${job}>
                      <a class="clip" title=${job} href=${pathOf("state", job)}>${job}</a>
                      <${StateBadge} state=${running ? "running" : "not running"} />
                    </li>
                  `
                )}
              </ul>
            `}
        </section>
      `}
    </div>
  `;
}
