import { useState } from "preact/hooks";
import type { TopicsAnswer } from "../../api/topics.ts";
import type { TopicRow } from "../../../inspect/topics_look.ts";
import { pathOf } from "../lib/api.ts";
import { useEach } from "../lib/events.ts";
import { html, type View } from "../lib/html.ts";
import { Empty, TableBox, Trouble, useGet } from "../lib/parts.ts";
import { count, counted, rate } from "../lib/words.ts";

/** Topics that jobs make for themselves. */
const OF_JOBS = /(\.changelog|\.dead-letters)$|^jobs\.(status|requests|traces)$/;

/** All topics at the broker, growing. */
export function TopicsTable(): View {
  const { value, error, again } = useGet<TopicsAnswer>("/api/topics");
  const [filter, setFilter] = useState("");
  useEach(again, 1_000);
  const all = value?.topics ?? [];
  const fits = all.filter(({ name }) => name.toLowerCase().includes(filter.toLowerCase()));
  const [ours, theirs] = [
    fits.filter(({ name }) => !OF_JOBS.test(name)),
    fits.filter(({ name }) => OF_JOBS.test(name)),
  ];
  return html`
    <div class="page">
      <div class="page-head">
        <h1>Topics</h1>
        ${value === undefined ? null : html`<span class="quiet">${counted(all.length, "topic")}</span>`}
        <input
          class="end" type="search" placeholder="Find a topic" aria-label="Find a topic" value=${filter}
          onInput=${(event: Event) => setFilter((event.target as HTMLInputElement).value)} />
      </div>
      ${error === undefined ? null : html`<${Trouble} error=${error} />`}
      ${value === undefined ? null : all.length === 0 ? html`<${NoTopics} />` : html`
        <${Rows} title="Topics" topics=${ours} />
        ${theirs.length === 0 ? null : html`<${Rows} title="What jobs keep for themselves" topics=${theirs} />`}
      `}
    </div>
  `;
}

function Rows({ title, topics }: { readonly title: string; readonly topics: readonly TopicRow[] }): View {
  const most = Math.max(1, ...topics.map(({ records }) => records));
  return html`
    <section class="panel">
      <div class="panel-head"><h2>${title}</h2></div>
      ${topics.length === 0 ? html`<${Empty} title="None fits" />` : html`
        <${TableBox} label=${title}>
          <table class="topic-list">
            <thead>
              <tr>
                <th>Topic</th>
                <th class="number">Partitions</th>
                <th class="number">Records</th>
                <th class="share-cell"><span class="visually-hidden">Share of the largest</span></th>
                <th class="number">Records/s</th>
              </tr>
            </thead>
            <tbody>
              ${topics.map(({ name, partitions, records, perSecond }) =>
                html`
                  <tr key=${name}>
                    <td><a class="clip" title=${name} href=${pathOf("topics", name)}>${name}</a></td>
                    <td class="number">${count(partitions)}</td>
                    <td class="number">${count(records)}</td>
                    <td class="share-cell">
                      ${records > 0 && html`<div class="share" style=${{ width: `${100 * records / most}%` }}></div>`}
                    </td>
                    <td class="number">${perSecond === null ? "–" : rate(perSecond)}</td>
                  </tr>
                `
              )}
            </tbody>
          </table>
          <//>
      `}
    </section>
  `;
}

function NoTopics(): View {
  return html`
    <div class="panel">
      <${Empty} title="There are no topics yet">
        <code>deno task gen --create</code> makes the course's and fills them, <code>deno task demo</code> its own.
      <//>
    </div>
  `;
}
