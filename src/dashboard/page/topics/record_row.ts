import { useState } from "preact/hooks";
import type { RecordJson } from "../../../inspect/record_json.ts";
import { followPath, wish } from "../follow/place.ts";
import { html, type View } from "../lib/html.ts";
import { Bytes } from "../lib/json_view.ts";
import { bytes, clock, time } from "../lib/words.ts";

/** One record on a line, which opens: time, place, key, value, headers, and the way to follow it. */
export function RecordRow({ topic, record }: { readonly topic: string; readonly record: RecordJson }): View {
  const [open, setOpen] = useState(false);
  const { partition, offset, timestampMs, key, value, headers } = record;
  const place = { topic, partition, offset };
  return html`
    <li class=${open ? "record open" : "record"}>
      <button class="record-line" aria-expanded=${open} onClick=${() => setOpen(!open)}>
        <time title=${time(timestampMs)}>${clock(timestampMs)}</time>
        <span class="record-place">${partition}<span class="quiet">:</span>${offset}</span>
        <span class="record-key"><${Bytes} of=${key} line /></span>
        <span class="record-value"><${Bytes} of=${value} line /></span>
      </button>
      ${open
        ? html`
          <div class="record-body">
            <dl>
              <dt>Partition</dt>
              <dd>${partition}</dd>
              <dt>Offset</dt>
              <dd>${offset}</dd>
              <dt>Time</dt>
              <dd>${time(timestampMs)} UTC <span class="quiet">${timestampMs}</span></dd>
              <dt>Size</dt>
              <dd>${bytes(record.bytes)}</dd>
            </dl>
            <div class="record-parts">
              <h3>Key</h3><${Bytes} of=${key} />
              <h3>Value</h3><${Bytes} of=${value} />
              <h3>Headers</h3>
              ${headers.length === 0 ? html`<span class="quiet">none</span>` : html`
                <dl>
                  ${headers.map(([name, value]) =>
                    html`
                      <dt class="break">${name}</dt>
                      <dd class="break">${value === null
                        ? html`<span class="quiet">none</span>`
                        : typeof value === "string"
                        ? value
                        : `base64:${value.base64}`}</dd>
                    `
                  )}
                </dl>
              `}
            </div>
            <p><a class="button" href=${followPath(place)} onClick=${() => wish(place)}>Follow this record</a></p>
          </div>
        `
        : null}
    </li>
  `;
}
