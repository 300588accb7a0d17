import type { Json } from "../source.ts";

/** What a record can be keyed by: text, a number, a boolean, or plain JSON of them. */
export type Key = Json;

/** A key as a `Map` can hold it: equal for equal keys, different for different ones. */
export type KeyId = string | number | boolean;

/** The key whose state is at work. */
export interface KeyContext {
  readonly currentKey: Key;
  readonly currentKeyId: KeyId;
}

/**
 * The id of a key. Text, numbers and booleans are their own; arrays and objects become text with their fields in order, so
 * that `{a, b}` and `{b, a}` are one key.
 *
 * @throws {TypeError} if `key` cannot be stored and read back: undefined, NaN, a function, a bigint, …
 */
export function keyId(key: unknown): KeyId {
  return keyIdOf("a record", key);
}

/**
 * The id of a key that is not a record's, such as that of a map's entry: `what` names it in messages.
 * @throws {TypeError} if `key` cannot be stored and read back: undefined, NaN, a function, a bigint, …
 */
export function keyIdOf(what: string, key: unknown): KeyId {
  switch (typeof key) {
    case "string":
      // A leading NUL marks structured keys; text that has one itself is moved out of their way.
      return key.charCodeAt(0) === 0 ? `\0${JSON.stringify(key)}` : key;
    case "number":
      if (Number.isFinite(key)) return key;
      break;
    case "boolean":
      return key;
    case "object":
      return `\0${canonicalJson(key, what)}`;
  }
  throw new TypeError(
    `Cannot key ${what} by ${typeof key} ${
      String(key)
    }: a key is text, a finite number, a boolean or plain JSON of them`,
  );
}

function canonicalJson(value: unknown, what: string): string {
  if (Array.isArray(value)) return `[${value.map((element) => canonicalJson(element, what)).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) {
      throw new TypeError(
        `Cannot key ${what} by a ${value.constructor?.name}: a key is text, a finite number, a boolean or plain JSON of them`,
      );
    }
    const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field, what)}`).join(",")}}`;
  }
  if (value === null || typeof value === "string" || typeof value === "boolean" || Number.isFinite(value)) {
    return JSON.stringify(value);
  }
  throw new TypeError(`Cannot key ${what} by an object that holds ${typeof value} ${String(value)}`);
}
