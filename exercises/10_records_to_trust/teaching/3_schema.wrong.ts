import type { WrongAnswer } from "../../../src/cli/learn/checks.ts";

export const wrong: WrongAnswer[] = [
  { replace: "z.number().positive()", by: "z.number().min(0.01)", words: '"euros":0.001' },
  { replace: "ticket: z.string().min(1)", by: 'ticket: z.string().startsWith("MOON")', words: '"who":"eda"' },
];
