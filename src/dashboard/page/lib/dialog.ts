import { useEffect, useRef } from "preact/hooks";
import { html, type View } from "./html.ts";

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children?: unknown;
  readonly wide?: boolean;
}

/** A dialog above the page: it keeps the focus, and Escape closes it. */
export function Dialog({ title, onClose, children, wide = false }: DialogProps): View {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    box.current?.showModal();
  }, []);
  return html`
    <dialog ref=${box} class=${wide ? "wide" : ""} aria-label=${title} onClose=${onClose} onCancel=${onClose}>
      <div class="dialog-head"><h2>${title}</h2><button class="plain" aria-label="Close" onClick=${onClose}>✕</button></div>
      ${children}
    </dialog>
  `;
}
