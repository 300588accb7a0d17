import { Hono } from "hono";
import type { DashboardContext } from "../context.ts";
import { jobDetail } from "../job_detail.ts";
import { jobsEvent } from "./events.ts";

/** `GET /` has all jobs, `GET /NAME` all of one with its history, as the events `jobs` and `job` have them. */
export function jobsApi({ feed }: DashboardContext): Hono {
  return new Hono()
    .get("/", async (c) => c.json(jobsEvent(await feed.newest())))
    .get("/:job", async (c) => {
      const name = c.req.param("job");
      const { jobs, atMs, trouble } = await feed.newest();
      const seen = jobs.find(({ job }) => job === name);
      if (seen === undefined) return c.json({ error: `Nothing was heard of a job "${name}" within a day` }, 404);
      return c.json({ nowMs: atMs, job: jobDetail(seen, feed.history.of(name), trouble) });
    });
}
