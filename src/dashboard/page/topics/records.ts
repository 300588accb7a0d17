/** Records of a topic: the newest, those of a search, or as they come. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { RecordsAnswer, TailEvent } from "../../api/topics.ts";
import type { RecordJson } from "../../../inspect/record_json.ts";
import { pathOf } from "../lib/api.ts";
import { listen } from "../lib/events.ts";
import { html, type View } from "../lib/html.ts";
import { Empty, Trouble, useGet } from "../lib/parts.ts";
import { go, type Place } from "../lib/route.ts";
import { count } from "../lib/words.ts";
import { RecordRow } from "./record_row.ts";

const FIELDS = ["key", "text", "partition", "offset", "from"] as const;
/** So many are shown at first, and so many at most. */
const AT_FIRST = 20;
const AT_MOST = 500;
/** So many rows of a tail are kept. */
const TAIL_ROWS = 100;

interface RecordsProps {
  readonly topic: string;
  readonly partitions: number;
  readonly place: Place;
}

/** A search and what it found, with a switch for the tail. */
export function Records({ topic, partitions, place }: RecordsProps): View {
  const [isLive, setLive] = useState(false);
  const query = new URLSearchParams([...place.query].filter(([name]) => (FIELDS as readonly string[]).includes(name)));
  const search = (event: Event) => {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    const fields = FIELDS.flatMap((name) => {
      const value = String(data.get(name) ?? "").trim();
      return value === "" ? [] : [[name, value]];
    });
    const next = new URLSearchParams(fields).toString();
    go(`${pathOf("topics", topic)}${next === "" ? "" : `?${next}`}`);
  };
  const value = (name: string) => place.query.get(name) ?? "";
  return html`
    <section class="panel">
      <div class="panel-head">
        <h2>Records</h2>
        <label class="end switch">
          <input type="checkbox" checked=${isLive} onChange=${() => setLive(!isLive)} />
          <span>Live tail</span>
        </label>
      </div>
      <form class="search" onSubmit=${search} key=${query.toString()}>
        <label>Key <input name="key" defaultValue=${value("key")} placeholder="key, or text of a field" /></label>
        <label>Text <input name="text" defaultValue=${value("text")} placeholder="in key, value or headers" /></label>
        <label>
          Partition
          <select name="partition" defaultValue=${value("partition")}>
            <option value="">all</option>
            ${Array.from(
              { length: partitions },
              (_, partition) =>
                html`<option value=${partition} selected=${
                  value("partition") === String(partition)
                }>${partition}</option>`,
            )}
          </select>
        </label>
        <label>From offset <input name="offset" inputmode="numeric" size="8" defaultValue=${value("offset")} /></label>
        <label>From time <input name="from" size="19" defaultValue=${value(
          "from",
        )} placeholder="2026-11-30T12:00:00" /></label>
        <div class="buttons">
          <button class="primary">Search</button>
          ${query.size === 0 ? null : html`<a class="button" href=${pathOf("topics", topic)}>Clear</a>`}
        </div>
      </form>
      ${isLive
        ? html`<${Tail} topic=${topic} query=${query.toString()} />`
        : html`<${Found} key=${query.toString()} topic=${topic} query=${query.toString()} />`}
    </section>
  `;
}

interface ListProps {
  readonly topic: string;
  readonly query: string;
}

function Found({ topic, query }: ListProps): View {
  const [limit, setLimit] = useState(AT_FIRST);
  const { value: newest, error, again } = useGet<RecordsAnswer>(
    `/api${pathOf("topics", topic)}/records?${query === "" ? "" : `${query}&`}limit=${limit}`,
  );
  // While more are looked for, those that are there stay.
  const last = useRef<RecordsAnswer | undefined>(undefined);
  last.current = newest ?? last.current;
  const value = newest ?? (limit > AT_FIRST ? last.current : undefined);
  if (error !== undefined) {
    return html`
      <div class="panel-body">
        <${Trouble} error=${error} />
      </div>
    `;
  }
  if (value === undefined) return html`<p class="panel-body quiet" role="status">Looking …</p>`;
  const isFromThere = /(^|&)(offset|from)=/.test(query);
  const records = isFromThere ? value.records : value.records.toReversed();
  const title = query === ""
    ? `The newest ${count(records.length)}`
    : `${count(records.length)} found in ${count(value.looked)} that were looked at`;
  return html`
    <p class="list-head">
      <span>${title}${value.isComplete
        ? ""
        : ". There may be more: narrow the search by partition, offset or time"}</span>
      <button class="plain" onClick=${again}>Look again</button>
    </p>
    ${records.length === 0
      ? html`<${Empty} title=${query === "" ? "The topic is empty" : "No record fits"} />`
      : html`<${List} topic=${topic} records=${records} />`}
    ${records.length < limit || limit >= AT_MOST ? null : html`
      <p class="list-foot"><button class="plain" onClick=${() =>
        setLimit(Math.min(limit * 3, AT_MOST))}>Show more</button></p>
    `}
  `;
}

function Tail({ topic, query }: ListProps): View {
  const [rows, setRows] = useState<readonly RecordJson[]>([]);
  const [left, setLeft] = useState(0);
  const [connected, setConnected] = useState(false);
  const [paused, setPaused] = useState(false);
  useEffect(() => {
    if (paused) return;
    return listen(`/api${pathOf("topics", topic)}/tail?${query}`, {
      ready: () => setConnected(true),
      records: (data) => {
        const { records, left } = data as TailEvent;
        setRows((before: readonly RecordJson[]) => [...records.toReversed(), ...before].slice(0, TAIL_ROWS));
        setLeft((before: number) => before + left);
      },
      error: () => setConnected(false),
    });
  }, [topic, query, paused]);
  return html`
    <p class="list-head">
      <span>${paused ? "Paused" : connected ? "Records as they come, the newest first" : "Connecting …"}${left === 0
        ? ""
        : `; ${count(left)} more came too fast to show`}</span>
      <button class="plain" onClick=${() => setPaused(!paused)}>${paused ? "Go on" : "Pause"}</button>
    </p>
    ${rows.length === 0
      ? html`<${Empty} title="Waiting for the next record" />`
      : html`<${List} topic=${topic} records=${rows} />`}
  `;
}

function List({ topic, records }: { readonly topic: string; readonly records: readonly RecordJson[] }): View {
  return html`
    <ol class="records">
      ${records.map((record) =>
        html`<${RecordRow} key=${`${record.partition}/${record.offset}`} topic=${topic} record=${record} />`
      )}
    </ol>
  `;
}
