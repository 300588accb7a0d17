/** Text for the terminal: the little Markdown of the exercises' pages as lines of styled words. */
import { styleText } from "node:util";
import { type Style, widthOf } from "../screen/canvas.ts";

/** A piece of a line. */
export interface Span {
  readonly text: string;
  readonly style?: Style | undefined;
}

/** A line for the terminal. */
export type Line = readonly Span[];

/** A line of one style. */
export function line(text: string, style?: Style): Line {
  return [{ text, style }];
}

/** Paragraphs, lists and indented code of a page, in lines no wider than that. Code is not broken. */
export function proseLines(markdown: string, width: number): Line[] {
  return markdown.split(/\n{2,}/).flatMap((block, index) => [...(index > 0 ? [[]] : []), ...blockLines(block, width)]);
}

function blockLines(block: string, width: number): Line[] {
  const rows = block.split("\n");
  if (rows.every((row) => row.startsWith("    "))) return rows.map((row) => line(row, "cyan"));
  if (/^```/.test(block)) {
    return rows.filter((row) => !row.startsWith("```")).map((row) => line(`    ${row}`, "cyan"));
  }
  const items = block.split(/\n(?=- )/);
  return items.flatMap((item) => {
    const isItem = item.startsWith("- ");
    const text = item.slice(isItem ? 2 : 0).replaceAll(/\s*\n\s*/g, " ");
    const lines = wrapWords(text, width - (isItem ? 2 : 0));
    return isItem ? lines.map((each, index) => [{ text: index === 0 ? "- " : "  " }, ...each]) : lines;
  });
}

/** A text in one style, broken at blanks. */
export function wrapped(text: string, width: number, style?: Style): Line[] {
  return wrapWords(text, width).map((each) => each.map((span) => ({ ...span, style: span.style ?? style })));
}

function wrapWords(text: string, width: number): Line[] {
  const lines: Span[][] = [[]];
  let used = 0;
  for (const word of wordsOf(text)) {
    const wide = word.reduce((sum, span) => sum + widthOf(span.text), 0);
    if (used > 0 && used + 1 + wide > width) {
      lines.push([]);
      used = 0;
    }
    if (used > 0) {
      lines.at(-1)!.push({ text: " " });
      used++;
    }
    lines.at(-1)!.push(...word);
    used += wide;
  }
  return lines;
}

/** Words with the styles of `code` and **bold**; code with blanks stays one word. */
function wordsOf(text: string): Span[][] {
  const words: Span[][] = [];
  let open = false;
  for (const [piece] of text.matchAll(/`[^`]+`|\*\*[^*]+\*\*|\s+|[^\s`*]+|[`*]/g)) {
    if (/^\s/.test(piece)) {
      open = false;
      continue;
    }
    const spans: Span[][] = piece.startsWith("**") && piece.length > 4
      ? piece.slice(2, -2).split(/\s+/).map((word) => [{ text: word, style: "bold" }])
      : [[piece.startsWith("`") && piece.length > 1 ? { text: piece.slice(1, -1), style: "cyan" } : { text: piece }]];
    if (open) words.at(-1)!.push(...spans.shift()!);
    words.push(...spans);
    open = true;
  }
  return words;
}

/** A line as text; with escape codes if `colours`. */
export function toText(spans: Line, colours: boolean): string {
  return spans.map(({ text, style }) =>
    style === undefined || !colours ? text : styleText(style, text, { validateStream: false })
  ).join("");
}
