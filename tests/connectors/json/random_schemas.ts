/** Schemas of all kinds at random, with values of which most fit. */
import fc from "fast-check";
import { z } from "zod";
import type { Schema } from "../../../src/connectors/topic.ts";

/** A schema, and JSON of which most has what it wants. */
export interface RandomSchema {
  readonly schema: Schema<unknown>;
  readonly values: fc.Arbitrary<unknown>;
}

const text = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 40 }) },
  fc.string({ unit: "binary", maxLength: 10 }),
  fc.constantFrom(
    "",
    "é",
    "日本 text",
    'a "quote"',
    "back\\slash",
    "line\nbreak",
    "\u007f",
    "\ud83d",
    "\ufffd",
    "\ufeffa",
    "x",
  ),
);
const number = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, 1.5, 0.1, 19.99, 1e21, 1e-7, 123456789012345, 1234567890123456, 0.000001, 1e300),
);
const TIMES = [
  "2026-10-19T12:34:56.789",
  "2026-10-19T12:34:56",
  "2024-02-29T00:00:00.5",
  "2026-02-29T00:00:00",
  "2026-04-31T10:00:00",
  "2026-10-19T24:00:00",
  "2026-10-19T12:34",
  "2026-10-19T12:34:56Z",
  "2026-10-19T12:34:56.7+02:00",
  "2026-10-19T12:34:56.",
  "2026-10-19 12:34:56",
  "0000-01-01T00:00:00",
  "2026-1a-19T12:34:56",
  "2026-10-19",
];
const time = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((at) =>
      at.toISOString().slice(0, -1)
    ),
  },
  fc.constantFrom(...TIMES),
);
const anything = fc.oneof(text, number, time, fc.boolean(), fc.constant(null), fc.jsonValue());

const LEAVES: readonly [Schema<unknown>, fc.Arbitrary<unknown>][] = [
  [z.string(), text],
  [z.string().min(1), text],
  [z.string().min(2).max(5), text],
  [z.string().regex(/^[a-z]/), text],
  [z.string().refine((each) => each !== "x", "it is x"), text],
  [z.string().trim(), text],
  [z.string().transform((each) => each.length), text],
  [z.string().nullable(), fc.oneof(text, fc.constant(null))],
  [z.string().optional(), text],
  [z.string().default("default"), text],
  [z.string().min(1).optional().refine((each) => each !== "x", "it is x"), text],
  [z.email(), fc.constantFrom("a@example.com", "a@b", "")],
  [z.iso.datetime({ local: true, offset: true }), time],
  [z.iso.datetime({ local: true }), time],
  [z.iso.datetime({ local: true, precision: 3 }), time],
  [z.iso.datetime(), time],
  [z.iso.date(), time],
  [z.number(), number],
  [z.int(), number],
  [z.int().nonnegative(), number],
  [z.number().gt(0).lt(100), number],
  [z.number().multipleOf(5), number],
  [z.coerce.number(), fc.oneof(number, text)],
  [z.boolean(), fc.boolean()],
  [z.enum(["a", "b c", 'd "e"']), fc.constantFrom("a", "b c", 'd "e"', "f")],
  [z.literal(["x", "y"]), fc.constantFrom("x", "y", "z")],
  [z.literal(5), fc.constantFrom(5, 6)],
  [z.null(), fc.constant(null)],
  [z.unknown(), anything],
  [z.union([z.string(), z.number()]), fc.oneof(text, number)],
  [z.array(z.number()), fc.array(number, { maxLength: 4 })],
  [z.record(z.string(), z.number()), fc.dictionary(fc.constantFrom("a", "1", "é", "__proto__"), number)],
];
/** Values at the limits of those schemas. */
const LIMITS: readonly unknown[] = [
  ...TIMES,
  ..."x y z a f d 5 12 abc 1e400".split(" "),
  ...["", "b c", 'd "e"', " x ", "é", "日本", "🛫🛫", "abcdef", "a@example.com", "\ud83d", "true"],
  ...[5, 6, 0, -0, -1, 0.5, 99.5, 100, 150, 10, 2 ** 53, 1e21, 1e-7],
  ...[null, true, false, [], [1], [1, 2.5], ["a"], [[1], []], [{}], {}, { a: 1 }, { a: "x", b: [] }],
];

