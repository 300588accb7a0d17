import { assertEquals, assertMatch } from "@std/assert";
import { whyNoResult } from "../../src/dashboard/why_no_result.ts";
import type { NodeStatus, SplitStatusReport } from "../../src/engine/mod.ts";
import { node } from "../cli/node_status.ts";
import { seenJob } from "./seen_job.ts";

function split(id: string): SplitStatusReport {
  return { id, status: "end", position: 0, lag: 0, watermarkMs: null, silentMs: 0, idle: false, finished: false };
}

function source(name: string, topics: readonly string[], ids: readonly string[]): NodeStatus {
  return node(name, { kind: "source", topics, splits: ids.map(split) });
}

Deno.test("whyNoResult() marks the partition that the sentence names, and none whose name only begins like it", () => {
  const nodes = [source("in", ["in"], ["in-1", "in-10", "in-11", "plain-in-1"])];
  const why = whyNoResult(
    seenJob({ attempt: { nodes, whyNothingComesOut: "it is at 5, held by in-1, which has had no record" } }),
  );
  assertEquals(why.partitions, ["in-1"]);
  const other = whyNoResult(seenJob({ attempt: { nodes, whyNothingComesOut: "held by in-10 and plain-in-1" } }));
  assertEquals(other.partitions, ["in-10", "plain-in-1"]);
});

Deno.test("whyNoResult() marks all partitions of the topics that are read to their end", () => {
  const nodes = [source("a", ["a"], ["a-0", "a-1"]), source("b", ["b"], ["b-0"])];
  const why = whyNoResult(
    seenJob({ attempt: { nodes, whyNothingComesOut: 'waits for records: topic "a" read to the end' } }),
  );
  assertEquals([why.words, why.partitions], ['job waits for records: topic "a" read to the end.', ["a-0", "a-1"]]);
});

Deno.test("whyNoResult() says that results come out, or that there is work", () => {
  const flowing = whyNoResult(seenJob({ attempt: { outPerSecond: 4.2, whyNothingComesOut: "waits for records" } }));
  assertEquals([flowing.flows, flowing.words], [true, "Results come out, 4.2 a second."]);
  const atWork = whyNoResult(seenJob({ attempt: { lag: 17 } }));
  assertMatch(atWork.words, /at work on 17 records/);
});

Deno.test("whyNoResult() says of a job that is not at work what it does instead", () => {
  const lastError = { atMs: 1, name: "Error", message: "the disk is full" };
  const stuck = { forMs: 12_000, waitsFor: "the commit" };
  const cases = [
    [
      seenJob({ state: "gone", silentMs: 30_000 }),
      /^job was running in process 7, and has not been heard of for 30 s\. It was killed/,
    ],
    [seenJob({ state: "failed", status: { lastError } }), /^job has failed: the disk is full/],
    [seenJob({ state: "restarting", status: { lastError } }), /the disk is full/],
    [seenJob({ state: "finished" }), /come to the end of its input/],
    [seenJob({ state: "stopped" }), /been stopped/],
    [seenJob({ state: "starting" }), /restores its last commit/],
    [seenJob({ state: "standby", status: { holder: "process 8" } }), /process 7 stands by: process 8 is active/],
    [seenJob({ state: "stuck", attempt: { stuck } }), /no progress for 12 s: waits for the commit/],
  ] as const;
  for (const [job, expected] of cases) assertMatch(whyNoResult(job).words, expected);
  assertMatch(
    whyNoResult(seenJob(), "Cannot read jobs: Kafka at h:1 does not answer").words,
    /^Cannot read jobs: Kafka at h:1 does not answer\. The job cannot commit/,
  );
});
