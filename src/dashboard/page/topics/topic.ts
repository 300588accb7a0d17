import type { TopicAnswer } from "../../api/topics.ts";
import type { GroupRow } from "../../groups.ts";
import { pathOf } from "../lib/api.ts";
import { useEach } from "../lib/events.ts";
import { html, type View } from "../lib/html.ts";
import { Empty, StateBadge, TableBox, Trouble, useGet } from "../lib/parts.ts";
import type { Place } from "../lib/route.ts";
import { count, rate } from "../lib/words.ts";
import { Records } from "./records.ts";

/** One topic: its partitions, who reads it, its records. */
export function Topic({ name, place }: { readonly name: string; readonly place: Place }): View {
  const { value, error, again } = useGet<TopicAnswer>(`/api${pathOf("topics", name)}`);
  useEach(again, 1_000);
  return html`
    <div class="page">
      <div class="page-head">
        <a href="/topics">Topics</a><span class="quiet" aria-hidden="true">/</span>
        <h1>${name}</h1>
      </div>
      ${error === undefined ? null : html`<${Trouble} error=${error} />`}
      ${value === undefined ? null : html`
        <${Facts} topic=${value} />
        <${Records} topic=${name} place=${place} partitions=${value.partitions.length} />
        <div class="columns">
          <${Partitions} topic=${value} />
          <${Groups} groups=${value.groups} />
        </div>
      `}
    </div>
  `;
}

function Facts({ topic: { partitions, groups } }: { readonly topic: TopicAnswer }): View {
  const records = partitions.reduce((sum, { start, end }) => sum + end - start, 0);
  const rates = partitions.map(({ perSecond }) => perSecond);
  const perSecond = rates.includes(null) ? undefined : rates.reduce<number>((sum, each) => sum + each!, 0);
  return html`
    <dl class="facts">
      <div>
        <dt>Records</dt>
        <dd data-fact="records">${count(records)}</dd>
      </div>
      <div>
        <dt>Records/s</dt>
        <dd>${perSecond === undefined ? "–" : rate(perSecond)}</dd>
      </div>
      <div>
        <dt>Partitions</dt>
        <dd>${count(partitions.length)}</dd>
      </div>
      <div>
        <dt>Consumer groups</dt>
        <dd>${count(groups.length)}</dd>
      </div>
      <div>
        <dt>Largest lag</dt>
        <dd>${groups.length === 0 ? "–" : count(Math.max(...groups.map(({ lag }) => lag)))}</dd>
      </div>
    </dl>
  `;
}

function Partitions({ topic: { partitions } }: { readonly topic: TopicAnswer }): View {
  return html`
    <section class="panel">
      <div class="panel-head">
        <h2>Partitions</h2>
      </div>
      <${TableBox} label="Partitions" kind="limited">
        <table>
          <thead>
            <tr>
              <th class="number">Partition</th>
              <th class="number">First offset</th>
              <th class="number">End</th>
              <th class="number">Records</th>
              <th class="number">Records/s</th>
            </tr>
          </thead>
          <tbody>
            ${partitions.map(({ partition, start, end, perSecond }) =>
              html`
                <tr key=${partition}>
                  <td class="number">${partition}</td>
                  <td class="number">${count(start)}</td>
                  <td class="number">${count(end)}</td>
                  <td class="number">${count(end - start)}</td>
                  <td class="number">${perSecond === null ? "–" : rate(perSecond)}</td>
                </tr>
              `
            )}
          </tbody>
        </table>
        <//>
        </section>
  `;
}

function Groups({ groups }: { readonly groups: readonly GroupRow[] }): View {
  return html`
    <section class="panel">
      <div class="panel-head"><h2>Consumer groups</h2></div>
      ${groups.length === 0 ? html`<${Empty} title="No job reads this topic" />` : groups.map((group) =>
        html`
          <div class="group" key=${group.job}>
            <div class="group-head">
              <a class="clip" title=${group.job} href=${pathOf("jobs", group.job)}>${group.job}</a>
              <${StateBadge} state=${group.state} />
              <span class="end quiet small">${group.positions.length === 0 ? "" : `${count(group.lag)} behind`}</span>
            </div>
            ${group.positions.length === 0 ? null : html`
              <${TableBox} label=${`Partitions read by ${group.job}`} kind="limited">
                <table>
                  <thead>
                    <tr>
                      <th class="number">Partition</th>
                      <th class="number">Offset</th>
                      <th class="number">Lag</th>
                    </tr>
                  </thead>
                  <tbody>
                    ${group.positions.map(({ partition, offset, lag }) =>
                      html`
                        <tr key=${partition}>
                          <td class="number">${partition}</td>
                          <td class="number">${count(offset)}</td>
                          <td class="number">${count(lag)}</td>
                        </tr>
                      `
                    )}
                  </tbody>
                </table>
                <//>
            `}
          </div>
        `
      )}
    </section>
  `;
}
