import { useEffect, useState } from "preact/hooks";
import type { ResolveAnswer } from "../../api/dead_letters.ts";
import { pathOf, post } from "../lib/api.ts";
import { Dialog } from "../lib/dialog.ts";
import { html, type View } from "../lib/html.ts";
import { Trouble } from "../lib/parts.ts";
import { counted } from "../lib/words.ts";

/** What is to be done with which dead letters. */
export interface ResolveAction {
  readonly kind: "replay" | "drop";
  readonly ids: readonly number[];
}

interface ResolveDialogProps {
  readonly job: string;
  readonly action: ResolveAction;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Shows what would happen, and does it when it is confirmed. */
export function ResolveDialog({ job, action: { kind, ids }, onClose, onDone }: ResolveDialogProps): View {
  const [plan, setPlan] = useState<ResolveAnswer | undefined>(undefined);
  const [done, setDone] = useState<ResolveAnswer | undefined>(undefined);
  const [error, setError] = useState<string | undefined>(undefined);
  const [working, setWorking] = useState(false);
  const ask = (confirmed: boolean, then: (answer: ResolveAnswer) => void) =>
    post<ResolveAnswer>(pathOf("api", "dead-letters", job, kind), { ids, confirmed })
      .then(then, (failure) => setError((failure as Error).message)).finally(() => setWorking(false));
  useEffect(() => void ask(false, setPlan), []);
  const confirm = () => {
    setWorking(true);
    ask(true, setDone);
  };
  const verb = kind === "replay" ? "Replay" : "Drop";
  const can = plan?.messages.some(({ text }) => text.startsWith("Would ")) ?? false;
  return html`
    <${Dialog} title=${`${verb} ${counted(ids.length, "dead letter")} of ${job}`} onClose=${done === undefined
      ? onClose
      : onDone}>
      <div class="dialog-body">
        ${done === undefined &&
          html`<p>${
            kind === "replay"
              ? "Their records are written once more to the topics and partitions that they came from, for the job to process again."
              : "They are marked as dropped: lists hide them, the topic keeps them."
          }</p>`}
        ${error !== undefined && html`<${Trouble} error=${error} />`}
        ${(done ?? plan)?.messages.map(({ level, text }) =>
          html`<p class=${level === "warn" ? "notice warn" : "notice"} role="status">${text}</p>`
        )}
      </div>
      <div class="dialog-actions">
        ${done === undefined
          ? html`
            <button onClick=${onClose}>Cancel</button>
            <button class="primary" disabled=${!can || working} onClick=${confirm}>${verb} ${counted(
              ids.length,
              "dead letter",
            )}</button>
          `
          : html`<button class="primary" onClick=${onDone}>Done</button>`}
      </div>
      <//>
  `;
}
