import type { WrongAnswer } from "../../../src/cli/learn/checks.ts";

const WINDOW = "\n    .window(TumblingEventTimeWindows.of(Time.minutes(1)))";
const SIZE = "Time.minutes(1)";

export const wrong: WrongAnswer[] = [
  { replace: WINDOW, by: "", words: "total so far" },
  { replace: "(booking) => booking.email", by: '() => "all"', words: "for all travellers together" },
  { replace: "(booking) => booking.email", by: "(booking) => booking.email.charAt(0)", words: "not its first letter" },
  { replace: SIZE, by: "Time.seconds(1)", words: "a second long" },
  { replace: SIZE, by: "60", words: "60 ms long" },
  { replace: SIZE, by: "Time.seconds(10)", words: "ten seconds long" },
  { replace: SIZE, by: "Time.minutes(1), Time.seconds(30)", words: "begin at the half minute" },
  { replace: SIZE, by: "Time.hours(1)", words: "are 60 minutes long" },
  { replace: 'sum("flights")', by: 'max("flights")', words: "the largest was taken" },
  { replace: 'sum("flights")', by: 'min("flights")', words: "the smallest was taken" },
  { replace: 'sum("flights")', by: "reduce((_a, b) => b)", words: "only the last booking" },
  {
    replace: "bookings.keyBy",
    by: "bookings.map(({ email }) => ({ email, flights: 1 })).keyBy",
    words: "Bookings were counted",
  },
  {
    replace: WINDOW,
    by: `
    .window((TumblingProcessingTimeWindows as unknown as typeof TumblingEventTimeWindows).of(Time.minutes(1)))
    .sum("flights");
}
import { TumblingProcessingTimeWindows } from "@stream-apps/deno/windows";
void function (counts: import("@stream-apps/deno").KeyedStream<Count, string>) {
  return counts`,
    words: "the clock on the wall",
  },
];
