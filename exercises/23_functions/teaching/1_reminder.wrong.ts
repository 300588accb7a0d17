import type { WrongAnswer } from "../../../src/cli/learn/checks.ts";

export const wrong: WrongAnswer[] = [
  { replace: "registerEventTimeTimer", by: "registerProcessingTimeTimer", words: "the other kind" },
  { replace: "Time.minutes(15)", by: "Time.seconds(15)", words: "before its 15 minutes" },
  { replace: "Time.minutes(15)", by: "Time.minutes(20)", words: "not reminded until later" },
  { replace: "      timers.registerEventTimeTimer(dueMs);\n", by: "", words: "no timer has been registered" },
  { replace: "    out.collect(context.currentKey());\n", by: "", words: "nothing was emitted" },
  {
    replace: "    out.collect(context.currentKey());\n",
    by: "    out.collect(context.currentKey());\n    out.collect(context.currentKey());\n",
    words: "reminded twice",
  },
  { replace: "({ ref }) => ref", by: '() => "all"', words: "not the booking's reference" },
  { replace: "    timers.deleteEventTimeTimer(dueMs);\n", by: "", words: "its timer was still there" },
  {
    replace: "    timers.deleteEventTimeTimer(dueMs);\n",
    by:
      "    timers.deleteEventTimeTimer(dueMs);\n    timers.registerEventTimeTimer(context.timestamp()! + Time.minutes(15));\n",
    words: "15 minutes after that",
  },
  {
    replace: "if (dueMs === undefined) return;",
    by: "if (dueMs === undefined || context.timestamp()! >= dueMs) return;",
    words: "which is in time",
  },
  { replace: "    this.#dueMs.clear(); // it is paid\n", by: "", words: "SKY1 was paid, and the job still keeps" },
  {
    replace: "    this.#dueMs.clear(); // it is reminded\n",
    by: "",
    words: "SKY1 was reminded, and the job still keeps",
  },
  {
    replace: `    timers.deleteEventTimeTimer(dueMs);
    this.#dueMs.clear(); // it is paid
  }

  override onTimer(_timeMs: number, context: OnTimerContext<string>, out: Collector<string>): void {
`,
    by: `    this.#dueMs.clear(); // it is paid
  }

  override onTimer(_timeMs: number, context: OnTimerContext<string>, out: Collector<string>): void {
    if (this.#dueMs.value() === undefined) return;
`,
    words: "its timer waits until 12:15",
  },
  {
    replace: 'context.getState(new ValueStateDescriptor<number>("due"))',
    by: "((all: any) => ({ value: () => all.ms, update: (ms: number) => (all.ms = ms), clear() {} }))({}) as any",
    words: "all bookings share",
  },
];
