/** All jobs, or one of them. */
import { JobPage } from "../job/job.ts";
import { html } from "../lib/html.ts";
import type { Page } from "../lib/page.ts";
import { JobsTable } from "./table.ts";

export const page: Page = ({ place }) => {
  const [, name, tab] = place.parts;
  return name === undefined ? html`<${JobsTable} />` : html`<${JobPage} key=${name} name=${name} tab=${tab} />`;
};
