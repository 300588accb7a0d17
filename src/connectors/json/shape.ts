import { Cursor, PLAIN, UNREAD } from "./cursor.ts";
import { differsFrom, GeneratedCode } from "./generated_code.ts";
import type { SharedBytes } from "../records/shared_bytes.ts";
import { type FieldPlan, type LeafPlan, passes, type Plan, REFUSED, type ValueInCode } from "./schema_plan.ts";

/** Values of more fields and objects are not worth a function. */
const MAX_PARTS = 150;
/** So many digits make a number that a float64 keeps, and so does each power of ten with as many zeros. */
const MAX_DIGITS = 15;
const POWERS_OF_TEN = Float64Array.from({ length: MAX_DIGITS + 1 }, (_, digits) => 10 ** digits);

/** An object that is kept as it is. */
const UNPLANNED = { fields: undefined, refinements: [] };

/** @returns the value between `at` and `end` as its schema makes it; undefined: it has another shape, or is refused */
type Read = (bytes: Uint8Array, view: DataView, at: number, end: number) => unknown;

/**
 * Reads values of JSON that have the same fields in the same order as one that was read before, by a function made for them: it
 * compares the names with the bytes, checks the values as it comes to them, and makes the object that the schema would make.
 */
export class Shape {
  readonly #cursor: Cursor;
  readonly #read: Read;

  private constructor(cursor: Cursor, read: Read) {
    this.#cursor = cursor;
    this.#read = read;
  }

  /**
   * @param example a value as `JSON.parse()` makes it, which the schema takes
   * @param plan left out: anything goes
   * @returns undefined if there is no shape for such a value
   */
  static of(example: unknown, plan?: Plan): Shape | undefined {
    if (!isObject(example)) return undefined;
    const cursor = new Cursor();
    const code = new ShapeCode(cursor);
    const made = code.value(example, plan);
    return made === undefined ? undefined : new Shape(cursor, code.finish(made));
  }

  /** @returns undefined if the bytes from `start` to `end` have another shape, or the schema refuses them */
  read(shared: SharedBytes, start: number, end: number): unknown {
    this.#cursor.use(shared, end);
    try {
      return this.#read(shared.bytes, shared.view, start, end);
    } catch {
      // A function of the user's: it throws again in the usual way, if the rest of the value lets it come to that.
      return undefined;
    }
  }
}

/**
 * The code of a shape. Each method adds what reads a value at `at` and moves `at` behind it, and returns the name of the variable
 * that has it; undefined if there can be no such code.
 */
class ShapeCode {
  readonly #code = new GeneratedCode();
  readonly #cursor: string;
  readonly #plain: string;
  readonly #unread: string;
  #parts = 0;

  constructor(cursor: Cursor) {
    this.#cursor = this.#code.constant(cursor);
    this.#plain = this.#code.constant(PLAIN);
    this.#unread = this.#code.constant(UNREAD);
  }

  finish(value: string): Read {
    this.#refuseIf("at !== end");
    this.#code.add(`return ${value};`);
    return this.#code.compile("readValue", "(bytes, view, at, end)");
  }

  /** @param plan left out: anything goes */
  value(example: unknown, plan?: Plan): string | undefined {
    if (++this.#parts > MAX_PARTS) return undefined;
    // What zod alone knows may be something else each time, such as an object with names of the data.
    const isOpen = plan?.kind === "zod" && this.#parts > 1;
    const made = isOpen ? this.#any() : this.#planned(example, plan);
    if (made === undefined || plan?.kind !== "zod") return made;
    const checked = this.#code.variable();
    this.#code.add(`const ${checked} = ${this.#code.constant(plan.check)}(${made});`);
    this.#refuseIf(`${checked} === ${this.#code.constant(REFUSED)}`);
    return checked;
  }

  #planned(example: unknown, plan?: Plan): string | undefined {
    if (isObject(example)) return this.#object(example, plan);
    switch (plan?.kind) {
      case "string":
        return this.#string(plan);
      case "number":
        return this.#checked({ variable: this.#number() }, plan);
      case "boolean":
        return this.#checked({ variable: this.#boolean() }, plan);
      case "object":
        return undefined;
      default:
        return this.#any();
    }
  }

