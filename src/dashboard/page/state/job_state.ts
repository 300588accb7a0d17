import { useState } from "preact/hooks";
import type { KeysAnswer, StateAnswer } from "../../api/state.ts";
import { pathOf } from "../lib/api.ts";
import { html, type View } from "../lib/html.ts";
import { Empty, TableBox, Trouble, useGet } from "../lib/parts.ts";
import { go } from "../lib/route.ts";
import { bytes, count, counted, time } from "../lib/words.ts";
import { KeyPanel } from "./key_panel.ts";

/** What a job's last commit holds: states, timers, event time, and a way to look up a key. */
export function JobState({ job, query }: { readonly job: string; readonly query: URLSearchParams }): View {
  const { value, error, again } = useGet<StateAnswer>(`/api${pathOf("state", job)}`);
  const key = query.get("key") ?? undefined;
  return html`
    <div class="page">
      <div class="page-head">
        <a href="/state">State</a><span class="quiet" aria-hidden="true">/</span>
        <h1>${job}</h1>
        <button class="end" onClick=${again}>Read the last commit again</button>
      </div>
      ${error === undefined ? null : html`<${Trouble} error=${error} />`}
      ${value === undefined ? null : html`
        <div class="look-up">
          <${Keys} job=${job} selected=${key} />
          ${key === undefined ? null : html`<${KeyPanel} key=${key} job=${job} of=${key} />`}
        </div>
        <${States} of=${value} />
        <div class="columns">
          <${Timers} of=${value} />
          <${EventTime} of=${value} />
        </div>
      `}
    </div>
  `;
}

/** Kinds of state that have no name in a job's code. */
const KIND_WORDS: ReadonlyMap<string, string> = new Map([["window", "open windows"], ["session", "open sessions"]]);

function Keys({ job, selected }: { readonly job: string; readonly selected: string | undefined }): View {
  const [prefix, setPrefix] = useState("");
  const { value, error } = useGet<KeysAnswer>(`/api${pathOf("state", job)}/keys?prefix=${encodeURIComponent(prefix)}`);
  const show = (key: string) => go(`${pathOf("state", job)}?key=${encodeURIComponent(key)}`);
  const submit = (event: Event) => {
    event.preventDefault();
    if (prefix !== "") show(prefix);
  };
  return html`
    <section class="panel keys">
      <div class="panel-head">
        <h2>Keys</h2>
        ${value === undefined ? null : html`<span class="end quiet small">${count(value.total)}</span>`}
      </div>
      <form class="search" onSubmit=${submit}>
        <input
          type="search" placeholder="A key, or how it begins" aria-label="A key, or how it begins" value=${prefix}
          onInput=${(event: Event) => setPrefix((event.target as HTMLInputElement).value)} />
      </form>
      ${error === undefined ? null : html`<${Trouble} error=${error} />`}
      ${value === undefined
        ? null
        : value.keys.length === 0
        ? html`<${Empty} title=${prefix === "" ? "This job keeps nothing by key" : "No key begins so"} />`
        : html`
          <ul class="listing limited">
            ${value.keys.map(({ text }) =>
              html`
                <li key=${text} aria-current=${text === selected ? "true" : undefined}>
                  <a class="clip" title=${text} href=${`${pathOf("state", job)}?key=${
                    encodeURIComponent(text)
                  }`}>${text}</a>
                </li>
              `
            )}
            ${value.total <= value.keys.length
              ? null
              : html`<li class="quiet">and ${count(value.total - value.keys.length)} more</li>`}
          </ul>
        `}
    </section>
  `;
}

function States({ of }: { readonly of: StateAnswer }): View {
  return html`
    <section class="panel">
      <div class="panel-head">
        <h2>States</h2><span class="quiet small">${counted(of.entries, "entry").replace(
          "entrys",
          "entries",
        )} in the last commit</span>
      </div>
      ${of.states.length === 0 ? html`<${Empty} title="No operator of this job has state" />` : html`
        <${TableBox} label="States">
          <table>
            <thead>
              <tr>
                <th>Operator</th>
                <th>State</th>
                <th>Kind</th>
                <th class="number">Version</th>
                <th class="number">Keys</th>
                <th class="number">Entries</th>
                <th class="number">Size</th>
              </tr>
            </thead>
            <tbody>
              ${of.states.map((state) =>
                html`
                  <tr key=${`${state.uid}/${state.state}`}>
                    <td><span class="clip" title=${state.uid}>${state.uid}</span></td>
                    <td><span class="clip" title=${state.state}>${state.state}</span></td>
                    <td>${KIND_WORDS.get(state.kind) ?? state.kind}${state.ttl ? ", expires" : ""}</td>
                    <td class="number">${state.version}</td>
                    <td class="number">${count(state.keys)}</td>
                    <td class="number">${count(state.entries)}</td>
                    <td class="number">${bytes(state.bytes)}</td>
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

function Timers({ of: { timers } }: { readonly of: StateAnswer }): View {
  return html`
    <section class="panel">
      <div class="panel-head"><h2>Timers and open windows</h2></div>
      ${timers.length === 0 ? html`<${Empty} title="Nothing waits for a time" />` : html`
        <${TableBox} label="Timers and open windows">
          <table>
            <thead>
              <tr>
                <th>Operator</th>
                <th>Goes by</th>
                <th class="number">Count</th>
                <th class="number">The next one (UTC)</th>
              </tr>
            </thead>
            <tbody>
              ${timers.map(({ uid, kind, count: number, nextMs }) =>
                html`
                  <tr key=${`${uid}/${kind}`}>
                    <td><span class="clip" title=${uid}>${uid}</span></td>
                    <td>${kind === "timer" ? "event time" : "the clock"}</td>
                    <td class="number">${count(number)}</td>
                    <td class="number">${time(nextMs)}</td>
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

function EventTime({ of: { watermarks } }: { readonly of: StateAnswer }): View {
  const rows = Object.entries(watermarks);
  return html`
    <section class="panel">
      <div class="panel-head"><h2>Event time</h2></div>
      ${rows.length === 0 ? html`<${Empty} title="This job has no event time yet" />` : html`
        <${TableBox} label="Event time">
          <table>
            <thead>
              <tr>
                <th>Behind</th>
                <th class="number">Watermark (UTC)</th>
              </tr>
            </thead>
            <tbody>
              ${rows.map(([uid, ms]) =>
                html`
                  <tr key=${uid}>
                    <td><span class="clip" title=${uid}>${uid}</span></td>
                    <td class="number">${time(ms)}</td>
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
