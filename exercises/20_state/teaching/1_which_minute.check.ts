import { WatermarkStrategy } from "@stream-apps/deno";
import { JobHarness, TestSink, TestSource } from "@stream-apps/deno/testing";
import { type Check, compare, wrong } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./1_which_minute.solution.ts";

const NOON = Date.parse("2026-03-01T12:00:00Z");

export const checks: Check<typeof solution>[] = [
  {
    shows: "a line for each traveller and minute, with its beginning",
    async run({ defineWorkflow }) {
      const lines = await outcome(defineWorkflow);
      if (lines.some((each) => each.includes("[object"))) {
        wrong("The whole of what the window holds was put into the line: take the flights of it.", lines);
      }
      if (lines.some((each) => each.includes("undefined"))) wrong("A part of the line is undefined.", lines);
      compare(lines, {
        expected: ["12:00 anna 3", "12:00 ben 1", "12:01 anna 4"],
        mistakes: [
          [["anna", "anna", "ben"], "The lines have the traveller only."],
          [
            ["12:01 anna 3", "12:01 ben 1", "12:02 anna 4"],
            "That is when the minutes end: 12:00 to 12:01 begins at 12:00.",
          ],
          [
            ["12:01 anna 3", "12:01 ben 1", "12:03 anna 4"],
            "That is how far event time had come when the windows fired, and not when they begin.",
          ],
          [
            ["12:00 anna 3", "12:00 anna 4", "12:00 ben 1"],
            "All minutes are 12:00: is it the right window's beginning?",
          ],
          [["00:00 anna 3", "00:00 anna 4", "00:00 ben 1"], "All minutes are 00:00: that is no window's beginning."],
        ],
        meaning: "The lines are others. A line is: minute, traveller, flights.",
        show: (found) => found.length === 0 ? ["(nothing)"] : found,
      });
    },
  },
];

async function outcome(describe: (typeof solution)["defineWorkflow"]): Promise<string[]> {
  const bookings = new TestSource<solution.Count>("bookings");
  const lines = new TestSink<string>("lines");
  await using _harness = await new JobHarness((env) => {
    describe(env.fromSource(bookings, WatermarkStrategy.forMonotonousTimestamps(), "bookings")).sinkTo(lines);
  }).start();
  for (
    const [second, email, flights] of [[5, "anna", 1], [20, "ben", 1], [55, "anna", 2], [70, "anna", 4], [
      190,
      "ben",
      1,
    ]] as const
  ) {
    await bookings.push({ email, flights }, NOON + second * 1_000);
  }
  return lines.values.sort();
}
