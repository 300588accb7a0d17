import type { JobTrace } from "../../inspect/follow/follow_chain.ts";
import { depthsOf } from "../../inspect/follow/depths.ts";
import { type Tone, wordsOf } from "../../inspect/follow/words.ts";

/** Puts colour into a text, or does not. */
export type Paint = (style: Tone | "dim" | "bold", text: string) => string;

const CODES = { plain: "", dim: "2", bold: "1", good: "32", late: "33", bad: "31" } as const;

/** @param colours whether the text goes to a terminal that is to have them */
export function painter(colours: boolean): Paint {
  return (style, text) => !colours || CODES[style] === "" ? text : `\x1b[${CODES[style]}m${text}\x1b[0m`;
}

/** What one job made of the records, for a person: a step a line, in its order, indented where there are several ways. */
export function traceText(trace: JobTrace, paint: Paint): string {
  const { job, file, reads, from, steps, sent, open, why } = trace;
  const began = from === "the beginning" ? `from the beginning of ${reads.join(" and ")}` : `from ${from}`;
  const lines = [`${paint("bold", job)} ${paint("dim", `(${file}, run again ${began})`)}`];
  const depths = depthsOf(steps);
  const width = Math.max(0, ...steps.map(({ operator, step }) => operator.length + 2 * depths.get(step)!));
  for (const step of steps) {
    const { text, values, tone } = wordsOf(step, sent.get(step.step));
    const indent = "  ".repeat(depths.get(step.step)!);
    lines.push(`  ${paint("dim", `${indent}${step.operator}`.padEnd(width))}  ${paint(tone, text)}`);
    const below = " ".repeat(width + 6);
    for (const value of values) lines.push(`${below}${value}`);
  }
  if (steps.length === 0) lines.push(`  ${paint("late", "the record did not come by: the job begins behind it")}`);
  if (open > 0) lines.push(`  ${paint("late", `waits: ${why ?? "something may still come of it"}`)}`);
  return `${lines.join("\n")}\n`;
}