  #object(example: object, plan?: Plan): string | undefined {
    const { fields, refinements } = plan?.kind === "object" ? plan : UNPLANNED;
    const found = new Map<string, string>();
    let before = "{";
    for (const [name, part] of Object.entries(example)) {
      // In a literal it would be the prototype.
      if (name === "__proto__") return undefined;
      const field = fields?.get(name);
      this.#skip(before);
      if (before === ",") this.#skipSpace();
      this.#skip(`${JSON.stringify(name)}:`);
      this.#skipSpace();
      before = ",";
      if (fields !== undefined && field === undefined) {
        this.#any("pass");
        continue;
      }
      const made = this.value(part, field?.plan);
      if (made === undefined) return undefined;
      found.set(name, made);
    }
    this.#skip(before === "{" ? "{}" : "}");
    if (fields !== undefined && !isComplete(fields, found)) return undefined;
    const names = fields === undefined ? [...found.keys()] : [...fields.keys()].filter((name) => found.has(name));
    const made = this.#code.variable();
    // V8 makes an object of a literal far faster than one whose fields are set by name, one by one.
    this.#code.add(
      `const ${made} = {${names.map((name) => `${JSON.stringify(name)}: ${found.get(name)}`).join(", ")}};`,
    );
    for (const refinement of refinements) this.#refuseUnless(passes(refinement, made, this.#code));
    return made;
  }

  #string(plan: LeafPlan): string {
    const text = this.#code.variable();
    this.#refuseIf("bytes[at] !== 0x22");
    this.#code.add(`const ${text}From = ++at; let ${text};`);
    this.#code.add(`while (${this.#plain}[bytes[at]] === 1) at++;`);
    this.#code.add(`if (bytes[at] === 0x22) ${text} = ${this.#cursor}.plainText(${text}From, at++ - ${text}From);`);
    this.#code.add(
      `else { ${this.#cursor}.at = at; ${text} = ${this.#cursor}.otherText(${text}From); at = ${this.#cursor}.at; }`,
    );
    this.#refuseIf(`${text} === ${this.#unread}`);
    return this.#checked({ variable: text, from: `${text}From`, to: "at - 1" }, plan);
  }

  #number(): string {
    const number = this.#code.variable();
    const powers = this.#code.constant(POWERS_OF_TEN);
    this.#code.add(`let ${number} = 0; {
      const from = at; const sign = bytes[at] === 0x2d ? -1 : 1; if (sign < 0) at++;
      const first = at; let point = -1; let digit;
      while ((digit = bytes[at] - 0x30) >= 0 && digit < 10) { ${number} = ${number} * 10 + digit; at++; }
      let digits = at - first;
      if (bytes[at] === 0x2e && digits > 0) {
        const behind = ++at;
        while ((digit = bytes[at] - 0x30) >= 0 && digit < 10) { ${number} = ${number} * 10 + digit; at++; }
        point = at - behind; digits += point;
      }
      if (digits === 0 || digits > ${MAX_DIGITS} || point === 0 || bytes[at] === 0x65 || bytes[at] === 0x45 ||
        (bytes[first] === 0x30 && point < 0 && digits > 1) || (bytes[first] === 0x30 && point > 0 && digits > point + 1)) {
        ${number} = ${this.#cursor}.otherNumber(from); at = ${this.#cursor}.at;
        if (${number} === ${this.#unread}) return undefined;
      } else ${number} = sign * (point > 0 ? ${number} / ${powers}[point] : ${number});
    }`);
    return number;
  }

  #boolean(): string {
    const made = this.#any();
    this.#refuseIf(`typeof ${made} !== "boolean"`);
    return made;
  }

  #any(how: "any" | "pass" = "any"): string {
    const made = this.#code.variable();
    this.#code.add(`${this.#cursor}.at = at; const ${made} = ${this.#cursor}.${how}(); at = ${this.#cursor}.at;`);
    this.#refuseIf(`${made} === ${this.#unread}`);
    return made;
  }

  #checked(value: ValueInCode, plan: LeafPlan): string {
    for (const condition of plan.conditions(value, this.#code)) this.#refuseUnless(condition);
    return value.variable;
  }

  #skip(text: string): void {
    const { condition, length } = differsFrom(text);
    this.#refuseIf(condition);
    this.#code.add(`at += ${length};`);
  }

  /** Python writes a space there. */
  #skipSpace(): void {
    this.#code.add("if (bytes[at] === 0x20) at++;");
  }

  #refuseIf(condition: string): void {
    this.#code.add(`if (${condition}) return undefined;`);
  }

  #refuseUnless(condition: string): void {
    this.#refuseIf(`!(${condition})`);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isComplete(fields: ReadonlyMap<string, FieldPlan>, found: ReadonlyMap<string, string>): boolean {
  return [...fields].every(([name, { mayBeMissing }]) => mayBeMissing || found.has(name));
}
