import { styleText } from "node:util";

/** The style of a text on a terminal with colours. */
export type Style = "bold" | "dim" | "cyan" | "green" | "yellow" | "red";

/** A character and its style. */
interface Cell {
  readonly text: string;
  readonly style: Style | undefined;
}

/** A rectangle of characters to draw on; text is cut off at its edges. */
export class Canvas {
  readonly columns: number;
  readonly rows: number;
  readonly #cells: Cell[][];

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
    this.#cells = Array.from({ length: rows }, () => Array.from({ length: columns }, () => BLANK));
  }

  /** Puts a text without line breaks at a place, counted from 0 at the upper left. @returns the column behind it */
  put(x: number, y: number, text: string, style?: Style): number {
    const row = this.#cells[y];
    for (const char of text) {
      if (row !== undefined && x >= 0 && x < this.columns) row[x] = { text: char, style };
      x++;
    }
    return x;
  }

  /** Puts a text so that it ends before a column. */
  putRight(endX: number, y: number, text: string, style?: Style): void {
    this.put(endX - widthOf(text), y, text, style);
  }

  /** Its rows, each as wide as the canvas; with escape codes if `colours`. */
  lines(colours: boolean): string[] {
    return this.#cells.map((row) => {
      if (!colours) return row.map(({ text }) => text).join("");
      let line = "";
      for (let from = 0, to = 0; from < row.length; from = to) {
        const { style } = row[from]!;
        let run = "";
        for (; to < row.length && row[to]!.style === style; to++) run += row[to]!.text;
        line += style === undefined ? run : styleText(style, run, { validateStream: false });
      }
      return line;
    });
  }
}

const BLANK: Cell = { text: " ", style: undefined };

/** The width of a text in characters. */
export function widthOf(text: string): number {
  return [...text].length;
}

/** The text, or its beginning and "…" if it is too wide. */
export function clip(text: string, width: number): string {
  const chars = [...text];
  return chars.length <= width ? text : `${chars.slice(0, Math.max(0, width - 1)).join("")}${width > 0 ? "…" : ""}`;
}

/** The text in lines of at most `width`, broken at blanks; what does not fit into `rows` is clipped. */
export function wrap(text: string, width: number, rows: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (widthOf(rest) > width && lines.length < rows - 1) {
    const chars = [...rest];
    const blank = chars.lastIndexOf(" ", width);
    const end = blank > 0 ? blank : width;
    lines.push(chars.slice(0, end).join(""));
    rest = chars.slice(blank > 0 ? end + 1 : end).join("");
  }
  return [...lines, clip(rest, width)];
}
