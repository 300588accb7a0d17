import { assertEquals } from "@std/assert";
import { SteppedJob } from "../stepped_job.ts";
import { at, ScriptSource } from "../script_source.ts";

Deno.test("drain lets a stop fire all windows; what comes for them later opens them afresh, and nothing is late", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1"), at(12, "a 1")], "s-1": [at(11, "b 1")] });
  const job = SteppedJob.counting(source);
  await job.execute({ drain: true });
  assertEquals(job.output, ["a 1 @9", "b 1 @19", "a 1 @19"]);
  assertEquals([job.store.entriesOf("state"), job.store.entriesOf("timer")], [{}, {}]);
  // Event time is stored as it really is: at 10, behind the later of the two splits.
  assertEquals(job.store.job.watermarks, { texts: 10, counts: 10, out: 10 });

  source.append("s-0", at(13, "a 5"), at(30, "a 1"));
  source.append("s-1", at(30, "b 1"));
  await job.execute({ drain: true });
  assertEquals(job.output.slice(3), ["a 5 @19", "a 1 @39", "b 1 @39"]);
  assertEquals(job.store.letters, []);
});

Deno.test("without drain a stop leaves windows to the next run", async () => {
  const job = SteppedJob.counting(new ScriptSource({ "s-0": [at(1, "a 1")] }));
  await job.execute();
  assertEquals([job.output, Object.keys(job.store.entriesOf("state"))], [[], ['["counts","contents","0:10","a"]']]);
});
