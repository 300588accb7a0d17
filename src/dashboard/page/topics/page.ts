/** All topics, or one of them. */
import { html } from "../lib/html.ts";
import type { Page } from "../lib/page.ts";
import { TopicsTable } from "./table.ts";
import { Topic } from "./topic.ts";

export const page: Page = ({ place }) => {
  const [, name] = place.parts;
  return name === undefined ? html`<${TopicsTable} />` : html`<${Topic} key=${name} name=${name} place=${place} />`;
};
