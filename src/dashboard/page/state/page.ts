/** Jobs with state, one of them, or one key in it. */
import { html } from "../lib/html.ts";
import type { Page } from "../lib/page.ts";
import { JobState } from "./job_state.ts";
import { StateJobs } from "./state_jobs.ts";

export const page: Page = ({ place }) => {
  const [, job] = place.parts;
  return job === undefined ? html`<${StateJobs} />` : html`<${JobState} key=${job} job=${job} query=${place.query} />`;
};
