/**
 * Reads texts of JSON that look like those before.
 *
 * The records of a topic mostly have the same fields in the same order. From a text that `JSON.parse()` has read a shape is
 * learned: a regular expression for texts like it, and a function that makes the object of what that captures, both faster than
 * `JSON.parse()`. Whatever fits no shape is left to `JSON.parse()`, so the results are always those of `JSON.parse()`.
 */
import { Buffer } from "node:buffer";
import { ShapeCache } from "./shape_cache.ts";

/** Longer texts, in characters, are not worth an expression, nor are values of more fields and objects. */
const MAX_LENGTH = 1 << 14;
const MAX_PARTS = 100;

/** Parses JSON as `JSON.parse()` does, and learns from the texts that it has read. */
export class JsonReader {
  readonly #shapes = new ShapeCache<Shape>();

  /** @throws {SyntaxError} as `JSON.parse()` does */
  parse(text: string): unknown {
    const found = this.#find(text, 0, text.length, "any");
    if (found !== undefined) return found;
    const value: unknown = JSON.parse(text);
    if (this.#shapes.miss()) this.#learn(text, value);
    return value;
  }

  /**
   * The value of a part of a longer text that has one character for each byte of its UTF-8.
   * @returns undefined if it fits no shape: then the part has to be decoded and parsed by itself
   */
  find(text: string, start: number, end: number): unknown {
    return this.#find(text, start, end, "bytes");
  }

  #find(text: string, start: number, end: number, characters: Characters): unknown {
    const { all } = this.#shapes;
    for (let i = 0; i < all.length; i++) {
      const value = all[i]!.read(text, start, end, characters);
      if (value === undefined) continue;
      this.#shapes.promote(i);
      return value;
    }
    return undefined;
  }

  #learn(text: string, value: unknown): void {
    const shape = text.length > MAX_LENGTH ? undefined : Shape.of(value);
    // A shape may fail on its own example: a name stands there twice, say, or spaces stand in other places.
    if (shape === undefined || JSON.stringify(shape.read(text, 0, text.length, "any")) !== JSON.stringify(value)) {
      return;
    }
    this.#shapes.add(shape);
  }
}

/**
 * What a text is made of: characters as they are, or one for each byte of its UTF-8, where a name such as "é" stands as "Ã©".
 * There the strings may hold ASCII alone, which is the same in both.
 */
type Characters = "any" | "bytes";

/** What stands between quotes, if nothing in it is escaped. */
const STRING: Record<Characters, string> = { any: '[^"\\\\\\x00-\\x1f]*', bytes: "[ !#-\\[\\]-\\x7f]*" };

/** How a name stands in such a text, quotes included. */
const NAME: Record<Characters, (quoted: string) => string> = {
  any: (quoted) => quoted,
  bytes: (quoted) => Buffer.from(quoted, "utf8").toString("latin1"),
};
const NUMBER = "-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?";

/** Makes a value. @param m what its expression captured @param own copies a captured text */
type Make = (m: RegExpExecArray, own: (text: string) => string) => unknown;

class Shape {
  readonly #patterns: Record<Characters, RegExp>;
  readonly #make: Make;

  /** @param makes the value, in JavaScript, out of what `m` captured */
  private constructor(patternOf: (characters: Characters) => string, makes: string) {
    this.#patterns = { any: new RegExp(patternOf("any"), "y"), bytes: new RegExp(patternOf("bytes"), "y") };
    // V8 makes an object of a literal far faster than one whose fields are set by name, one by one.
    this.#make = new Function("m", "own", `return ${makes}`) as Make;
  }

  /** @returns undefined if such values have no shape: arrays, and what is too large */
  static of(value: unknown): Shape | undefined {
    if (typeof value !== "object" || value === null) return undefined;
    let parts = 0;
    let captures = 0;
    const makes = describe(value);
    return makes === undefined ? undefined : new Shape(makes.pattern, makes.expression);

    function describe(part: unknown): Description | undefined {
      if (++parts > MAX_PARTS) return undefined;
      if (part === null) return { pattern: () => "null", expression: "null" };
      if (typeof part === "object") return Array.isArray(part) ? undefined : describeObject(part);
      const captured = `m[${++captures}]`;
      switch (typeof part) {
        case "string":
          return { pattern: (characters) => `"(${STRING[characters]})"`, expression: `own(${captured})` };
        case "number":
          return { pattern: () => `(${NUMBER})`, expression: `+${captured}` };
        default:
          return { pattern: () => "(true|false)", expression: `${captured} === "true"` };
      }
    }

    function describeObject(object: object): Description | undefined {
      const named: [name: string, Description][] = [];
      for (const [name, part] of Object.entries(object)) {
        const described = describe(part);
        // In a literal it would be the prototype.
        if (described === undefined || name === "__proto__") return undefined;
        named.push([JSON.stringify(name), described]);
      }
      return {
        pattern: (characters) =>
          `\\{${
            named.map(([name, { pattern }]) => `${RegExp.escape(NAME[characters](name))}: ?${pattern(characters)}`)
              .join(", ?")
          }\\}`,
        expression: `{${named.map(([name, { expression }]) => `${name}: ${expression}`).join(", ")}}`,
      };
    }
  }

  read(text: string, start: number, end: number, characters: Characters): unknown {
    const pattern = this.#patterns[characters];
    pattern.lastIndex = start;
    const captured = pattern.exec(text);
    return captured === null || pattern.lastIndex !== end ? undefined : this.#make(captured, own);
  }
}

/** How to find a part of a value in a text, and how to make it of what was found. */
interface Description {
  readonly pattern: (characters: Characters) => string;
  readonly expression: string;
}

/** From this length on V8 makes a string that is cut out of another one a window into that one; a shorter one is a copy. */
const WINDOW_LENGTH = 13;

/** A string that keeps nothing else in memory: a window would keep all of the text in which it was found. */
function own(text: string): string {
  if (text.length < WINDOW_LENGTH) return text;
  const half = WINDOW_LENGTH - 1;
  // Two short copies put together are faster than the other way: that copies at once, and leaves a window into a text of its own.
  return text.length <= 2 * half ? text.slice(0, half) + text.slice(half) : (" " + text).slice(1);
}
