import type { KeyAnswer } from "../../api/state.ts";
import { pathOf } from "../lib/api.ts";
import { html, type View } from "../lib/html.ts";
import { JsonText } from "../lib/json_view.ts";
import { Empty, Trouble, useGet } from "../lib/parts.ts";
import { clock, span, time } from "../lib/words.ts";

/** All that a job's last commit has of one key. */
export function KeyPanel({ job, of }: { readonly job: string; readonly of: string }): View {
  const { value, error, again } = useGet<KeyAnswer>(`/api${pathOf("state", job)}/key?key=${encodeURIComponent(of)}`);
  return html`
    <section class="panel key-panel">
      <div class="panel-head">
        <h2 class="break">${of}</h2>
        <button class="end plain" onClick=${again}>Look again</button>
      </div>
      ${error === undefined ? null : html`<${Trouble} error=${error} />`}
      ${value === undefined
        ? null
        : value.states.length + value.timers.length === 0
        ? html`<${Empty} title="The last commit has nothing of this key" />`
        : html`
          <div class="panel-body key-parts">
            ${value.states.map((state) =>
              html`
                <article key=${`${state.operator}/${state.state}/${state.namespace}`}>
                  <h3>
                    <span class="break">${state.state}</span>
                    <span class="quiet"> of ${state.operator}${state.namespace === ""
                      ? ""
                      : `, window ${windowText(state.namespace)}`}</span>
                  </h3>
                  <${JsonText} text=${JSON.stringify(state.value)} />
                </article>
              `
            )}
            ${value.timers.map((timer) =>
              html`
                <article key=${`${timer.operator}/${timer.kind}/${timer.window}/${timer.timeMs}`}>
                  <h3>
                    ${timer.window === undefined ? "Timer" : `Open window ${windowText(timer.window)}`}
                    <span class="quiet"> of ${timer.operator}</span>
                  </h3>
                  <p class="small">${dueText(timer, value.watermarks[timer.operator])}</p>
                  ${timer.contents === undefined ? null : html`<${JsonText} text=${JSON.stringify(timer.contents)} />`}
                </article>
              `
            )}
          </div>
        `}
    </section>
  `;
}

function dueText({ kind, timeMs }: KeyAnswer["timers"][number], watermarkMs: number | undefined): string {
  const at = `${time(timeMs)} UTC`;
  if (kind === "processing-timer") return `Fires at ${at} by the clock`;
  if (watermarkMs === undefined) return `Fires when event time reaches ${at}; it has not begun`;
  return `Fires when event time reaches ${at}, ${span(timeMs - watermarkMs)} from where it stood`;
}

/** "1767225600000:1767225660000" as "12:00:00–12:01:00". */
function windowText(namespace: string): string {
  const [, start, end] = /^(-?\d+):(-?\d+)$/.exec(namespace) ?? [];
  if (start === undefined) return namespace;
  const [startMs, endMs] = [Number(start), Number(end)];
  return endMs - startMs < 86_400_000 ? `${time(startMs)}–${clock(endMs)}` : `${time(startMs)} – ${time(endMs)}`;
}
