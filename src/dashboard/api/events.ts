import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import type { DashboardContext } from "../context.ts";
import type { JobsLook } from "../jobs_feed.ts";
import { type JobDetail, jobDetail } from "../job_detail.ts";
import { type JobRow, jobRow } from "../job_row.ts";

/** The event `jobs`, each second: all jobs, a few numbers of each. */
export interface JobsEvent {
  /** ms since the Unix epoch, by the dashboard's clock. */
  readonly nowMs: number;
  readonly jobs: readonly JobRow[];
  /** Why these are the jobs of a while ago; left out if they are not. */
  readonly trouble?: string | undefined;
}

/** The event `job`, each second where `?job=NAME` asks for it: all of one job, and what is new in its history. */
export interface JobEvent {
  readonly nowMs: number;
  /** Null if nothing was heard of a job of that name. */
  readonly job: JobDetail | null;
}

/**
 * Server-sent events: `jobs`, and `job` with `?job=NAME`, at once and then each second.
 */
export function eventsApi({ feed, signal }: DashboardContext): Hono {
  return new Hono().get("/", (c) => {
    const name = c.req.query("job");
    return streamSSE(c, async (stream) => {
      let sentMs = 0;
      let sending: Promise<void> = Promise.resolve();
      const send = async (look: JobsLook) => {
        await stream.writeSSE({ event: "jobs", data: JSON.stringify(jobsEvent(look)) });
        if (name === undefined) return;
        const seen = look.jobs.find(({ job }) => job === name);
        const job = seen === undefined ? null : jobDetail(seen, feed.history.of(name, sentMs), look.trouble);
        sentMs = job?.history.at(-1)?.atMs ?? sentMs;
        await stream.writeSSE({ event: "job", data: JSON.stringify({ nowMs: look.atMs, job } satisfies JobEvent) });
      };
      await send(await feed.newest());
      const ended = Promise.withResolvers<void>();
      const stop = feed.listen((look) => {
        sending = sending.then(() => send(look)).catch(() => ended.resolve());
      });
      stream.onAbort(() => ended.resolve());
      signal.addEventListener("abort", () => ended.resolve(), { once: true });
      if (signal.aborted) ended.resolve();
      await ended.promise;
      stop();
      await sending;
    });
  });
}

/** What all pages get of a look. */
export function jobsEvent({ atMs, jobs, trouble }: JobsLook): JobsEvent {
  return { nowMs: atMs, jobs: jobs.map(jobRow), ...trouble !== undefined && { trouble } };
}
