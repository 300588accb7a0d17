import { Time, WatermarkStrategy } from "@stream-apps/deno";
import { type CrashPoint, JobHarness, TestSink, TestSource } from "@stream-apps/deno/testing";
import { type Check, compare, wrong } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./2_count_once.solution.ts";

type Booking = solution.Booking;
type Workflow = (typeof solution)["defineWorkflow"];

export const checks: Check<typeof solution>[] = [
  {
    shows: "each traveller's bookings are counted, one by one",
    async run({ defineWorkflow }) {
      await using job = await start(defineWorkflow);
      for (const who of ["eva", "finn", "eva"]) await job.bookings.push({ who });
      compare(job.written(), {
        expected: ["eva 1", "finn 1", "eva 2"],
        mistakes: [
          [["eva 1", "finn 2", "eva 3"], "All travellers have one count: each key needs a value of its own."],
          [["eva 1", "finn 1", "eva 1"], "Eva's second booking was counted as her first: is the new count kept?"],
          [
            ["eva 2", "finn 2", "eva 3"],
            "The first booking was counted as the second: without a value yet, the count is 0.",
          ],
          [["eva 2"], "First bookings made no result: there is one for each booking."],
          [["eva 1", "eva 1", "finn 1", "finn 1", "eva 2", "eva 2"], "Each result was written twice."],
          [["eva 0", "finn 0", "eva 1"], "The results are one too small: a booking counts itself, too."],
          [[], "Nothing was written."],
        ],
        meaning: "These are not the counts of eva, finn and eva again.",
      });
    },
  },
  {
    shows: "travellers whose names begin alike are counted apart",
    async run({ defineWorkflow }) {
      await using job = await start(defineWorkflow);
      for (const who of ["karl", "kim", "karla"]) await job.bookings.push({ who });
      compare(job.written(), {
        expected: ["karl 1", "kim 1", "karla 1"],
        meaning: "Karl, Kim and Karla have booked once each: the key has to be the whole name.",
      });
    },
  },
  {
    shows: "killed behind a commit, the job goes on with what it had counted",
    async run({ defineWorkflow }) {
      await using job = await start(defineWorkflow);
      await job.bookings.push({ who: "anna" });
      await job.bookings.push({ who: "anna" });
      await job.harness.commit();
      await job.harness.restart();
      await job.bookings.push({ who: "anna" });
      compare(job.written(), {
        expected: ["anna 1", "anna 2", "anna 3"],
        mistakes: [
          [
            ["anna 1", "anna 2", "anna 1"],
            "After the crash Anna's third booking was counted as her first: her count was lost.",
          ],
        ],
        meaning: "After the crash the counts do not go on where they were.",
      });
    },
  },
  {
    shows: "killed at any other moment, it counts no booking twice and none is missing",
    async run({ defineWorkflow }) {
      for (const [index, point] of POINTS.entries()) {
        // A name that no run before has used.
        const who = `gil${index}`;
        await using job = await start(defineWorkflow);
        await job.bookings.push({ who });
        await job.harness.commit();
        job.harness.crashAt(point);
        await job.bookings.push({ who });
        if (job.harness.status === "running") await job.harness.commit();
        if (job.harness.status === "running") wrong("The job was not killed, as it took no record.");
        await job.harness.restart();
        await job.bookings.push({ who });
        await job.harness.commit();
        compare(job.committed(), {
          expected: [1, 2, 3].map((count) => `${who} ${count}`),
          mistakes: [
            [
              [1, 3, 4].map((count) => `${who} ${count}`),
              "The second booking was counted twice: once before the crash and once when it was read again. The count has " +
              "outlived the crash, as something in this process's memory does; but it did not go back to the commit, as the " +
              "job's positions did.",
            ],
          ],
          meaning: `The job was killed ${wordsOf(point)}, and what it has written is not 1, 2, 3.`,
        });
      }
    },
  },
  {
    shows: "half a year later it still knows",
    async run({ defineWorkflow }) {
      await using job = await start(defineWorkflow);
      await job.bookings.push({ who: "hanna" });
      job.harness.clock.advance(Time.days(180));
      await job.bookings.push({ who: "hanna" });
      if (job.written().at(-1) === "hanna 2") return;
      wrong("Half a year later Hanna's booking was counted as her first: her count has expired.");
    },
  },
];

const POINTS: readonly CrashPoint[] = [{ beforeCommit: 1 }, { afterCommit: 1 }, { beforeOutput: 1 }, {
  beforeRecord: 1,
}];

function wordsOf(point: CrashPoint): string {
  if ("beforeCommit" in point) return "in the middle of a commit, before it counted";
  if ("afterCommit" in point) return "in the middle of a commit, when it counted already";
  return "beforeOutput" in point ? "before a result was written" : "before a record was taken";
}

class Job implements AsyncDisposable {
  constructor(
    readonly harness: JobHarness,
    readonly bookings: TestSource<Booking>,
    readonly counts: TestSink<solution.Count>,
  ) {}

  written(): string[] {
    return this.counts.values.map(({ who, bookings }) => `${who} ${bookings}`);
  }

  /** What a reader of committed results sees. */
  committed(): string[] {
    return this.counts.committedValues.map(({ who, bookings }) => `${who} ${bookings}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.harness[Symbol.asyncDispose]();
  }
}

async function start(describe: Workflow): Promise<Job> {
  const bookings = new TestSource<Booking>("bookings");
  const counts = new TestSink<solution.Count>("counts");
  const harness = new JobHarness((env) => {
    describe(env.fromSource(bookings, WatermarkStrategy.noWatermarks(), "bookings")).sinkTo(counts);
  });
  return new Job(await harness.start(), bookings, counts);
}
