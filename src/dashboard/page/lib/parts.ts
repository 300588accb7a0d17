/** Small parts that all areas use. */
import { useEffect, useState } from "preact/hooks";
import { html, type View } from "./html.ts";
import { get } from "./api.ts";

const TONES: Readonly<Record<string, string>> = {
  running: "ok",
  finished: "calm",
  stopped: "calm",
  standby: "calm",
  starting: "warn",
  restarting: "warn",
  stuck: "bad",
  failed: "bad",
  gone: "bad",
};

/** A job's state in a word. */
export function StateBadge({ state }: { readonly state: string }): View {
  return html`<span class=${`badge dot ${TONES[state] ?? ""}`}>${state}</span>`;
}

/** What stands where there is nothing to show. */
export function Empty({ title, children }: { readonly title: string; readonly children?: unknown }): View {
  return html`<div class="empty"><strong>${title}</strong>${children}</div>`;
}

/** A table that may be wider than its place: it scrolls by itself, also by the keyboard. */
export function TableBox(
  { label, kind = "", children }: {
    readonly label: string;
    /** How high it may become. */
    readonly kind?: "limited" | "splits" | "";
    readonly children?: unknown;
  },
): View {
  return html`<div class=${`table-box ${kind}`} tabindex="0" role="group" aria-label=${label}>${children}</div>`;
}

/** Something that went wrong, in a sentence. */
export function Trouble({ error }: { readonly error: string }): View {
  return html`<p class="notice bad" role="alert">${error}</p>`;
}

/** What was asked for, or why it did not come. */
export interface Asked<T> {
  readonly value: T | undefined;
  readonly error: string | undefined;
  /** Asks once more, and keeps the old value meanwhile. */
  readonly again: () => void;
}

/** What the API has at a path; asked for again when the path changes. @param path undefined asks for nothing */
export function useGet<T>(path: string | undefined): Asked<T> {
  const [state, setState] = useState<{ path?: string | undefined; value?: T; error?: string }>({});
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (path === undefined) return;
    const end = new AbortController();
    get<T>(path, end.signal).then(
      (value) => setState({ path, value }),
      (error) => end.signal.aborted || setState({ path, error: (error as Error).message }),
    );
    return () => end.abort();
  }, [path, turn]);
  const isOfPath = state.path === path;
  return {
    value: isOfPath ? state.value : undefined,
    error: isOfPath ? state.error : undefined,
    again: () => setTurn((n: number) => n + 1),
  };
}
