import type { WrongAnswer } from "../../../src/cli/learn/checks.ts";

const STATE = "context.globalState().getState(this.#total)";
/** A map in place of state. */
const inMap = (key: string) =>
  `{
      map: (this as { kept?: Map<string, number> }).kept ??= new Map<string, number>(),
      value() { return this.map.get(${key}); },
      update(to: number) { this.map.set(${key}, to); },
    }`;
const UPDATE = "      state.update(total);\n";
const TOTAL = "(state.value() ?? 0) + flights";

export const wrong: WrongAnswer[] = [
  { replace: UPDATE, by: "", words: "Each minute starts from zero" },
  { replace: STATE, by: inMap('"all"'), words: "All travellers share one total" },
  { replace: "flights: total }", by: "flights: total - flights }", words: "the total of before" },
  { replace: "state.update(total)", by: "state.update(flights)", words: "Only the last minute was added" },
  { replace: TOTAL, by: "2 * (state.value() ?? 0) + flights", words: "The total is added twice" },
  { replace: "state.update(total)", by: "state.value() ?? state.update(total)", words: "kept the first time only" },
  { replace: TOTAL, by: "(state.value() ?? 0) + 1", words: "The minutes were counted" },
  {
    replace: "out.collect({ email, flights: total });",
    by: "out.collect({ email, flights: total }), out.collect({ email, flights: total });",
    words: "Each total came out twice",
  },
  { replace: TOTAL, by: "state.value() ?? flights", words: "stays that of the first minute" },
  { replace: TOTAL, by: "(state.value() ?? 1) * flights", words: "were multiplied" },
  { replace: STATE, by: inMap("email"), words: "which a crash empties" },
];
