import type { WrongAnswer } from "../../../src/cli/learn/checks.ts";

export const wrong: WrongAnswer[] = [
  { replace: "Time.days(1)", by: "24", words: "in ms?" },
  { replace: "Time.days(1)", by: "Time.days(30)", words: "still in the job's state" },
  {
    replace: "ttlMs: Time.days(1),",
    by: 'ttlMs: Time.days(1), updateType: "OnReadAndWrite",',
    words: "renewed",
  },
  { replace: ', ttlTimeCharacteristic: "EventTime"', by: "", words: "machine's clock" },
  {
    replace: "if (this.#seen.value() === true) return;",
    by: "if (this.#seen.value() !== true) return;",
    words: "did not pass",
  },
];
