import { GeneratedCode, puts } from "./generated_code.ts";
import type { SharedBytes } from "../records/shared_bytes.ts";
import { type LeafPlan, type ObjectPlan, passes, type Plan, REFUSED, type ValueInCode } from "./schema_plan.ts";
import { NO_ROOM, UNWRITTEN, writeAny, writeEscaped, writeNumber, writePlain } from "./write_bytes.ts";

/** Values of more fields and objects are not worth a function. */
const MAX_PARTS = 150;

/** @returns where the JSON ends; below 0: `UNWRITTEN` or `NO_ROOM` */
type Write = (bytes: Uint8Array, view: DataView, at: number, end: number, value: unknown) => number;

/**
 * Writes values that have the same fields in the same order as one that was written before, by a function made for them: names are
 * bytes that lie ready, and each value is checked on its way. What is written are the bytes of what `JSON.stringify()` makes of it.
 */
export class WrittenShape {
  readonly #write: Write;

  private constructor(write: Write) {
    this.#write = write;
  }

  /**
   * @param example a value that JSON keeps and the schema takes
   * @param plan of what a reader checks; left out: anything goes
   * @returns undefined if there is no shape for such a value
   */
  static of(example: unknown, plan?: Plan): WrittenShape | undefined {
    const code = new WriteCode();
    return code.value("value", example, plan) ? new WrittenShape(code.finish()) : undefined;
  }

  /** Writes a value at `at`; {@link UNWRITTEN} if it has another shape, the schema refuses it, or JSON does not keep all of it. */
  write({ bytes, view }: SharedBytes, at: number, value: unknown): number {
    try {
      return this.#write(bytes, view, at, bytes.length, value);
    } catch {
      // A function of the user's: it throws again in the usual way.
      return UNWRITTEN;
    }
  }
}

/** The code of a shape. Each method adds what writes a value at `at`, and moves `at` behind it. */
class WriteCode {
  readonly #code = new GeneratedCode();
  readonly #any = this.#code.constant(writeAny);
  readonly #escaped = this.#code.constant(writeEscaped);
  readonly #number = this.#code.constant(writeNumber);
  readonly #plain = this.#code.constant(writePlain);
  readonly #prototype = this.#code.constant(Object.prototype);
  /** Text that stands before the next value. */
  #ahead = "";
  #parts = 0;

  finish(): Write {
    this.#writeAhead();
    this.#code.add("return at;");
    return this.#code.compile("writeValue", "(bytes, view, at, end, value)");
  }

  /**
   * @param variable that has the value
   * @returns whether there is such code
   */
  value(variable: string, example: unknown, plan?: Plan): boolean {
    if (++this.#parts > MAX_PARTS) return false;
    if (plan?.kind === "zod") {
      this.#unless(`${this.#code.constant(plan.check)}(${variable}) !== ${this.#code.constant(REFUSED)}`);
    }
    // What zod alone knows may be something else each time, such as an object with names of the data.
    const isOpen = plan?.kind === "zod" && this.#parts > 1;
    if (isObject(example) && !isOpen) {
      return this.#object(variable, example, plan?.kind === "object" ? plan : undefined);
    }
    if (plan?.kind === "object") return false;
    const checked = plan?.kind === "zod" ? undefined : plan;
    if (typeof example === "string" && !isOpen) this.#text(variable, checked);
    else this.#other(variable, isOpen ? undefined : example, checked);
    return true;
  }

  #object(variable: string, example: Record<string, unknown>, plan?: ObjectPlan): boolean {
    const names = Object.keys(example);
    // What has a method of that name is not written as it is.
    if (names.includes("toJSON") || names.includes("__proto__") || !this.#mayHave(names, plan)) return false;
    this.#unless(`typeof ${variable} === "object" && ${variable} !== null && ${variable}.toJSON === undefined`);
    this.#unless(`Object.getPrototypeOf(${variable}) === ${this.#prototype}`);
    this.#code.add(
      `{ let i = 0; for (const name in ${variable}) if (name !== ${
        this.#code.constant(names)
      }[i++]) return ${UNWRITTEN};`,
    );
    this.#code.add(`if (i !== ${names.length}) return ${UNWRITTEN}; }`);
    // A reader's refinements see what the schema makes of a value. Mostly that is the value itself.
    if (plan !== undefined && plan.refinements.length > 0 && !isKept(example, plan)) return false;
    let before = "{";
    for (const name of names) {
      const part = this.#code.variable();
      this.#code.add(`const ${part} = ${variable}[${JSON.stringify(name)}];`);
      this.#ahead += `${before}${JSON.stringify(name)}:`;
      if (!this.value(part, example[name], plan?.fields.get(name)?.plan)) return false;
      before = ",";
    }
    this.#ahead += before === "{" ? "{}" : "}";
    for (const refinement of plan?.refinements ?? []) this.#unless(passes(refinement, variable, this.#code));
    return true;
  }

  #mayHave(names: readonly string[], plan: ObjectPlan | undefined): boolean {
    if (plan === undefined) return true;
    const { fields, othersAllowed } = plan;
    return (othersAllowed || names.every((name) => fields.has(name))) &&
      [...fields].every(([name, { mayBeMissing }]) => mayBeMissing || names.includes(name));
  }

  #other(variable: string, example: unknown, plan?: LeafPlan): void {
    if (plan !== undefined) this.#unless(`typeof ${variable} === "${plan.kind}"`);
    else if (typeof example === "number") this.#unless(`Number.isFinite(${variable})`);
    this.#check({ variable }, plan);
    this.#writeAhead();
    this.#move(`${typeof example === "number" ? this.#number : this.#any}(bytes, at, end, ${variable})`);
  }

  #text(variable: string, plan?: LeafPlan): void {
    this.#unless(`typeof ${variable} === "string"`);
    this.#ahead += '"';
    this.#writeAhead();
    const from = this.#code.variable();
    const next = this.#code.variable();
    this.#code.add(`const ${from} = at; let ${next} = ${this.#plain}(bytes, at, end, ${variable});`);
    this.#code.add(`if (${next} === ${UNWRITTEN}) ${next} = ${this.#escaped}(bytes, at, end, ${variable});`);
    this.#move(next);
    // Some of it is checked in its bytes, which are there now.
    this.#check({ variable, from, to: "at" }, plan);
    this.#ahead = '"';
  }

  #check(value: ValueInCode, plan: LeafPlan | undefined): void {
    for (const condition of plan?.conditions(value, this.#code) ?? []) this.#unless(condition);
  }

  #move(next: string): void {
    this.#code.add(`at = ${next}; if (at < 0) return at;`);
  }

  #writeAhead(): void {
    const { statements, length } = puts(this.#ahead);
    if (length > 0) this.#code.add(`if (at + ${length} > end) return ${NO_ROOM}; ${statements} at += ${length};`);
    this.#ahead = "";
  }

  #unless(condition: string): void {
    this.#code.add(`if (!(${condition})) return ${UNWRITTEN};`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether the schema makes of such a value the same again: no other fields, in no other order, nothing changed in them. */
function isKept(example: unknown, plan: Plan | undefined): boolean {
  if (plan?.kind !== "object") return plan !== undefined && plan.kind !== "zod";
  if (!isObject(example)) return false;
  const names = Object.keys(example);
  const made = [...plan.fields.keys()].filter((name) => Object.hasOwn(example, name));
  return names.join("\0") === made.join("\0") &&
    names.every((name) => isKept(example[name], plan.fields.get(name)!.plan));
}
