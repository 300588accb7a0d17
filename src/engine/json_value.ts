/**
 * Finds what JSON does not keep of a value, before text is made of it: while the record that brought it can still be taken back.
 *
 * `JSON.stringify()` silently writes `NaN` as null and a `Map` as `{}`, and leaves functions out. State and output are stored as
 * JSON, so both are checked first: state in `update()` and its like, output in a sink's `write()`.
 */

/** How the text of a value is used: read back as the same value (state), or by other programs (output). */
export type JsonUse = "state" | "output";

/** Deeper values are checked one by one, with a look-out for cycles. */
const MAX_PLAIN_DEPTH = 50;

/**
 * The part of a value that JSON does not keep, as the end of a sentence: "NaN in .sums[3]"; undefined if all is kept. A field
 * that is undefined counts as left out, and an object of a class as its fields.
 *
 * An object with its own `toJSON()`, such as a Date, is kept as output by what that returns; as state it is not, as it would
 * come back as something else.
 */
export function lossInJson(value: unknown, use: JsonUse): string | undefined {
  return isPlainJson(value) ? undefined : findLoss(value, "", use, []);
}

/**
 * Whether a value is made of text, finite numbers, booleans, null, and plain arrays and objects of them: then JSON keeps it. This
 * is the fast check that nearly all values pass.
 */
export function isPlainJson(value: unknown, depth = 0): boolean {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value);
    case "string":
    case "boolean":
      return true;
    case "object":
      break;
    default:
      return false;
  }
  if (value === null) return true;
  if (depth > MAX_PLAIN_DEPTH) return false;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!isPlainJson(value[i], depth + 1)) return false;
    return true;
  }
  if (value.constructor !== Object) return false;
  for (const field in value) {
    const inner = (value as Record<string, unknown>)[field];
    // Saves the call for most fields.
    if (typeof inner === "string" || inner === undefined) continue;
    if (!isPlainJson(inner, depth + 1)) return false;
  }
  return true;
}

/** @param above the objects that the value lies in, to notice a cycle */
function findLoss(value: unknown, path: string, use: JsonUse, above: readonly object[]): string | undefined {
  const at = path === "" ? "" : ` in ${path}`;
  switch (typeof value) {
    case "string":
    case "boolean":
      return undefined;
    case "number":
      return Number.isFinite(value) ? undefined : `${value}${at}`;
    case "undefined":
      return `undefined${at}`;
    case "object":
      return value === null ? undefined : findLossInObject(value, path, use, above);
    case "bigint":
      // Some programs define toJSON() for them.
      if (use === "output" && "toJSON" in BigInt.prototype) return undefined;
  }
  return `a ${typeof value}${at}`;
}

function findLossInObject(value: object, path: string, use: JsonUse, above: readonly object[]): string | undefined {
  const at = path === "" ? "" : ` in ${path}`;
  if (above.includes(value)) return `a cycle${at}`;
  const within = [...above, value];
  if ("toJSON" in value && typeof value.toJSON === "function") {
    if (use === "state") return `${named(value)}${at}`;
    const said: unknown = value.toJSON("");
    if (said === null && value instanceof Date) return `an invalid Date${at}`;
    // JSON does not call toJSON() of its result.
    return typeof said === "object" && said !== null
      ? findLossInFields(said, path, use, within)
      : findLoss(said, path, use, within);
  }
  return vanishes(value) ? `${named(value)}${at}` : findLossInFields(value, path, use, within);
}

function findLossInFields(value: object, path: string, use: JsonUse, above: readonly object[]): string | undefined {
  if (Array.isArray(value)) {
    // By index: an iterator of entries skips a hole, and JSON writes null for it.
    for (let i = 0; i < value.length; i++) {
      const loss = findLoss(value[i], `${path}[${i}]`, use, above);
      if (loss !== undefined) return loss;
    }
    return undefined;
  }
  for (const [field, inner] of Object.entries(value)) {
    if (inner === undefined) continue;
    const loss = findLoss(
      inner,
      `${path}${IDENTIFIER.test(field) ? `.${field}` : `[${JSON.stringify(field)}]`}`,
      use,
      above,
    );
    if (loss !== undefined) return loss;
  }
  return undefined;
}

const IDENTIFIER = /^[\p{L}_$][\p{L}\p{N}_$]*$/u;

/** Whether an object's content is not in its fields: JSON has `{}` for a Map, a Promise or a RegExp, and no message of an Error. */
function vanishes(value: object): boolean {
  if (value instanceof Map || value instanceof Set || value instanceof Error || ArrayBuffer.isView(value)) return true;
  const prototype = Object.getPrototypeOf(value);
  const isPlain = prototype === null || prototype === Object.prototype || Array.isArray(value);
  return !isPlain && Object.keys(value).length === 0;
}

function named(value: object): string {
  const name = (value.constructor as { name?: unknown } | undefined)?.name;
  return typeof name !== "string" || name === ""
    ? "an object"
    : `${/^(?:[AEIO]|U(?!int))/.test(name) ? "an" : "a"} ${name}`;
}
