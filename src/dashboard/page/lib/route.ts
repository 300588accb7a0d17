/** Which page the address bar asks for. */
import { useEffect, useState } from "preact/hooks";

/** The place in the address bar. */
export interface Place {
  /** Its parts, decoded: `["jobs", "user_statistics"]`. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
}

const changed = "dashboard-place";

/** Goes to another page without loading it. @param replace keeps "back" as it is, for what one types */
export function go(path: string, replace = false): void {
  if (replace) history.replaceState(null, "", path);
  else history.pushState(null, "", path);
  dispatchEvent(new Event(changed));
}

/** The present place; whoever uses it is drawn again when it changes. */
export function usePlace(): Place {
  const [place, setPlace] = useState(placeNow);
  useEffect(() => {
    const listener = () => setPlace(placeNow());
    addEventListener("popstate", listener);
    addEventListener(changed, listener);
    return () => {
      removeEventListener("popstate", listener);
      removeEventListener(changed, listener);
    };
  }, []);
  return place;
}

/** Makes links of this page change the place instead of loading it. */
export function catchLinks(): void {
  addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const isOther = event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (link === null || isOther || link.origin !== location.origin || link.target !== "" || link.hash !== "") return;
    event.preventDefault();
    go(link.pathname + link.search);
    scrollTo(0, 0);
  });
}

function placeNow(): Place {
  const parts = location.pathname.split("/").filter((part) => part !== "").map(decoded);
  return { parts, query: new URLSearchParams(location.search) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
