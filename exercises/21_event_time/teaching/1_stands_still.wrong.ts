import type { WrongAnswer } from "../../../src/cli/learn/checks.ts";

export const wrong: WrongAnswer[] = [
  { replace: "number = 1", by: "number = 0", words: "Partition 0 has come to 12:00:12" },
  { replace: "number = 1", by: "number = 2", words: "Partition 2 has come to 12:00:21" },
  { replace: ".withIdleness(Time.seconds(20))", by: "", words: "silent for a minute" },
  { replace: "Time.seconds(20)", by: "Time.minutes(20)", words: "still waited for" },
  { replace: "Time.seconds(20)", by: "20", words: "ms instead of seconds" },
  { replace: "forMonotonousTimestamps<Booking>()", by: "noWatermarks<Booking>()", words: "makes no watermarks" },
  {
    replace: "forMonotonousTimestamps<Booking>()",
    by: "forBoundedOutOfOrderness<Booking>(5_000)",
    words: "stays behind the newest time",
  },
  { replace: "Time.seconds(20)", by: "Time.seconds(12)", words: "After 15 seconds of silence" },
  { replace: "Time.seconds(20)", by: "Time.seconds(18)", words: "silent for 18 seconds" },
  { replace: "Time.seconds(20)", by: "Time.seconds(30)", words: "silent for 30 seconds" },
];
