/** What became of a record: chosen by its place or key, followed through the jobs that run, or by running them again. */
import type { TopicsAnswer } from "../../api/topics.ts";
import { html, type View } from "../lib/html.ts";
import type { Page } from "../lib/page.ts";
import { Empty, useGet } from "../lib/parts.ts";
import { Choice } from "./choice.ts";
import { FollowedKey } from "./followed_key.ts";
import { FollowedRecord } from "./followed_record.ts";
import { askedOf } from "./place.ts";

export const page: Page = ({ place }) => {
  const { value } = useGet<TopicsAnswer>("/api/topics");
  const asked = askedOf(place.query);
  const name = asked === undefined ? "" : JSON.stringify(asked);
  return html`
    <div class="page">
      <div class="page-head"><h1>Follow a record</h1></div>
      <${Choice} key=${name} topics=${value?.topics.map(({ name }) => name) ?? []} query=${place.query} />
      ${asked === undefined
        ? html`<${Welcome} />`
        : "key" in asked
        ? html`<${FollowedKey} key=${name} topic=${asked.topic} of=${asked.key} />`
        : html`<${FollowedRecord} key=${name} place=${asked} />`}
    </div>
  `;
};

function Welcome(): View {
  return html`
    <div class="panel">
      <${Empty} title="What became of one record, step by step, from job to job">
        Choose a record of a topic, or a key: a booking’s confirmation, for instance. Each step is shown with the values that
        the record had there: decoded, mapped, filtered, put into a window, counted, sent on, or why it came no further.
      <//>
    </div>
  `;
}
