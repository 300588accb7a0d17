/** Values of records as a person reads them. What is in them becomes text, never HTML. */
import { useState } from "preact/hooks";
import type { BytesJson } from "../../../inspect/record_json.ts";
import { html, type View } from "./html.ts";
import { bytes as size } from "./words.ts";

/** A part of JSON, and what it is. */
interface Token {
  readonly text: string;
  readonly kind: "name" | "string" | "number" | "word" | "mark";
}

/** More would make the page slow: it is shown as it is. */
const MAX_PRETTY = 40_000;

/** A text, pretty and with colours if it is JSON. The text itself is laid out, so that no number is changed. */
export function JsonText({ text, line = false }: { readonly text: string; readonly line?: boolean }): View {
  const tokens = text.length > MAX_PRETTY || !isJson(text) ? undefined : line ? tokensOf(text) : pretty(tokensOf(text));
  const content = tokens?.map(({ text, kind }) =>
    kind === "mark" ? text : html`<span class=${`json-${kind}`}>${text}</span>`
  );
  return line
    ? html`<code class="json line">${content ?? text}</code>`
    : html`<pre class="json">${content ?? text}</pre>`;
}

/** A key or value: its text, what it is if it has no text, and what was cut. */
export function Bytes({ of, line = false }: { readonly of: BytesJson; readonly line?: boolean }): View {
  if (of === null) return html`<span class="quiet">none</span>`;
  const cut = of.cut === undefined ? null : html`<p class="quiet small">… and ${size(of.cut)} more</p>`;
  const shown = "text" in of
    ? of.text === "" ? html`<span class="quiet">empty</span>` : html`<${JsonText} text=${of.text} line=${line} />`
    : html`<code class=${line ? "json line" : "json break"}><span class="badge">Base64</span> ${of.base64}</code>`;
  return line ? shown : html`<div>${shown}${cut}</div>`;
}

/** A value on one line, which opens when it is clicked. */
export function Opening({ text, label }: { readonly text: string; readonly label?: string | undefined }): View {
  const [open, setOpen] = useState(false);
  const name = label === undefined ? null : html`<span class="opening-label">${label}</span>`;
  if (!/^[[{]/.test(text) && text.length < 120) {
    return html`<div class="opening still">${name}<${JsonText} text=${text} line />
  </div>`;
  }
  return html`
    <div class=${open ? "opening open" : "opening"}>
      <button class="plain" aria-expanded=${open} onClick=${() => setOpen(!open)}>
        ${name}${open ? html`<span class="quiet">close</span>` : html`<${JsonText} text=${text} line />`}
      </button>
      ${open ? html`<${JsonText} text=${text} />` : null}
    </div>
  `;
}

/** A key or value on one line, which opens when it is clicked. */
export function OpeningBytes({ of, label }: { readonly of: BytesJson; readonly label: string }): View {
  const text = of === null ? "none" : "text" in of ? of.text === "" ? "empty" : of.text : `base64:${of.base64}`;
  return html`<${Opening} text=${text} label=${label} />`;
}

function isJson(text: string): boolean {
  if (!/^\s*[[{"\-\dtfn]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function tokensOf(text: string): Token[] {
  const found = text.matchAll(/("(?:\\.|[^"\\])*")(\s*:)?|([{}[\],])|(true|false|null)|(-?[\d.][\d.eE+-]*)/g);
  return [...found].flatMap(([whole, string, colon, mark, word]): Token[] => {
    if (string !== undefined) {
      return colon === undefined
        ? [{ text: string, kind: "string" }]
        : [{ text: string, kind: "name" }, { text: ": ", kind: "mark" }];
    }
    if (mark !== undefined) return [{ text: mark === "," ? ", " : mark, kind: "mark" }];
    return [{ text: whole, kind: word === undefined ? "number" : "word" }];
  });
}

/** With a line for each field and element. */
function pretty(tokens: readonly Token[]): Token[] {
  const laid: Token[] = [];
  let depth = 0;
  const newLine = () => laid.push({ text: `\n${"  ".repeat(depth)}`, kind: "mark" });
  for (const [i, token] of tokens.entries()) {
    const mark = token.kind === "mark" ? token.text : "";
    const isEmpty = /^[}\]]$/.test(mark) && /^[{[]$/.test(tokens[i - 1]?.text ?? "");
    if (/^[}\]]$/.test(mark)) {
      depth--;
      if (!isEmpty) newLine();
    }
    laid.push(mark === ", " ? { text: ",", kind: "mark" } : token);
    if (/^[{[]$/.test(mark)) {
      depth++;
      if (!/^[}\]]$/.test(tokens[i + 1]?.text ?? "")) newLine();
    } else if (mark === ", ") newLine();
  }
  return laid;
}
