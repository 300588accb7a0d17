import { type DataStream, JobError, StreamExecutionEnvironment, WatermarkStrategy } from "@stream-apps/deno";
import { JobHarness, MemoryJobStore, TestSink, TestSource } from "@stream-apps/deno/testing";
import { type Check, compare, wrong } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./3_new_version.solution.ts";

type Booking = solution.Booking;
type Version = (bookings: DataStream<Booking>) => DataStream<solution.Count>;

export const checks: Check<typeof solution>[] = [
  {
    shows: "version 1 is what it was: its operator has a name and no uid, and counts",
    async run({ version1 }) {
      const { store } = await yearOf(version1);
      if (![...store.entries.keys()].some((name) => /^\["state","count","count",/.test(name))) {
        wrong(
          "Version 1 has changed. It has run for a year, and its savepoint lies there: only version 2 can be changed.",
          [
            ...planOf(version1).split("\n"),
          ],
        );
      }
    },
  },
  {
    shows: "version 2 starts from version 1's savepoint",
    async run({ version1, version2 }) {
      try {
        await using _job = await restart(version2, await yearOf(version1));
      } catch (error) {
        if (!(error instanceof JobError)) throw error;
        wrong(
          /bookings so far/.test(planOf(version2))
            ? "Version 2 does not start: the savepoint has counts of an operator that it does not have. It would begin at zero, so " +
              "the job refuses."
            : "Version 2 does not start, and has lost its new name as well.",
          error.message.split(/(?<=[:;,]) /),
        );
      }
    },
  },
  {
    shows: "it goes on counting, leaves out bookings without a flight, and has its new name",
    async run({ version1, version2 }) {
      const year = await yearOf(version1);
      await using _job = await restart(version2, year);
      await year.bookings.push({ who: "anna", flights: 1 });
      await year.bookings.push({ who: "anna", flights: 0 });
      await year.bookings.push({ who: "ben", flights: 2 });
      compare(year.counts.values.slice(-2).map(({ who, bookings }) => `${who} ${bookings}`), {
        expected: ["anna 3", "ben 1"],
        mistakes: [
          [
            ["anna 1", "ben 1"],
            "Anna had booked twice in version 1, and version 2 counts her next booking as the first.",
          ],
          [["anna 4", "ben 1"], "The booking without a flight was counted: where is the filter?"],
        ],
        meaning: "These are not the counts after version 1's.",
      });
      if (!planOf(version2).includes("bookings so far")) {
        wrong("The counts go on, but the operator has lost its new name: uid() and name() can stand side by side.");
      }
    },
  },
];

/** What outlives a version. */
interface Year {
  readonly store: MemoryJobStore;
  readonly bookings: TestSource<Booking>;
  readonly counts: TestSink<solution.Count>;
}

/** A savepoint of version 1 in which Anna has booked twice. */
async function yearOf(version1: Version): Promise<Year> {
  const year = {
    store: new MemoryJobStore(),
    bookings: new TestSource<Booking>("bookings"),
    counts: new TestSink<solution.Count>("counts"),
  };
  const harness = await restart(version1, year);
  await year.bookings.push({ who: "anna", flights: 1 });
  await year.bookings.push({ who: "anna", flights: 1 });
  await harness.stop();
  return year;
}

function restart(version: Version, { store, bookings, counts }: Year): Promise<JobHarness> {
  return new JobHarness((env) => {
    version(env.fromSource(bookings, WatermarkStrategy.noWatermarks(), "bookings")).sinkTo(counts);
  }, { store }).start();
}

function planOf(version: Version): string {
  const env = new StreamExecutionEnvironment();
  version(env.fromCollection<Booking>([])).print();
  return env.explain();
}
