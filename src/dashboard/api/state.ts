import { Hono } from "hono";
import { jobRecordOf } from "../../engine/internal.ts";
import {
  type Entries,
  type SplitEntry,
  splitsOf,
  statesOf,
  type StateSummary,
  timersOf,
  type TimerSummary,
} from "../../inspect/commit.ts";
import { type KeyRow, keysOf, type KeyState, stateOfKey } from "../../inspect/key_state.ts";
import type { DashboardContext } from "../context.ts";

/** `GET /` */
export interface StateJobsAnswer {
  readonly jobs: readonly { readonly job: string; readonly running: boolean }[];
}

/** `GET /JOB` */
export interface StateAnswer {
  readonly job: string;
  readonly entries: number;
  readonly states: readonly StateSummary[];
  readonly timers: readonly TimerSummary[];
  readonly splits: readonly SplitEntry[];
  /** Event time by uid, ms. */
  readonly watermarks: Readonly<Record<string, number>>;
}

/** `GET /JOB/keys?prefix=…` */
export interface KeysAnswer {
  readonly keys: readonly KeyRow[];
  readonly total: number;
}

/** `GET /JOB/key?key=…` */
export interface KeyAnswer extends KeyState {
  readonly watermarks: Readonly<Record<string, number>>;
}

/** A commit is read again after so long, ms: it may be large, and several questions come at once. */
const FRESH_MS = 1_000;
const KEYS = 200;

/** What is known of a job's last commit. */
interface KnownCommit {
  readonly atMs: number;
  readonly entries: Promise<Entries>;
}

/** Jobs' last commits: which states there are, keys by their beginning, and all that there is of one key. */
export function stateApi({ broker, feed }: DashboardContext): Hono {
  const known = new Map<string, KnownCommit>();
  const entriesOf = (job: string): Promise<Entries> => {
    const nowMs = performance.now();
    for (const [name, { atMs }] of known) if (nowMs - atMs > FRESH_MS) known.delete(name);
    const found = known.get(job) ?? { atMs: nowMs, entries: broker.readCommit(job) };
    known.set(job, found);
    return found.entries;
  };
  return new Hono()
    .get("/", async (c) => {
      const reading = await broker.jobsReading(await broker.listTopics());
      const found = new Map(reading.map(({ job, running }) => [job, running]));
      for (const { job, state, instance } of (await feed.newest()).jobs) {
        if ((instance.status.attempt?.commits.count ?? 0) > 0) found.set(job, found.get(job) ?? state === "running");
      }
      const jobs = [...found].map(([job, running]) => ({ job, running })).sort((a, b) => a.job < b.job ? -1 : 1);
      return c.json({ jobs } satisfies StateJobsAnswer);
    })
    .get("/:job", async (c) => {
      const job = c.req.param("job");
      const entries = await entriesOf(job);
      if (entries.size === 0) return c.json({ error: `Job "${job}" has no commit here` }, 404);
      return c.json(
        {
          job,
          entries: entries.size,
          states: statesOf(entries),
          timers: timersOf(entries),
          splits: splitsOf(entries),
          watermarks: jobRecordOf(entries)?.watermarks ?? {},
        } satisfies StateAnswer,
      );
    })
    .get("/:job/keys", async (c) => {
      const entries = await entriesOf(c.req.param("job"));
      return c.json(keysOf(entries, c.req.query("prefix") ?? "", KEYS) satisfies KeysAnswer);
    })
    .get("/:job/key", async (c) => {
      const job = c.req.param("job");
      const entries = await entriesOf(job);
      const found = stateOfKey(job, entries, c.req.query("key") ?? "");
      return c.json({ ...found, watermarks: jobRecordOf(entries)?.watermarks ?? {} } satisfies KeyAnswer);
    });
}
