import { Timed } from "./expiry.ts";

/** Which state, for messages. */
export interface StateName {
  readonly uid: string;
  readonly name: string;
}

/**
 * The text of a value in a commit. One with a time to live is stored as `[last update in ms, value]`.
 *
 * @throws {TypeError} if reading the text back would not give the value: NaN, ±Infinity, bigints, functions, cycles, dates,
 *   maps and sets, also inside of arrays and objects. A field that is undefined is left out, and an object of a class comes
 *   back as a plain one.
 */
export function valueText(value: unknown, state: StateName): string {
  if (value instanceof Timed) return `[${value.lastUpdateMs},${valueText(value.value, state)}]`;
  let text: string;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    // Of a cycle the message draws a picture; its first line says it.
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw new TypeError(`Cannot store state "${state.name}" of "${state.uid}": ${reason}`, { cause: error });
  }
  // Takes less than a tenth of the time that an entry of a commit takes. There are no cycles here: they have no text.
  if (isKept(value)) return text;
  throw new TypeError(
    `Cannot store state "${state.name}" of "${state.uid}": it holds ${
      wordsForLost(value, "")
    }, which JSON does not keep; ` +
      "make it of text, finite numbers, booleans, null, and plain arrays and objects of them",
  );
}

function isKept(value: unknown): boolean {
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
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!isKept(value[i])) return false;
    return true;
  }
  if (value.constructor !== Object && isOther(value)) return false;
  for (const field in value) {
    const inner = (value as Record<string, unknown>)[field];
    if (inner !== undefined && !isKept(inner)) return false;
  }
  return true;
}

/** The first thing in a value that is not kept: `NaN in .sums[3]`. */
function wordsForLost(value: unknown, path: string): string {
  if (typeof value === "object" && value !== null && !isOther(value)) {
    const isField = !Array.isArray(value);
    for (const [field, inner] of isField ? Object.entries(value) : value.entries()) {
      if ((isField && inner === undefined) || isKept(inner)) continue;
      return wordsForLost(inner, isField ? `${path}.${field}` : `${path}[${field}]`);
    }
  }
  const at = path === "" ? "" : ` in ${path}`;
  if (typeof value === "number" || value === undefined) return `${value}${at}`;
  return `a ${typeof value === "object" ? value!.constructor.name : typeof value}${at}`;
}

/** Whether an object becomes text in a way of its own, or loses what it holds. */
function isOther(value: object): boolean {
  return value instanceof Map || value instanceof Set || "toJSON" in value;
}
