/** Who has flown how much so far. */
import { useEffect, useState } from "preact/hooks";
import type { TravellersEvent, TravellerTopicsAnswer } from "../../api/travellers.ts";
import { pathOf } from "../lib/api.ts";
import { useEvent } from "../lib/events.ts";
import { html, type View } from "../lib/html.ts";
import type { Page } from "../lib/page.ts";
import { Empty, Trouble, useGet } from "../lib/parts.ts";
import { go } from "../lib/route.ts";
import { count } from "../lib/words.ts";
import { GrowthChart } from "./growth_chart.ts";
import { TravellerTable } from "./traveller_table.ts";

export const page: Page = ({ place }) => {
  const { value, error } = useGet<TravellerTopicsAnswer>("/api/travellers");
  const topic = place.query.get("topic") ?? value?.topics[0];
  return html`
    <div class="page">
      <div class="page-head">
        <h1>Travellers</h1>
        ${value === undefined || value.topics.length < 2 ? null : html`
          <select
            class="end" aria-label="Topic" value=${topic}
            onChange=${(event: Event) =>
              go(`/travellers?topic=${encodeURIComponent((event.target as HTMLSelectElement).value)}`)}>
            ${value.topics.map((name) => html`<option value=${name}>${name}</option>`)}
          </select>
        `}
      </div>
      ${error === undefined ? null : html`<${Trouble} error=${error} />`}
      ${value !== undefined && topic === undefined ? html`<${NoTopic} />` : null}
      ${topic === undefined ? null : html`<${Of} key=${topic} topic=${topic} />`}
    </div>
  `;
};

function Of({ topic }: { readonly topic: string }): View {
  const [search, setSearch] = useState("");
  const [asked, setAsked] = useState("");
  // One connection for a word, not for each letter.
  useEffect(() => {
    const timer = setTimeout(() => setAsked(search), 300);
    return () => clearTimeout(timer);
  }, [search]);
  const path = `/api${pathOf("travellers", topic)}?search=${encodeURIComponent(asked)}`;
  const { value } = useEvent<TravellersEvent>(path, "travellers");
  const [last, setLast] = useState<TravellersEvent | undefined>(undefined);
  useEffect(() => {
    if (value !== undefined) setLast(value);
  }, [value]);
  const shown = value ?? last;
  if (shown === undefined) return html`<p class="quiet" role="status">Reading ${topic} …</p>`;
  if (shown.records === 0) {
    return html`
      <div class="panel">
        <${Empty} title="No flight has been counted yet">A total comes when its window closes.<//></div>
    `;
  }
  const { totals } = shown;
  return html`
    <p class="lead">
      ${"So far "}<strong data-fact="travellers">${count(totals.travellers)}</strong>${" travellers have booked "}
      <strong data-fact="flights">${count(totals.flights)}</strong>${" flights, and will spend "}
      <strong>${flown(totals.minutes)}</strong>${" in the air."}
    </p>
    <section class="panel">
      <div class="panel-head"><h2>Flights booked, all travellers together</h2><span class="end quiet small">UTC</span></div>
      <div class="panel-body">
        <${GrowthChart} points=${shown.points} />
      </div>
    </section>
    <section class="panel">
      <div class="panel-head">
        <h2>Who flies most</h2>
        <input
          class="end" type="search" placeholder="Find a traveller" aria-label="Find a traveller" value=${search}
          onInput=${(event: Event) => setSearch((event.target as HTMLInputElement).value)} />
      </div>
      <${TravellerTable} travellers=${shown.top} />
    </section>
  `;
}

function NoTopic(): View {
  return html`
    <div class="panel">
      <${Empty} title="There are no totals of travellers yet">
        <code>deno task demo</code> makes some; in the course they come with lesson 20, in the topic <code>userstatistics</code>.
      <//>
    </div>
  `;
}

/** "3,214 hours", "12 days" */
function flown(minutes: number): string {
  const hours = Math.round(minutes / 60);
  return hours < 72 ? `${count(hours)} hours` : `${count(Math.round(hours / 24))} days`;
}
