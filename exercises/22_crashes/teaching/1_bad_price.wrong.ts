import type { WrongAnswer } from "../../../src/cli/learn/checks.ts";

const REFUSAL = 'throw new RecordError(`"${price}" is no price`)';

export const wrong: WrongAnswer[] = [
  { replace: '.replace(",", ".")', by: "", words: "knows no comma" },
  { replace: "Math.round(", by: "Math.floor(", words: '"0.29" has become 28' },
  { replace: "/^\\d+([.,]\\d\\d)?$/", by: "/^\\d+\\.\\d\\d$/", words: '"12" is a price' },
  { replace: REFUSAL, by: "return 0", words: '"twelve" was counted' },
  { replace: REFUSAL, by: 'throw new RecordError("no price")', words: "does not name it" },
  { replace: "/^\\d+([.,]\\d\\d)?$/", by: "/^-?\\d+([.,]\\d\\d)?$/", words: '"-3.00" was counted' },
  { replace: "/^\\d+([.,]\\d\\d)?$/", by: "/^\\d+([.,]\\d+)?$/", words: '"12.5" was counted' },
  { replace: "/^\\d+([.,]\\d\\d)?$/", by: "/\\d+([.,]\\d\\d)?$/", words: '"€ 3"' },
  {
    replace: "return sales.map(({ who, price }) => ({ who, cents: cents(price) }))",
    by:
      "return sales.filter(({ price }) => /^\\d/.test(price)).map(({ who, price }) => ({ who, cents: cents(price) }))",
    words: "left no trace",
  },
];
