import { assertEquals } from "@std/assert";
import { jobRow } from "../../src/dashboard/job_row.ts";
import { seenJob } from "./seen_job.ts";

const RECORDS = { in: 9, out: 0, filtered: 0, late: 0, dead: 3, failed: 1, ahead: 0 };

Deno.test("jobRow() counts what the job went on without, not the record at which its attempt has ended", () => {
  const lastError = { atMs: 1, name: "OperatorError", message: "no", record: { topic: "t", partition: 0, offset: 7 } };
  const dead = (state: "running" | "failed" | "restarting", error = lastError) =>
    jobRow(seenJob({ state, status: { lastError: error }, attempt: { records: RECORDS } })).dead;
  assertEquals([dead("running"), dead("failed"), dead("restarting")], [4, 3, 3]);
  const without = { atMs: 1, name: "BrokerUnavailableError", message: "no" };
  assertEquals(
    jobRow(seenJob({ state: "failed", status: { lastError: without }, attempt: { records: RECORDS } })).dead,
    4,
  );
});

Deno.test("jobRow() has no rates of a job that is not at work", () => {
  const attempt = { inPerSecond: 5, outPerSecond: 3, time: { busy: 0.5, waiting: 0, idle: 0.5 } };
  const of = (state: "running" | "gone") => {
    const { inPerSecond, outPerSecond, busy, sinceMs } = jobRow(seenJob({ state, atMs: 900, attempt }));
    return [inPerSecond, outPerSecond, busy, sinceMs];
  };
  assertEquals([of("running"), of("gone")], [[5, 3, 0.5, 0], [0, 0, 0, 900]]);
});
