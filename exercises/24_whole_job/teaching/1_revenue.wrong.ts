import type { WrongAnswer } from "../../../src/cli/learn/checks.ts";

export const wrong: WrongAnswer[] = [
  { replace: "bookings: sum.bookings + 1,", by: "bookings: 1,", words: "counted as one" },
  { replace: "keyBy(({ airline }) => airline)", by: 'keyBy(() => "sky")', words: "expects other results" },
  {
    replace: "forBoundedOutOfOrderness<Booking>(Time.seconds(10))",
    by: "forMonotonousTimestamps<Booking>()",
    words: "ten seconds behind another",
  },
  { replace: "Time.seconds(10)", by: "Time.seconds(12)", words: "can be on its way" },
  { replace: ".withIdleness(Time.seconds(30))", by: "", words: "still waits for what the others" },
  { replace: "withIdleness(Time.seconds(30))", by: "withIdleness(Time.seconds(26))", words: "After 26 seconds" },
  { replace: "    .sideOutputLateData(LATE)\n", by: "", words: "is not in the stream of late ones" },
  {
    replace: ".sideOutputLateData(LATE)",
    by: ".sideOutputLateData(LATE).allowedLateness(60_000)",
    words: "has changed the result",
  },
  {
    replace: '    .keyBy(({ ref }) => ref).process(new FirstOnly()).name("first_only")',
    by: "",
    words: "counts three times",
  },
  { replace: ", { ttl }", by: "", words: "still remembers" },
  { replace: ', ttlTimeCharacteristic: "EventTime"', by: "", words: "down for two hours" },
  {
    replace: "  if (!(booking.cents > 0)) throw",
    by: "  if (!(booking.cents >= 0)) throw",
    words: "0 cents counts as one",
  },
  { replace: ".map(checkPrice)", by: ".map((booking) => booking)", words: "nobody will notice" },
  { replace: ".map(checkPrice)", by: ".filter(({ cents }) => cents > 0)", words: "without a trace" },
  { replace: "keyBy(({ ref }) => ref)", by: "keyBy(({ cents }) => `${cents}`)", words: "A2 was left out" },
  {
    replace: "TumblingEventTimeWindows.of(Time.minutes(1))",
    by: "TumblingEventTimeWindows.of(Time.minutes(60))",
    words: "no result of 12:00",
  },
  {
    replace: "if (this.#seen.value() === true) return;",
    by: "const seen = ((this as any).seen ??= new Set()); if (seen.has(booking.ref)) return; seen.add(booking.ref);",
    words: "what was remembered of the first is gone",
  },
];
