import { assert, assertEquals } from "@std/assert";
import type { JobStatus, TopKeysStatus } from "../../../src/engine/job_status.ts";
import { TopKeys } from "../../../src/engine/reporting/top_keys.ts";
import type { Key } from "../../../src/engine/state/key.ts";
import { at, ScriptSource } from "../script_source.ts";
import { SteppedJob } from "../stepped_job.ts";

function statusOf(keys: readonly Key[]): TopKeysStatus | undefined {
  const top = new TopKeys();
  for (const key of keys) top.note(key);
  return top.status();
}

Deno.test("TopKeys counts equal keys, the most frequent one first, and leaves out those that came once", () => {
  assertEquals(statusOf(["b", "a", "a", "c", "b", "a"]), {
    samples: 6,
    keys: [{ key: "a", count: 3 }, { key: "b", count: 2 }],
  });
  assertEquals(statusOf([{ a: 1, b: 2 }, 7, { b: 2, a: 1 }, 7, "7"]), {
    samples: 5,
    keys: [{ key: '{"a":1,"b":2}', count: 2 }, { key: "7", count: 2 }],
  });
  assertEquals(statusOf(["a", "b", "c"]), undefined);
  assertEquals(statusOf([]), undefined);
});

Deno.test("TopKeys looks back at the last thousand samples, and cuts long keys", () => {
  const long = "x".repeat(1_000_000);
  const { samples, keys } = statusOf([
    ...Array.from({ length: 5_000 }, () => "old"),
    ...Array.from({ length: 990 }, (_, i) => i),
    ...Array.from({ length: 7 }, () => long),
  ])!;
  assertEquals([samples, keys], [1_000, [{ key: `${"x".repeat(60)}…`, count: 7 }, { key: "old", count: 3 }]]);
});

Deno.test("a job's status has the keys that come most often, and not those of windows that fire", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1"), at(2, "z 1")] });
  const job = SteppedJob.counting(source, { idleMs: Infinity });
  const statuses: JobStatus[] = [];
  Object.assign(job.store, { reportStatus: (status: JobStatus) => Promise.resolve(void statuses.push(status)) });
  await job.execute(
    {},
    // The windows of a and z fire, and z has been at work last.
    () => source.append("s-0", at(25, "b 1")),
    () => source.append("s-0", at(26, "a 1")),
    () => source.append("s-0", at(27, "a 1")),
  );
  const [texts, counts, out] = statuses.at(-1)!.attempt!.nodes;
  assertEquals(counts!.topKeys, { samples: 3, keys: [{ key: "a", count: 2 }] });
  assertEquals([texts!.topKeys, out!.topKeys], [undefined, undefined]);
});

Deno.test("a job's status has the keys of many records at once in about their shares", async () => {
  const records = Array.from({ length: 6_400 }, (_, i) => at(1, `${i % 5 < 3 ? "hot" : `k${i}`} 1`));
  const job = SteppedJob.counting(new ScriptSource({ "s-0": records }));
  const statuses: JobStatus[] = [];
  Object.assign(job.store, { reportStatus: (status: JobStatus) => Promise.resolve(void statuses.push(status)) });
  await job.run();
  const { samples, keys } = statuses.at(-1)!.attempt!.nodes[1]!.topKeys!;
  // Every 32nd record is looked at, and the last one of each slice of work.
  assertEquals(keys.map(({ key }) => key), ["hot"]);
  assert(samples >= 200 && samples < 210, `${samples} samples`);
  assertEquals(Math.round(keys[0]!.count / samples * 10), 6);
});
