/** The navigation beside the page. */
import { useEffect, useState } from "preact/hooks";
import { type Area, AREAS } from "./areas.ts";
import { getSession } from "./lib/api.ts";
import { html, type View } from "./lib/html.ts";
import { onLive } from "./lib/live.ts";

/** Areas, the broker, whether what is shown is live, and the switch between light and dark. */
export function Side({ area }: { readonly area: Area | undefined }): View {
  const [broker, setBroker] = useState("");
  const [connected, setConnected] = useState(true);
  useEffect(() => void getSession().then(({ broker }) => setBroker(broker), () => {}), [connected]);
  useEffect(() => onLive((live) => setConnected(live.connected)), []);
  return html`
    <header class="side">
      <a class="brand" href="/jobs"><img src="/page/icon.svg" alt="" />Streams</a>
      <nav aria-label="Areas">
        ${AREAS.map((each) =>
          html`<a href=${`/${each.path}`} aria-current=${each === area ? "page" : undefined}>${each.title}</a>`
        )}
      </nav>
      <footer>
        <span class=${connected ? "live" : "live lost"} role="status">${connected ? "live" : "connection lost"}</span>
        <span class="broker">${broker}</span>
        <${ThemeSwitch} />
      </footer>
    </header>
  `;
}

const THEMES = { system: "System colours", light: "Light", dark: "Dark" } as const;

function ThemeSwitch(): View {
  const [theme, setTheme] = useState(localStorage.getItem("theme") ?? "system");
  const change = (next: string) => {
    setTheme(next);
    if (next === "system") localStorage.removeItem("theme");
    else localStorage.setItem("theme", next);
    dispatchEvent(new Event("dashboard-theme-chosen"));
  };
  return html`
    <select aria-label="Light or dark" value=${theme} onChange=${(event: Event) =>
      change((event.target as HTMLSelectElement).value)}>
      ${Object.entries(THEMES).map(([value, words]) => html`<option value=${value}>${words}</option>`)}
    </select>
  `;
}
