/** What the server sends by itself: one connection for the page, with the jobs each second. */
import { useEffect, useState } from "preact/hooks";
import type { JobEvent, JobsEvent } from "../../api/events.ts";

/** How the connection is. */
export interface Live {
  /** Undefined until the first look has come. */
  readonly jobs: JobsEvent | undefined;
  /** Of the job that `followJob()` asks for. */
  readonly job: JobEvent | undefined;
  /** Whether the dashboard's server answers. */
  readonly connected: boolean;
  /** Event by event larger by one. */
  readonly turn: number;
}

let live: Live = { jobs: undefined, job: undefined, connected: true, turn: 0 };
let source: EventSource | undefined;
let followed: string | undefined;
const listeners = new Set<() => void>();

/** The newest events; whoever uses it is drawn again with each. */
export function useLive(): Live {
  const [, redraw] = useState(0);
  useEffect(() => {
    const listener = () => redraw((n: number) => n + 1);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, []);
  return live;
}

/** Calls the listener with each event. @returns what stops that */
export function onLive(listener: (live: Live) => void): () => void {
  const call = () => listener(live);
  listeners.add(call);
  return () => void listeners.delete(call);
}

/** Opens the connection. @param job asks for events `job` of this one too */
export function connect(job?: string): void {
  if (source !== undefined && followed === job) return;
  source?.close();
  followed = job;
  source = new EventSource(job === undefined ? "/api/events" : `/api/events?job=${encodeURIComponent(job)}`);
  change({ job: undefined });
  source.addEventListener("jobs", ({ data }) => change({ jobs: JSON.parse(data), connected: true }));
  source.addEventListener("job", ({ data }) => change({ job: JSON.parse(data) }));
  // The browser connects again by itself.
  source.addEventListener("error", () => change({ connected: false }));
}

function change(part: Partial<Live>): void {
  live = { ...live, ...part, turn: live.turn + 1 };
  for (const listener of listeners) listener();
}
