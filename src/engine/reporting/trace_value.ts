import { MAX_WATERMARK, MIN_WATERMARK, NO_TIMESTAMP } from "../record.ts";
import type { Json } from "../source.ts";

/** Longer texts are cut. */
const MAX_TEXT = 4_000;
/** So many elements and fields are shown of each. */
const MAX_PARTS = 100;
const MAX_DEPTH = 12;

const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A value as JSON for a person to see: what JSON does not know becomes text, and what is too large is cut. */
export function traceValue(value: unknown, depth = 0): Json {
  switch (typeof value) {
    case "string":
      return value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value;
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
      return value;
    case "object":
      return value === null ? null : objectValue(value, depth);
    case "bigint":
      return `${value}n`;
    default:
      return String(value);
  }
}

function objectValue(value: object, depth: number): Json {
  if (depth >= MAX_DEPTH) return "…";
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof Uint8Array) return bytesText(value);
  if (Array.isArray(value) || value instanceof Set) {
    const all = [...value as Iterable<unknown>];
    const shown = all.slice(0, MAX_PARTS).map((element) => traceValue(element, depth + 1));
    return all.length > MAX_PARTS ? [...shown, `… ${all.length - MAX_PARTS} more`] : shown;
  }
  if (value instanceof Map) return objectValue(Object.fromEntries(value), depth);
  const entries = Object.entries(value);
  const shown = entries.slice(0, MAX_PARTS).map(([name, field]) => [name, traceValue(field, depth + 1)]);
  if (entries.length > MAX_PARTS) shown.push(["…", `${entries.length - MAX_PARTS} more`]);
  return Object.fromEntries(shown);
}

/** Bytes as text, or `base64:…` if they are no UTF-8; null stays null. */
export function bytesText(bytes: Uint8Array): string;
export function bytesText(bytes: Uint8Array | null): string | null;
export function bytesText(bytes: Uint8Array | null): string | null {
  if (bytes === null) return null;
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return `base64:${bytes.toBase64()}`;
  }
}

/** A user's function for a person: its name, or its text on one line; of an object the name of its class. */
export function functionText(fn: unknown): string | undefined {
  if (typeof fn === "object" && fn !== null) {
    const { name } = fn.constructor;
    return name === "Object" || name === "" ? undefined : name;
  }
  if (typeof fn !== "function") return undefined;
  return fn.name !== "" ? fn.name : sourceText(fn);
}

/** The text of a function on one line. */
export function sourceText(fn: unknown): string | undefined {
  if (typeof fn !== "function") return undefined;
  const text = String(fn).replace(/\s+/g, " ").replace(/\)=>/g, ") => ");
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}

/** A time as JSON has it. */
export function timeOf(ms: number): number | null {
  return ms === NO_TIMESTAMP || ms === MIN_WATERMARK || ms === MAX_WATERMARK ? null : ms;
}

/** The field, unless it is undefined. */
export function present<N extends string, V>(name: N, value: V | undefined): { readonly [P in N]?: V } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [P in N]?: V };
}
