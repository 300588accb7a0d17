/**
 * What of a schema can be checked while a value is read or written, in code that is made for it.
 *
 * The common parts are checked by that code itself: objects with the fields that they name, texts, numbers, booleans, choices and
 * times. Every other part is checked by zod when its value is there. A plan only ever accepts: what it does not take, zod looks
 * at again, so that results and messages are zod's.
 */
import { z } from "zod";
import { compiledSchema } from "./compiled_schema.ts";
import { isPlainDateTime } from "./date_time.ts";
import type { GeneratedCode } from "./generated_code.ts";
import type { Schema } from "../topic.ts";

/** How a value is checked. */
export type Plan = ObjectPlan | LeafPlan | ZodPlan;

/** An object of which the fields are kept that it names, in their order. */
export interface ObjectPlan {
  readonly kind: "object";
  readonly fields: ReadonlyMap<string, FieldPlan>;
  /** Whether it may have other fields. */
  readonly othersAllowed: boolean;
  /** Functions of the user's that a value with good fields must pass. */
  readonly refinements: readonly Refinement[];
}

/** The user's function of a `refine()`. */
export type Refinement = (value: unknown) => unknown;

/** A field of an object. */
export interface FieldPlan {
  readonly plan: Plan;
  readonly mayBeMissing: boolean;
}

/** A value that is kept as it is. */
export interface LeafPlan {
  readonly kind: "string" | "number" | "boolean";
  /** Conditions beyond its type, as expressions. */
  readonly conditions: (value: ValueInCode, code: GeneratedCode) => string[];
}

/** A value in code that is made for it: the names of variables. */
export interface ValueInCode {
  /** Has the value. */
  readonly variable: string;
  /** Of a text: where in `bytes` it stands between its quotes, and where it ends. */
  readonly from?: string;
  readonly to?: string;
}

/** Whatever else zod makes of a value. */
export interface ZodPlan {
  readonly kind: "zod";
  /** @returns the checked value, or {@link REFUSED} */
  readonly check: (value: unknown) => unknown;
}

/** What {@link ZodPlan.check} returns for a value that does not fit. */
export const REFUSED = Symbol("refused");

type Def = z.core.$ZodTypeDef & { readonly coerce?: boolean };
type Conditions = LeafPlan["conditions"];

/** How a value of the schema is checked. */
export function planOf(schema: Schema<unknown>): Plan {
  return objectPlan(schema) ?? leafPlan(schema) ?? zodPlan(schema);
}

/** The condition that a value passes a refinement. A promise is left to zod, which refuses to wait for it. */
export function passes(refinement: Refinement, variable: string, code: GeneratedCode): string {
  return `${code.constant(isYes)}(${code.constant(refinement)}(${variable}))`;
}

function isYes(answer: unknown): boolean {
  return Boolean(answer) && !(answer instanceof Promise);
}

function zodPlan(schema: Schema<unknown>): ZodPlan {
  const compiled = compiledSchema(schema);
  return {
    kind: "zod",
    check: (value) => {
      const result = compiled.safeParse(value);
      return result.success ? result.data : REFUSED;
    },
  };
}

function objectPlan(schema: Schema<unknown>): ObjectPlan | undefined {
  if (!(schema instanceof z.ZodObject)) return undefined;
  const { shape, catchall, checks = [] } = schema._zod.def;
  const othersAllowed = catchall === undefined;
  if (!(othersAllowed || catchall instanceof z.ZodNever) || !isCompiled(schema)) return undefined;
  const refinements = refinementsOf(checks);
  if (refinements === undefined) return undefined;
  const fields = new Map<string, FieldPlan>();
  for (const name of Reflect.ownKeys(shape)) {
    if (typeof name === "symbol" || name === "__proto__") return undefined;
    const field = shape[name] as Schema<unknown>;
    const { optin, optout } = field._zod;
    fields.set(name, { plan: planOf(ofPresent(field)), mayBeMissing: optin === "optional" && optout === "optional" });
  }
  return { kind: "object", fields, othersAllowed, refinements };
}

/** What the value of a field must fit if the field is there. */
function ofPresent(field: Schema<unknown>): Schema<unknown> {
  if (!(field instanceof z.ZodOptional)) return field;
  const { innerType, checks = [] } = field._zod.def;
  return checks.length > 0 || innerType._zod.optin === "defaulted" ? field : innerType as Schema<unknown>;
}

