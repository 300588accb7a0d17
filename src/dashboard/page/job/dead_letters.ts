import { useState } from "preact/hooks";
import type { DeadLettersAnswer } from "../../api/dead_letters.ts";
import type { DeadLetterRow } from "../../dead_letter_json.ts";
import { pathOf } from "../lib/api.ts";
import { html, type View } from "../lib/html.ts";
import { Empty, TableBox, Trouble, useGet } from "../lib/parts.ts";
import { bytes, count } from "../lib/words.ts";
import { DeadLetterDialog } from "./dead_letter_dialog.ts";
import { placeOf } from "./place.ts";
import { type ResolveAction, ResolveDialog } from "./resolve_dialog.ts";

interface DeadLettersProps {
  readonly name: string;
  /** How many the attempt at work has made: when that changes, they are asked for again. */
  readonly dead: number;
}

/** A job's dead letters: what they hold, why they are there; to be replayed or dropped. */
export function DeadLetters({ name, dead }: DeadLettersProps): View {
  const [turn, setTurn] = useState(0);
  const { value, error } = useGet<DeadLettersAnswer>(`${pathOf("api", "dead-letters", name)}?turn=${dead}.${turn}`);
  const [kept, setKept] = useState<DeadLettersAnswer | undefined>(undefined);
  if (value !== undefined && value !== kept) setKept(value);
  const [all, setAll] = useState(false);
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const [shown, setShown] = useState<number | undefined>(undefined);
  const [action, setAction] = useState<ResolveAction | undefined>(undefined);
  if (error !== undefined) return html`<${Trouble} error=${error} />`;
  const answer = value ?? kept;
  if (answer === undefined) return null;
  const letters = answer.letters.filter(({ resolved }) => all || resolved === null);
  const open = letters.filter(({ resolved }) => resolved === null);
  const ids = open.filter(({ id }) => chosen.has(id)).map(({ id }) => id);
  const choose = (id: number, is: boolean) =>
    setChosen(is ? new Set([...chosen, id]) : new Set([...chosen].filter((other) => other !== id)));
  const done = () => {
    setAction(undefined);
    setShown(undefined);
    setChosen(new Set());
    setTurn(turn + 1);
  };
  return html`
    <section class="panel" aria-labelledby="dead-letters">
      <div class="panel-head">
        <h2 id="dead-letters">Dead letters</h2>
        <span class="quiet small">${count(answer.open)} open${answer.total > answer.open
          ? `, ${count(answer.total - answer.open)} replayed or dropped`
          : ""}${answer.letters.length < answer.total
          ? `; the newest ${count(answer.letters.length)} are shown`
          : ""}</span>
        <span class="end dead-actions">
          ${answer.total > answer.open &&
            html`<label><input type="checkbox" checked=${all} onChange=${() =>
              setAll(!all)} /> Show resolved ones</label>`}
          <button disabled=${ids.length === 0} onClick=${() => setAction({ kind: "replay", ids })}>Replay…</button>
          <button class="danger" disabled=${ids.length === 0} onClick=${() =>
            setAction({ kind: "drop", ids })}>Drop…</button>
        </span>
      </div>
      ${letters.length === 0
        ? html`<${Empty} title=${
          answer.total === 0 ? "This job has no dead letters" : "All dead letters are replayed or dropped"
        }>
            A record that cannot be decoded, or at which a function throws, is kept here with its bytes.
          <//>`
        : html`
          <${TableBox} label="Dead letters">
            <table class="dead-table">
              <thead>
                <tr>
                  <th scope="col"><input type="checkbox" aria-label="Choose all" checked=${ids.length > 0 &&
                    ids.length === open.length}
                  indeterminate=${ids.length > 0 && ids.length < open.length}
                  onChange=${() =>
                    setChosen(new Set(ids.length === open.length ? [] : open.map(({ id }) => id)))} /></th>
                  <th scope="col" class="number">Id</th>
                  <th scope="col">Time (UTC)</th>
                  <th scope="col">Operator</th>
                  <th scope="col">Cause</th>
                  <th scope="col">Record</th>
                  <th scope="col" class="number">Size</th>
                  <th scope="col">Value</th>
                </tr>
              </thead>
              <tbody>${letters.map((letter) =>
                html`
                  <${Row} key=${letter.id} letter=${letter} isChosen=${chosen.has(letter.id)}
                    onChoose=${(is: boolean) => choose(letter.id, is)} onShow=${() => setShown(letter.id)} />
                `
              )}</tbody>
            </table>
            <//>
        `}
      ${shown !== undefined && html`
        <${DeadLetterDialog} job=${name} id=${shown} onClose=${() => setShown(undefined)}
          onResolve=${(kind: ResolveAction["kind"]) => setAction({ kind, ids: [shown] })} />
      `}
      ${action !== undefined &&
        html`<${ResolveDialog} job=${name} action=${action} onClose=${() => setAction(undefined)} onDone=${done} />`}
    </section>
  `;
}

interface RowProps {
  readonly letter: DeadLetterRow;
  readonly isChosen: boolean;
  readonly onChoose: (is: boolean) => void;
  readonly onShow: () => void;
}

function Row({ letter, isChosen, onChoose, onShow }: RowProps): View {
  const { id, time, operator, errorClass, message, resolved, size, begin, replayedBefore } = letter;
  return html`
    <tr class=${resolved === null ? "" : "quiet"}>
      <td>${resolved === null && html`
        <input type="checkbox" aria-label=${`Choose dead letter ${id}`} checked=${isChosen}
          onChange=${(event: Event) => onChoose((event.target as HTMLInputElement).checked)} />
      `}</td>
      <td class="number"><button class="link" onClick=${onShow} aria-label=${`Show dead letter ${id}`}>${id}</button></td>
      <td class="number">${time.slice(0, 19).replace("T", " ")}</td>
      <td><span class="clip" title=${operator}>${operator}</span></td>
      <td class="dead-cause"><b>${errorClass}</b> <span class="break">${message}</span>
        ${resolved !== null && html`
          <span class="badge">${resolved}</span>
        `}
        ${resolved === null && replayedBefore !== null && html`
          <span class="badge warn">again, replayed ${replayedBefore.count}×</span>
        `}</td>
      <td class="dead-place">${placeOf(letter)}</td>
      <td class="number">${bytes(size)}</td>
      <td><code class="clip dead-value" title=${begin}>${begin}</code></td>
    </tr>
  `;
}
