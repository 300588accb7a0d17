import type { WrongAnswer } from "../../../src/cli/learn/checks.ts";

const BODY = `    if (this.#seen.value() !== undefined) return;
    this.#seen.update(true);
    out.collect(booking);`;

export const wrong: WrongAnswer[] = [
  { replace: "    this.#seen.update(true);\n", by: "", words: "Every booking came out: nothing is remembered" },
  {
    replace: BODY,
    by: "    if ((First.any ??= booking) === booking) out.collect(booking);\n  }\n  static any?: Booking;\n  x() {",
    words: "Only the very first",
  },
  { replace: "!== undefined) return", by: "=== undefined) return", words: "No booking came out" },
  {
    replace: BODY,
    by: "    if (this.#seen.value() !== undefined) out.collect(booking);\n    this.#seen.update(true);",
    words: "the wrong way round",
  },
  {
    replace: BODY,
    by:
      '    if (this.last !== booking.email) out.collect(booking);\n    this.last = booking.email;\n  }\n  last = "";\n  x() {',
    words: "whenever the traveller changed",
  },
  {
    replace: "    out.collect(booking);",
    by: "    out.collect(booking);\n    out.collect(booking);",
    words: "came out twice",
  },
  {
    replace: BODY,
    by:
      "    const seen = this.#seen.value();\n    this.#seen.update(seen !== undefined);\n    if (seen === false) out.collect(booking);",
    words: "second booking",
  },
  {
    replace: BODY,
    by:
      "    if (this.#seen.value() !== undefined) return this.#seen.clear();\n    this.#seen.update(true);\n    out.collect(booking);",
    words: "switched off again",
  },
  {
    replace: BODY,
    by:
      "    if (!this.all.has(booking.email)) out.collect(booking);\n    this.all.add(booking.email);\n  }\n  all = new Set<string>();\n  x() {",
    words: "which a crash empties",
  },
  {
    replace: "process(new First())",
    by: 'map((booking) => ({ ...booking, flight: "1" }))',
    words: "Other bookings came out",
  },
  {
    replace: "keyBy((booking) => booking.email)",
    by: "keyBy((booking) => booking.email.charAt(0))",
    words: "for one of Adam's",
  },
];