/** Whether zod has made a function of it. Of one that names itself it does not, and that would be planned for ever. */
function isCompiled(schema: Schema<unknown>): boolean {
  return compiledSchema(schema) !== schema;
}

/** @returns undefined if one of them is more than a plain function that answers yes or no */
function refinementsOf(checks: readonly z.core.$ZodCheck<never>[]): Refinement[] | undefined {
  const refinements: Refinement[] = [];
  for (const check of checks) {
    // That one is asked under conditions only does not matter: what passes it always is taken in any case.
    const { check: kind, fn } = check._zod.def as z.core.$ZodCheckDef & { fn?: Refinement };
    if (kind !== "custom" || fn === undefined) return undefined;
    refinements.push(fn);
  }
  return refinements;
}

function leafPlan(schema: Schema<unknown>): LeafPlan | undefined {
  const def = schema._zod.def as Def;
  if (def.coerce) return undefined;
  switch (def.type) {
    case "string":
      return leaf("string", [ownFormat(def), ...checksOf(def)]);
    case "number":
      return leaf("number", [isFinite, ownFormat(def), ...checksOf(def)]);
    case "boolean":
      return leaf("boolean", checksOf(def));
    case "enum":
      return leaf("string", [choice([...schema._zod.values ?? [undefined]]), ...checksOf(def)]);
    case "literal":
      return leaf("string", [choice((def as z.core.$ZodLiteralDef<z.core.util.Literal>).values), ...checksOf(def)]);
    default:
      return undefined;
  }
}

/** @param conditions undefined for one that cannot be expressed */
function leaf(kind: LeafPlan["kind"], conditions: readonly (Conditions | undefined)[]): LeafPlan | undefined {
  if (conditions.includes(undefined)) return undefined;
  return { kind, conditions: (value, code) => conditions.flatMap((make) => make!(value, code)) };
}

const isFinite: Conditions = ({ variable }) => [`Number.isFinite(${variable})`];
const anything: Conditions = () => [];

/** A format that is the schema itself, as of `z.int()`. */
function ownFormat(def: Def): Conditions | undefined {
  const { check } = def as Def & { readonly check?: string };
  return check === undefined ? anything : checkCondition(def as unknown as z.core.$ZodCheckDef);
}

function checksOf({ checks = [] }: Def): (Conditions | undefined)[] {
  return checks.map(({ _zod: { def } }) => checkCondition(def));
}

/** @returns undefined if only zod knows what it means */
function checkCondition(def: z.core.$ZodCheckDef): Conditions | undefined {
  switch (def.check) {
    case "min_length": {
      const { minimum } = def as z.core.$ZodCheckMinLengthDef;
      // A pair of surrogates is one character.
      return minimum <= 1 ? ({ variable }) => [`${variable}.length >= ${Number(minimum)}`] : undefined;
    }
    case "greater_than":
      return bound(def as z.core.$ZodCheckGreaterThanDef, ">");
    case "less_than":
      return bound(def as z.core.$ZodCheckLessThanDef, "<");
    case "number_format":
      return (def as z.core.$ZodCheckNumberFormatDef).format === "safeint"
        ? ({ variable }) => [`Number.isSafeInteger(${variable})`]
        : undefined;
    case "string_format":
      return dateTime(def as z.core.$ZodISODateTimeDef);
    default:
      return undefined;
  }
}

function bound(
  { value, inclusive }: { readonly value: unknown; readonly inclusive: boolean },
  sign: ">" | "<",
): Conditions | undefined {
  return typeof value === "number" && !Number.isNaN(value)
    ? ({ variable }) => [`${variable} ${sign}${inclusive ? "=" : ""} ${value}`]
    : undefined;
}

function dateTime({ format, local, offset, pattern }: z.core.$ZodISODateTimeDef): Conditions | undefined {
  if (format !== "datetime" || !local || pattern === undefined) return undefined;
  // A schema may want fractions of a certain length, or bring an expression of its own.
  if (pattern.source !== z.iso.datetime({ local, offset: offset ?? false })._zod.def.pattern?.source) return undefined;
  return ({ variable, from, to }, code) => [
    `(${code.constant(isPlainDateTime)}(bytes, ${from}, ${to}) || ${code.constant(pattern)}.test(${variable}))`,
  ];
}

function choice(values: readonly unknown[]): Conditions | undefined {
  if (!values.every((value) => typeof value === "string")) return undefined;
  return ({ variable }) => [`(${values.map((value) => `${variable} === ${JSON.stringify(value)}`).join(" || ")})`];
}
