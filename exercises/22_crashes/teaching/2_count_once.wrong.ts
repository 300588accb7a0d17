import type { WrongAnswer } from "../../../src/cli/learn/checks.ts";

const COUNTED = "(this.#count.value() ?? 0) + 1";

export const wrong: WrongAnswer[] = [
  { replace: "keyBy(({ who }) => who)", by: 'keyBy(() => "all")', words: "All travellers have one count" },
  { replace: "keyBy(({ who }) => who)", by: "keyBy(({ who }) => who.charAt(0))", words: "the whole name" },
  { replace: "    this.#count.update(count);\n", by: "", words: "is the new count kept?" },
  { replace: "?? 0) + 1", by: "?? 1) + 1", words: "counted as the second" },
  { replace: "?? 0) + 1", by: "?? 0)", words: "not the counts" },
  { replace: "bookings: count }", by: "bookings: count - 1 }", words: "one too small" },
  { replace: "    out.collect(", by: "    if (count > 1) out.collect(", words: "First bookings made no result" },
  {
    replace: "out.collect({ who, bookings: count });",
    by: "out.collect({ who, bookings: count });\n    out.collect({ who, bookings: count });",
    words: "written twice",
  },
  { replace: "    out.collect({ who, bookings: count });\n", by: "", words: "Nothing was written" },
  {
    replace: COUNTED,
    by: "(((this as any).map ??= new Map())[who] = ((this as any).map[who] ?? 0) + 1)",
    words: "her count was lost",
  },
  {
    replace: COUNTED,
    by: "((globalThis as any)[who] = ((globalThis as any)[who] ?? 0) + 1)",
    words: "counted twice",
  },
  { replace: '<number>("count")', by: '<number>("count", { ttl: { ttlMs: 86_400_000 } })', words: "has expired" },
];
