import { JobHarness, TestSink, TestSource, watermarksByHand } from "@stream-apps/deno/testing";
import { type Check, compare, wrong } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./2_goes_on.solution.ts";

/** A topic that notes whether the job was running when something was written. */
class NotedSource extends TestSource<string> {
  readonly notes: string[] = [];
  job: JobHarness | undefined;

  override push(...args: Parameters<TestSource<string>["push"]>): Promise<void> {
    this.notes.push(`${args[0]} while ${this.job?.status}`);
    return super.push(...args);
  }
}

export const checks: Check<typeof solution>[] = [
  {
    shows: '"second" is written while the job is stopped, "third" while it runs again',
    async run({ takeABreak }) {
      const { notes, values, status } = await run(takeABreak);
      if (notes.length === 1) wrong('Only "first" was written: the break is still to come.');
      compare(notes, {
        expected: ["first while running", "second while stopped", "third while running"],
        mistakes: [
          [
            ["first while running", "second while running", "third while running"],
            'The job was running when "second" was written: there was no break, or nobody waited until it had ended.',
          ],
          [
            ["first while running", "second while stopped", "third while stopped"],
            'The job was not started again before "third" was written, or nobody waited until it ran.',
          ],
          [
            ["first while running", "second while crashed", "third while running"],
            "The job was killed. It would go on from its last commit all the same; but here it is to be stopped.",
          ],
          [["first while running", "second while stopped"], '"third" is missing.'],
        ],
        meaning: 'It went another way than stop, "second", start, "third".',
      });
      if (status !== "running") wrong("At the end the job does not run.");
      compare(values, {
        expected: ["first", "second", "third"],
        meaning: "The job has not read all three, each once.",
      });
    },
  },
];

async function run(takeABreak: (typeof solution)["takeABreak"]) {
  const skyone = new NotedSource("skyone");
  const seen = new TestSink<string>("seen");
  await using job = new JobHarness((env) =>
    void env.fromSource(skyone, watermarksByHand(), "skyone_source").sinkTo(seen)
  );
  skyone.job = job;
  await takeABreak(job, skyone);
  await job.settle();
  return { notes: skyone.notes, values: seen.values, status: job.status };
}
