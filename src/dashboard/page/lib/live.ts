/** What the server sends by itself: one connection for the page, with the jobs each second. */
import { useEffect, useState } from "preact/hooks";
import type { JobEvent, JobsEvent } from "../../api/events.ts";
import type { HistoryPoint } from "../../history.ts";

/** How the connection is. */
export interface Live {
  /** Undefined until the first look has come. */
  readonly jobs: JobsEvent | undefined;
  /** Of the job that `connect()` was asked for. */
  readonly job: JobEvent | undefined;
  /** Points of that job's charts, oldest first: an event brings only those that are new. */
  readonly points: readonly HistoryPoint[];
  /** Whether the dashboard's server answers. */
  readonly connected: boolean;
  /** Event by event larger by one. */
  readonly turn: number;
}

/** How long points are kept, ms. */
const KEPT_MS = 3_600_000;

let live: Live = { jobs: undefined, job: undefined, points: [], connected: true, turn: 0 };
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
  change({ job: undefined, points: [] });
  source.addEventListener("jobs", ({ data }) => change({ jobs: JSON.parse(data), connected: true }));
  source.addEventListener("job", ({ data }) => {
    const job = JSON.parse(data) as JobEvent;
    change({ job, points: withNew(live.points, job.job?.history ?? []) });
  });
  // The browser connects again by itself.
  source.addEventListener("error", () => change({ connected: false }));
}

/** A new connection brings all points once more. */
function withNew(points: readonly HistoryPoint[], more: readonly HistoryPoint[]): readonly HistoryPoint[] {
  const last = points.at(-1)?.atMs ?? 0;
  const fresh = more.filter(({ atMs }) => atMs > last);
  if (fresh.length === 0) return points;
  const fromMs = fresh.at(-1)!.atMs - KEPT_MS;
  return [...points, ...fresh].filter(({ atMs }) => atMs > fromMs);
}

function change(part: Partial<Live>): void {
  live = { ...live, ...part, turn: live.turn + 1 };
  for (const listener of listeners) listener();
}
