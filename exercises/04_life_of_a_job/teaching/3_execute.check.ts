import { StreamExecutionEnvironment } from "@stream-apps/deno";
import { type Check, compare, wrong } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./3_execute.solution.ts";

export const checks: Check<typeof solution>[] = [
  {
    shows: "main() describes a job and runs it",
    async run({ main }, seen) {
      const { executed, described, plan } = await watched(main);
      if (executed > 0) {
        if (/^(?!source|sink)\S/m.test(plan)) return;
        seen.takePrinted();
        wrong("Nothing in the job doubles: between source and sink an operator has to do it.", plan.split("\n"));
      }
      seen.takePrinted();
      wrong(
        described === 0
          ? "No stream was made: methods of env do so, and env.fromCollection() makes one of a list."
          : "A job was described, and nothing has run: describing touches no record. The environment has to execute it.",
      );
    },
  },
  {
    shows: "when main() is over, 2 4 6 8 10 have been printed",
    async run({ main }, seen) {
      seen.takePrinted();
      await main();
      const printed = seen.takePrinted().flatMap((text) => text.split("\n"));
      await lateLines();
      const late = seen.takePrinted();
      if (late.length > 0) {
        wrong("main() was over before the job was: execute() returns a promise, and somebody has to wait for it.");
      }
      compare(printed, {
        expected: ["2", "4", "6", "8", "10"],
        mistakes: [
          [[], "The job has run, and nothing was printed: has the stream a sink?"],
          [
            ["1", "2", "3", "4", "5"],
            "The numbers were printed as they came: map() returns a new stream, and print() belongs to that one.",
          ],
        ],
        meaning: "Something else was printed than the numbers 1 to 5, doubled.",
      });
    },
  },
];

/** Waits until a job for which nobody waits has printed. */
function lateLines(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}

/** How many streams main() has made, and how often it has run a job. What it prints too late is not of the next check. */
async function watched(main: () => Promise<void>): Promise<{ described: number; executed: number; plan: string }> {
  const { prototype } = StreamExecutionEnvironment;
  const { fromCollection, fromSequence, fromSource, execute } = prototype;
  const count = { described: 0, executed: 0, plan: "" };
  prototype.fromCollection = function <T>(this: StreamExecutionEnvironment, values: Iterable<T>) {
    count.described++;
    return fromCollection.call(this, values) as ReturnType<typeof fromCollection<T>>;
  };
  prototype.fromSequence = function (...range) {
    count.described++;
    return fromSequence.apply(this, range);
  };
  prototype.fromSource = function <T>(this: StreamExecutionEnvironment, ...source: Parameters<typeof fromSource<T>>) {
    count.described++;
    return (fromSource<T>).apply(this, source);
  };
  prototype.execute = function (this: StreamExecutionEnvironment) {
    count.executed++;
    count.plan = this.explain();
    return execute.apply(this);
  };
  try {
    await main();
    await lateLines();
    return count;
  } finally {
    Object.assign(prototype, { fromCollection, fromSequence, fromSource, execute });
  }
}
