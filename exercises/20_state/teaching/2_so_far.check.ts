import { WatermarkStrategy } from "@stream-apps/deno";
import { JobHarness, TestSink, TestSource } from "@stream-apps/deno/testing";
import { type Check, compare } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./2_so_far.solution.ts";

const NOON = Date.parse("2026-03-01T12:00:00Z");
/** Second after noon, traveller, flights; a crash behind the fifth, which has closed the second minute. */
const BOOKINGS = [
  [5, "anna", 1],
  [55, "anna", 2],
  [58, "ben", 5],
  [70, "anna", 4],
  [125, "ben", 10],
  [130, "anna", 20],
  [200, "cleo", 1],
] as const;
const EXPECTED = ["12:00 anna 3", "12:00 ben 5", "12:01 anna 7", "12:02 anna 27", "12:02 ben 15"];

export const checks: Check<typeof solution>[] = [
  {
    shows: "minute by minute, each traveller's total grows",
    async run({ defineWorkflow }) {
      compare(await outcome(defineWorkflow, false), {
        expected: EXPECTED,
        mistakes: [
          [
            ["12:00 anna 3", "12:00 ben 5", "12:01 anna 4", "12:02 anna 20", "12:02 ben 10"],
            "Each minute starts from zero: what was booked before is not added, or not kept. A state keeps only what it is updated to, and windowState() goes with its window.",
          ],
          [
            ["12:00 anna 3", "12:00 ben 8", "12:01 anna 12", "12:02 anna 42", "12:02 ben 22"],
            "All travellers share one total: it is kept in a field of the class. globalState() has one for each key.",
          ],
          [
            ["12:00 anna 0", "12:00 ben 0", "12:01 anna 3", "12:02 anna 7", "12:02 ben 5"],
            "What came out is the total of before: the new one is to be emitted.",
          ],
          [
            ["12:00 anna 3", "12:00 ben 5", "12:01 anna 7", "12:02 anna 24", "12:02 ben 15"],
            "Only the last minute was added: what is kept is the minute's flights, and not the total.",
          ],
          [
            ["12:00 anna 3", "12:00 ben 5", "12:01 anna 10", "12:02 anna 40", "12:02 ben 20"],
            "The total is added twice.",
          ],
          [
            ["12:00 anna 3", "12:00 ben 5", "12:01 anna 7", "12:02 anna 23", "12:02 ben 15"],
            "The total stays what it was at first: it is kept the first time only.",
          ],
          [
            ["12:00 anna 1", "12:00 ben 1", "12:01 anna 2", "12:02 anna 3", "12:02 ben 2"],
            "The minutes were counted, and not their flights.",
          ],
          [[
            "12:00 anna 3",
            "12:00 anna 3",
            "12:00 ben 5",
            "12:00 ben 5",
            "12:01 anna 7",
            "12:01 anna 7",
            "12:02 anna 27",
            "12:02 anna 27",
            "12:02 ben 15",
            "12:02 ben 15",
          ], "Each total came out twice."],
          [
            ["12:00 anna 3", "12:00 ben 5", "12:01 anna 3", "12:02 anna 3", "12:02 ben 5"],
            "The total stays that of the first minute: it is kept, and nothing is added.",
          ],
          [
            ["12:00 anna 3", "12:00 ben 5", "12:01 anna 12", "12:02 anna 240", "12:02 ben 50"],
            "The totals were multiplied.",
          ],
          [[], "Nothing came out."],
        ],
        meaning: "The totals are others. A line is: minute, traveller, flights so far.",
        show,
      });
    },
  },
  {
    shows: "a crash between two minutes loses nothing",
    async run({ defineWorkflow }) {
      compare(await outcome(defineWorkflow, true), {
        expected: EXPECTED,
        mistakes: [
          [
            ["12:00 anna 3", "12:00 ben 5", "12:01 anna 7", "12:02 anna 20", "12:02 ben 10"],
            "Behind 12:01 the job was killed and started again, and the totals began anew: they are kept in a field, which a crash empties. State is saved with each commit.",
          ],
        ],
        meaning: "Behind 12:01 the job was killed and started again, and totals are wrong since.",
        show,
      });
    },
  },
];

const show = (lines: readonly string[]) => lines.length === 0 ? ["(nothing)"] : lines;

/** What comes out, a line each: minute, traveller, flights. */
async function outcome(describe: (typeof solution)["defineWorkflow"], crash: boolean): Promise<string[]> {
  const bookings = new TestSource<solution.Count>("bookings");
  const totals = new TestSink<solution.Count>("totals");
  await using harness = await new JobHarness((env) => {
    describe(env.fromSource(bookings, WatermarkStrategy.forMonotonousTimestamps(), "bookings")).sinkTo(totals);
  }).start();
  for (const [index, [second, email, flights]] of BOOKINGS.entries()) {
    await bookings.push({ email, flights }, NOON + second * 1_000);
    if (!crash || index !== 4) continue;
    await harness.commit();
    await harness.restart();
  }
  return totals.records.map(([{ email, flights }, ms]) =>
    `${new Date(ms).toISOString().slice(11, 16)} ${email} ${flights}`
  ).sort();
}
