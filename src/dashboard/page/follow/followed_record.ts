import { useEffect, useState } from "preact/hooks";
import type { ShownTrace } from "../../api/follow.ts";
import type { RecordsAnswer } from "../../api/topics.ts";
import type { Place } from "../../../inspect/follow/protocol.ts";
import type { RecordJson } from "../../../inspect/record_json.ts";
import { pathOf } from "../lib/api.ts";
import { html, type View } from "../lib/html.ts";
import { OpeningBytes } from "../lib/json_view.ts";
import { Trouble, useGet } from "../lib/parts.ts";
import { time } from "../lib/words.ts";
import { runAgain } from "./again.ts";
import { keyOf, keyPath, takeWish } from "./place.ts";
import { Journey } from "./journey.ts";

/** One record: what it is, and what became of it. */
export function FollowedRecord({ place }: { readonly place: Place }): View {
  const { topic, partition, offset } = place;
  const query = new URLSearchParams({ partition: String(partition), offset: String(offset), limit: "1" });
  const { value, error } = useGet<RecordsAnswer>(`/api${pathOf("topics", topic)}/records?${query}`);
  const record = value?.records[0];
  if (error !== undefined) return html`<${Trouble} error=${error} />`;
  if (value === undefined) return null;
  if (record?.offset !== offset) {
    return html`<${Trouble} error=${`No record lies in ${topic}-${partition} at offset ${offset}`} />`;
  }
  return html`
    <${Record} topic=${topic} record=${record} />
    <${Again} place=${place} />
  `;
}

function Record({ topic, record }: { readonly topic: string; readonly record: RecordJson }): View {
  const key = keyOf(record.key);
  return html`
    <section class="panel">
      <div class="panel-head">
        <h2 class="break">${topic}-${record.partition} <span class="quiet">offset</span> ${record.offset}</h2>
        <span class="quiet small">${time(record.timestampMs)} UTC</span>
        ${key === undefined ? null : html`<a class="end button" href=${keyPath(topic, key)}>Follow its key live</a>`}
      </div>
      <div class="panel-body">
        <${OpeningBytes} label="key" of=${record.key} />
        <${OpeningBytes} label="value" of=${record.value} />
      </div>
    </section>
  `;
}

/** Runs the jobs again in memory; at once for whoever came by a button of this page. */
function Again({ place }: { readonly place: Place }): View {
  const [state, setState] = useState<"asked" | "running" | "done" | undefined>(undefined);
  const [traces, setTraces] = useState<readonly ShownTrace[]>([]);
  const [error, setError] = useState<string | undefined>(undefined);
  useEffect(() => {
    if (takeWish(place)) setState("asked");
  }, []);
  useEffect(() => {
    if (state !== "asked") return;
    setState("running");
    setTraces([]);
    setError(undefined);
    runAgain(place, {
      onTrace: (trace) => setTraces((before: readonly ShownTrace[]) => [...before, trace]),
      onError: setError,
    }).finally(() => setState("done"));
  }, [state]);
  const isBusy = state === "asked" || state === "running";
  return html`
    <div class="ask">
      <button class="primary" disabled=${isBusy} onClick=${() => setState("asked")}>
        ${state === "done" ? "Look again" : isBusy ? "Running the jobs again …" : "What became of it?"}
      </button>
      <span class="quiet small" role="status">
        ${isBusy
          ? "In memory, up to this record and what comes of it."
          : "The jobs’ own graphs run again, in memory. Nothing is written."}
      </span>
    </div>
    ${error === undefined ? null : html`<${Trouble} error=${error} />`}
    ${traces.length === 0 ? null : html`<${Journey} traces=${traces} isOver=${state === "done"} />`}
  `;
}
