import { BROADCAST, type EntryName, keyIdOf } from "../engine/internal.ts";
import type { Json } from "../engine/mod.ts";

/**
 * A key as Flink groups by it: its JSON, with the fields of objects in order, so that keys which are one key at home are one here.
 * @throws {TypeError} if it cannot be a key
 */
export function keyText(key: unknown): string {
  const id = keyIdOf("a record", key);
  // The id of a structure is its JSON behind a NUL, which keeps it apart from texts.
  return typeof key === "object" ? (id as string).slice(1) : JSON.stringify(key as Json);
}

/** The key that Flink keeps an entry by; null for broadcast state, which belongs to no key. */
export function flinkKey(name: Extract<EntryName, { readonly key: unknown }>): string | null {
  return name.kind === "state" && name.namespace === BROADCAST ? null : keyText(name.key);
}
