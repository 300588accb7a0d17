import { StreamExecutionEnvironment } from "@stream-apps/deno";
import { JobHarness, TestSink, TestSource } from "@stream-apps/deno/testing";
import { type Check, compare, wrong } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./1_source.solution.ts";

export const checks: Check<typeof solution>[] = [
  {
    shows: "the job reads from the source, which is called skyone_source",
    run({ defineWorkflow }) {
      const env = new StreamExecutionEnvironment();
      defineWorkflow(env, new TestSource<string>("skyone"));
      const plan = env.explain();
      if (!plan.includes("test source")) {
        wrong("The job does not read the topic: its source is something else.", plan.split("\n"));
      }
      if (!/source +skyone_source/.test(plan)) wrong("The source has another name in the plan.", plan.split("\n"));
      if (!/no watermarks/.test(plan)) {
        wrong("The source makes watermarks, and nothing here asks for the time.", plan.split("\n"));
      }
    },
  },
  {
    shows: "what is written into the topic comes out, all of it",
    async run({ defineWorkflow }) {
      const skyone = new TestSource<string>("skyone", { partitions: 2 });
      const seen = new TestSink<string>("seen");
      await using _harness = await new JobHarness((env) => void defineWorkflow(env, skyone).sinkTo(seen)).start();
      await skyone.push("first", 1_000);
      await skyone.push("second", 2_000, { partition: 1 });
      await skyone.push("third", 3_000);
      compare(seen.values, {
        expected: ["first", "second", "third"],
        mistakes: [[[], "Nothing came out."]],
        meaning: "Not all values came out as they were written.",
      });
    },
  },
];
