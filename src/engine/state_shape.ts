/** The kind and version of a state, as a commit names it. */

/** Kinds and versions of an operator's states, by name. */
export type StateVersions = Readonly<Record<string, StoredShape>>;

/** The shape of a state as a commit names it: its version alone for a value, else `map 1`, `value 1 ttl` or `value 1 ttl event-time`. */
export type StoredShape = number | string;

/** A {@link StoredShape}, taken apart. */
export interface ParsedShape {
  /** "value", "list", "map", "reducing", "aggregating", "broadcast", "window", "session". */
  readonly kind: string;
  readonly version: string;
  /** Whether its values have a time to live. */
  readonly ttl: boolean;
  /** Whether that goes by event time, and not by the machine's clock. */
  readonly eventTime: boolean;
}

export function storedShape(
  { kind, version, ttl, eventTime }: Omit<ParsedShape, "version"> & { readonly version: number },
): StoredShape {
  if (ttl) return `${kind} ${version} ttl${eventTime ? " event-time" : ""}`;
  return kind === "value" ? version : `${kind} ${version}`;
}

export function parseShape(stored: StoredShape): ParsedShape {
  if (typeof stored === "number") return { kind: "value", version: String(stored), ttl: false, eventTime: false };
  const [kind = "", version = "", ttl, eventTime] = stored.split(" ");
  return { kind, version, ttl: ttl !== undefined, eventTime: eventTime !== undefined };
}
