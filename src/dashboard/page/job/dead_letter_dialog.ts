import type { DeadLetterAnswer } from "../../api/dead_letters.ts";
import { pathOf } from "../lib/api.ts";
import { Dialog } from "../lib/dialog.ts";
import { html, type View } from "../lib/html.ts";
import { Trouble, useGet } from "../lib/parts.ts";
import { bytes, time } from "../lib/words.ts";
import { placeOf } from "./place.ts";
import type { ResolveAction } from "./resolve_dialog.ts";

interface DeadLetterDialogProps {
  readonly job: string;
  readonly id: number;
  readonly onClose: () => void;
  readonly onResolve: (kind: ResolveAction["kind"]) => void;
}

/** A dead letter with all its bytes, its headers and its cause. */
export function DeadLetterDialog({ job, id, onClose, onResolve }: DeadLetterDialogProps): View {
  const { value, error } = useGet<DeadLetterAnswer>(pathOf("api", "dead-letters", job, `${id}`));
  return html`
    <${Dialog} title=${`Dead letter ${id}`} onClose=${onClose} wide>
      <div class="dialog-body">
        ${error !== undefined && html`<${Trouble} error=${error} />`}
        ${value !== undefined && html`<${Letter} letter=${value.letter} />`}
      </div>
      ${value?.letter.resolved === null && html`
        <div class="dialog-actions">
          <button onClick=${() => onResolve("replay")}>Replay…</button>
          <button class="danger" onClick=${() => onResolve("drop")}>Drop…</button>
        </div>
      `}
    <//>
  `;
}

function Letter({ letter }: DeadLetterAnswer): View {
  const { origin, value, headers, cutFrom, replayedBefore } = letter;
  const rows: readonly (readonly [name: string, value: unknown])[] = [
    ["Cause", html`<b>${letter.errorClass}</b> ${letter.message}`],
    ["Operator", letter.operator],
    ["Record", placeOf(letter)],
    ...origin === null ? [] : [["Timestamp", `${time(origin.timestampMs)} UTC`] as const],
    ["Failed", `${letter.time.slice(0, 19).replace("T", " ")} UTC, attempt ${letter.attempt}`],
    ...replayedBefore === null ? [] : [
      [
        "Before",
        `replayed ${replayedBefore.count}×, last as dead letter ${replayedBefore.id} of ${replayedBefore.job}`,
      ] as const,
    ],
    ...letter.resolved === null ? [] : [["Now", letter.resolved] as const],
    ["Key", html`<code class="break">${letter.key}</code>`],
    ...headers.map(([name, text]) => [`Header ${name}`, html`<code class="break">${text}</code>`] as const),
  ];
  return html`
    <dl class="rows wide">${rows.map(([name, of]) =>
      html`
        <dt class="break">${name}</dt>
        <dd class="break">${of}</dd>
      `
    )}</dl>
    <h3>Value <span class="quiet small">${bytes(letter.size)}${cutFrom === null ? "" : ` of ${bytes(cutFrom)}`}, ${value
      .kind}${value.isCut ? ", its beginning" : ""}</span></h3>
    <pre class="value" tabindex="0">${value.kind === "null" ? "no value" : value.text}</pre>
  `;
}
