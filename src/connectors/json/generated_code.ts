/** How many bytes are compared or written at once. */
const WORD = 4;

const encoder = new TextEncoder();

/**
 * A function in the making: what is known before the first record, such as the names of fields, stands in its code.
 *
 * All that comes from outside goes in as a constant or as bytes, never as a piece of code.
 */
export class GeneratedCode {
  readonly #constants: unknown[] = [];
  readonly #lines: string[] = [];
  #variables = 0;

  /** @returns the name under which the code knows a value */
  constant(value: unknown): string {
    const known = this.#constants.indexOf(value);
    return `c${known < 0 ? this.#constants.push(value) - 1 : known}`;
  }

  /** @returns a name that is not in use */
  variable(): string {
    return `v${this.#variables++}`;
  }

  add(line: string): void {
    this.#lines.push(line);
  }

  /**
   * @param name of the function, for profiles
   * @param parameters `(bytes, at)` for example
   */
  compile<F>(name: string, parameters: string): F {
    const names = this.#constants.map((_, index) => `c${index}`);
    const code = `"use strict"; return function ${name}${parameters} {\n${this.#lines.join("\n")}\n};`;
    return new Function(...names, code)(...this.#constants);
  }
}

/** A word of some bytes, or a single byte, and where it stands among them. */
interface Piece {
  readonly at: number;
  readonly isWord: boolean;
  readonly value: number;
}

/** The condition that `text` does not stand at `at` in `bytes`, before `end`. `view` is a DataView of the same bytes. */
export function differsFrom(text: string): { readonly condition: string; readonly length: number } {
  const { pieces, length } = piecesOf(text);
  const differences = pieces.map(({ at, isWord, value }) =>
    isWord ? `view.getInt32(at + ${at}, true) !== ${value}` : `bytes[at + ${at}] !== ${value}`
  );
  return { condition: [`at + ${length} > end`, ...differences].join(" || "), length };
}

/** The statements that write `text` at `at` into `bytes`. `view` is a DataView of the same bytes. */
export function puts(text: string): { readonly statements: string; readonly length: number } {
  const { pieces, length } = piecesOf(text);
  const stores = pieces.map(({ at, isWord, value }) =>
    isWord ? `view.setInt32(at + ${at}, ${value}, true);` : `bytes[at + ${at}] = ${value};`
  );
  return { statements: stores.join(" "), length };
}

function piecesOf(text: string): { readonly pieces: readonly Piece[]; readonly length: number } {
  const bytes = encoder.encode(text);
  const { length } = bytes;
  if (length < WORD) return { pieces: [...bytes].map((value, at) => ({ at, isWord: false, value })), length };
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const pieces: Piece[] = [];
  // The last word may cover a part of the one before.
  for (let at = 0; at < length; at += WORD) {
    const from = Math.min(at, length - WORD);
    pieces.push({ at: from, isWord: true, value: view.getInt32(from, true) });
  }
  return { pieces, length };
}
