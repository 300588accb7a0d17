/** The page: navigation, and the area that the address bar asks for. */
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type Area, AREAS } from "./areas.ts";
import { getSession } from "./lib/api.ts";
import { html, type View } from "./lib/html.ts";
import { connect, onLive } from "./lib/live.ts";
import { Empty, Trouble } from "./lib/parts.ts";
import type { Page } from "./lib/page.ts";
import { catchLinks, type Place, usePlace } from "./lib/route.ts";
import { Side } from "./side.ts";

/** Areas that have been loaded: going back to one shows it at once. */
const loaded = new Map<Area, Page>();

function App(): View {
  const place = usePlace();
  const area = place.parts.length === 0 ? AREAS[0] : AREAS.find(({ path }) => path === place.parts[0]);
  useEffect(() => {
    const [, name] = place.parts;
    document.title = [name, area?.title ?? "Nothing here", "dashboard"].filter((word) => word !== undefined).join(
      " · ",
    );
  }, [place]);
  useEffect(() => connect(area?.path === "jobs" ? place.parts[1] : undefined), [area?.path, place.parts[1]]);
  return html`
    <a class="skip" href="#main">Skip to the page</a>
    <div class="shell">
      <${Side} area=${area} />
      <main id="main" tabindex="-1">
        <${BrokerTrouble} />
        ${area === undefined
          ? html`<${Empty} title="There is no such page"><a href="/jobs">All jobs</a><//>`
          : html`<${Shown} key=${area.path} area=${area} place=${place} />`}
      </main>
    </div>
  `;
}

function Shown({ area, place }: { readonly area: Area; readonly place: Place }): View {
  const [page, setPage] = useState<{ readonly of: Page | undefined; readonly error?: string }>({
    of: loaded.get(area),
  });
  useEffect(() => {
    if (page.of !== undefined) return;
    area.load().then(({ page }) => {
      loaded.set(area, page);
      setPage({ of: page });
    }, (error) => setPage({ of: undefined, error: `Cannot load "${area.title}": ${(error as Error).message}` }));
  }, [area]);
  if (page.error !== undefined) return html`<${Trouble} error=${page.error} />`;
  return page.of === undefined ? null : html`<${page.of} place=${place} />`;
}

/** Drawn again only when the sentence changes, not each second. */
function BrokerTrouble(): View {
  const [trouble, setTrouble] = useState<string | undefined>(undefined);
  useEffect(() => onLive(({ jobs, connected }) => setTrouble(connected ? jobs?.trouble : SERVER_LOST)), []);
  return trouble === undefined ? null : html`<p class="notice bad broker-trouble" role="status">${trouble}</p>`;
}

const SERVER_LOST =
  "The dashboard's server does not answer: what is shown is from before. It is asked again each few seconds.";

catchLinks();
getSession().catch(() => {});
render(html`<${App} />` as never, document.getElementById("app")!);
