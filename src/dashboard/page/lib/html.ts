/** How the page draws: `html` makes what Preact shows. Values in it become text, never HTML. */
import htm from "htm";
import { h, type VNode } from "preact";

/** What a component returns. */
export type View = VNode | VNode[] | null;

type Html = (strings: TemplateStringsArray, ...values: readonly unknown[]) => View;

/** A template as Preact shows it: `` html`<p class="quiet">${text}</p>` ``. */
export const html: Html = (htm as unknown as { bind(make: typeof h): Html }).bind(h);
