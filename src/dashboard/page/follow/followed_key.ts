import { useEffect, useState } from "preact/hooks";
import type { FollowingAnswer, KeyRecordsAnswer, TracesEvent } from "../../api/follow.ts";
import { pathOf, post } from "../lib/api.ts";
import { listen } from "../lib/events.ts";
import { html, type View } from "../lib/html.ts";
import { Bytes } from "../lib/json_view.ts";
import { Empty, Trouble, useGet } from "../lib/parts.ts";
import { clock, counted, time } from "../lib/words.ts";
import { Journey } from "./journey.ts";
import { followPath, wish } from "./place.ts";

interface KeyProps {
  readonly topic: string;
  readonly of: string;
}

/** A key: its records so far, each of which can be followed, and what the running jobs do with those that come. */
export function FollowedKey({ topic, of }: KeyProps): View {
  return html`
    <${LiveKey} of=${of} />
    <${Records} topic=${topic} of=${of} />
  `;
}

function LiveKey({ of }: { readonly of: string }): View {
  const [following, setFollowing] = useState<FollowingAnswer | undefined>(undefined);
  const [event, setEvent] = useState<TracesEvent | undefined>(undefined);
  const [error, setError] = useState<string | undefined>(undefined);
  const [isOver, setOver] = useState(false);
  const begin = () => {
    setError(undefined);
    setOver(false);
    setEvent(undefined);
    post<FollowingAnswer>("/api/follow", { key: of }).then(setFollowing, ({ message }) => setError(message));
  };
  useEffect(() => {
    if (following === undefined) return;
    const stop = listen(`/api${pathOf("follow", following.id)}`, {
      traces: (data) => setEvent(data as TracesEvent),
      over: () => {
        setOver(true);
        stop();
      },
    });
    return stop;
  }, [following]);
  const followers = event?.followers ?? [];
  const traces = event?.traces ?? [];
  return html`
    <section class="panel">
      <div class="panel-head">
        <h2 class="break">Live: ${of}</h2>
        <button
          class=${following === undefined || isOver ? "end primary" : "end"}
          onClick=${() => following === undefined || isOver ? begin() : setFollowing(undefined)}>
          ${following === undefined || isOver ? "Follow live" : "Stop"}
        </button>
      </div>
      <p class="panel-body small" role="status">
        ${following === undefined
          ? "Every record with this key that comes from now on is followed through all running jobs, as they take it."
          : isOver
          ? "Over: a key is followed for ten minutes."
          : followers.length === 0
          ? "The running jobs are asked; they notice within a second or two."
          : html`<span class="pulse" aria-hidden="true"></span>
            Followed by ${followers.join(" and ")}. ${
            traces.length === 0 ? "A record with this key is waited for." : `Until ${clock(following.untilMs)} UTC.`
          }`}
      </p>
    </section>
    ${error === undefined ? null : html`<${Trouble} error=${error} />`}
    ${traces.length === 0 ? null : html`<${Journey} traces=${traces} isOver=${false} />`}
  `;
}

function Records({ topic, of }: KeyProps): View {
  const query = new URLSearchParams({ topic, key: of });
  const { value, error, again } = useGet<KeyRecordsAnswer>(`/api/follow/records?${query}`);
  return html`
    <section class="panel">
      <div class="panel-head">
        <h2 class="break">Its records in ${topic}</h2>
        ${value === undefined ? null : html`<span class="quiet small">${counted(value.total, "record")}</span>`}
        <button class="end plain" onClick=${again}>Look again</button>
      </div>
      ${error === undefined ? null : html`
        <div class="panel-body">
          <${Trouble} error=${error} />
        </div>
      `}
      ${value === undefined
        ? error === undefined ? html`<p class="panel-body quiet" role="status">Looking through the topic …</p>` : null
        : value.records.length === 0
        ? html`<${Empty} title="No record of this topic has that key" />`
        : html`
          <ul class="listing">
            ${value.records.map((record) => {
              const place = { topic, partition: record.partition, offset: record.offset };
              return html`
                <li key=${`${record.partition}/${record.offset}`}>
                  <a href=${followPath(place)} onClick=${() => wish(place)}>
                    ${topic}-${record.partition} offset ${record.offset}
                  </a>
                  <span class="quiet small">${time(record.timestampMs)} UTC</span>
                  <span class="record-value"><${Bytes} of=${record.value} line /></span>
                </li>
              `;
            })}
          </ul>
        `}
    </section>
  `;
}
