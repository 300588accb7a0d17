/** All jobs, or one of them. */
import type { Page } from "../lib/page.ts";
import { html } from "../lib/html.ts";
import { JobsTable } from "./table.ts";

export const page: Page = () => html`<${JobsTable} />`;