/** Each kind of field in each kind of object, and JSON that has that field with each of the limits, lacks it, or has others. */
export function* limitsOfSchemas(): Generator<{ readonly schema: Schema<unknown>; readonly texts: readonly string[] }> {
  const texts = LIMITS.flatMap((value) => {
    const text = JSON.stringify(value);
    return [`{"f":${text},"g":1}`, `{"f": ${text}, "g": 1, "h": [${text}, {}, ""]}`];
  });
  const all = [...texts, '{"g":1}', '{"g":1,"f":1}', ...texts, '{"g":2}'];
  for (const [field] of LEAVES) yield { schema: KINDS[0]!({ f: field, g: z.number() }), texts: all };
  for (const field of [z.string().min(1), z.number().optional(), z.string().default("default")]) {
    for (const make of KINDS) yield { schema: make({ f: field, g: z.number() }), texts: all };
  }
}

const leaf = fc.constantFrom(...LEAVES).map(([schema, good]): RandomSchema => ({
  schema,
  values: fc.oneof({ weight: 30, arbitrary: good }, anything),
}));

const NAMES = ["a", "b", "name", "a longer name", "é", "日", "1", "0", "toString", "__proto__", 'q"', "it's", "toJSON"];

/** What an object is made of besides its fields. */
const KINDS: readonly ((fields: Record<string, Schema<unknown>>) => Schema<unknown>)[] = [
  (fields) => z.object(fields),
  (fields) => z.object(fields),
  (fields) => z.strictObject(fields),
  (fields) => z.looseObject(fields),
  (fields) => z.object(fields).partial(),
  (fields) => z.object(fields).refine((value) => Object.keys(value).length !== 2, { error: "two fields", path: ["a"] }),
  (fields) =>
    z.object(fields).refine(() => false, { error: "seldom", when: ({ value }) => Object.hasOwn(Object(value), "f") }),
  (fields) =>
    z.object(fields).superRefine((value, context) => {
      if (Object.values(value).includes("x")) context.addIssue({ code: "custom", message: "an x" });
    }),
  (fields) => z.object(fields).nullable(),
  (fields) => z.object(fields).transform((value) => ({ ...value, more: 1 })),
];

/** @param members schemas of the fields */
function objectOf(members: fc.Arbitrary<RandomSchema>): fc.Arbitrary<RandomSchema> {
  const fields = fc.uniqueArray(fc.tuple(fc.constantFrom(...NAMES), members), {
    maxLength: 6,
    selector: ([name]) => name,
  });
  return fc.tuple(fields, fc.constantFrom(...KINDS), fc.boolean()).map(([named, make, reversed]) => {
    const shape: Record<string, Schema<unknown>> = {};
    for (const [name, { schema }] of named) Object.defineProperty(shape, name, { value: schema, enumerable: true });
    const order = reversed ? named.toReversed() : named;
    const entries = order.map(([name, { values }]) =>
      fc.oneof({ weight: 40, arbitrary: values.map((value) => [[name, value]]) }, fc.constant([]))
    );
    const extra = fc.oneof({ weight: 6, arbitrary: fc.constant([]) }, anything.map((value) => [["extra", value]]));
    // Not by Object.fromEntries(): a name such as "__proto__" must be a field.
    return {
      schema: make(shape),
      values: fc.tuple(...entries, extra).map((each) => new Fields(each.flat() as [string, unknown][])),
    };
  });
}

export const randomSchema: fc.Arbitrary<RandomSchema> = objectOf(
  fc.oneof({ weight: 5, arbitrary: leaf }, objectOf(leaf)),
);

/** An object as it is written: names in this order, whatever they are. */
export class Fields {
  readonly entries: readonly [string, unknown][];

  constructor(entries: readonly [string, unknown][]) {
    this.entries = entries;
  }
}

/** JSON of a value. @param spaced as Python writes it */
export function jsonOf(value: unknown, spaced: boolean): string {
  const [comma, colon] = spaced ? [", ", ": "] : [",", ":"];
  if (value instanceof Fields) {
    return `{${
      value.entries.map(([name, part]) => `${JSON.stringify(name)}${colon}${jsonOf(part, spaced)}`).join(comma)
    }}`;
  }
  if (Array.isArray(value)) return `[${value.map((part) => jsonOf(part, spaced)).join(comma)}]`;
  return JSON.stringify(value);
}
