import type { StateDescriptor } from "./descriptors.ts";
import type { StateTtlConfig } from "./state_ttl_config.ts";

/** What a state's entries in a commit look like depends on this. */
export interface StateShape {
  readonly kind: StateDescriptor["kind"] | "broadcast" | "window";
  readonly version: number;
  /** Undefined if nothing expires. */
  readonly ttl: Required<StateTtlConfig> | undefined;
}

/** The shape of a state as a commit names it: its version alone for a value, else `map 1` or `value 1 ttl`. */
export type StoredShape = number | string;

export function shapeOf({ kind, version, ttl }: StateDescriptor): StateShape {
  return { kind, version, ttl: ttl?.updateType === "Disabled" ? undefined : ttl };
}

export function storedShape({ kind, version, ttl }: StateShape): StoredShape {
  if (ttl !== undefined) return `${kind} ${version} ttl`;
  return kind === "value" ? version : `${kind} ${version}`;
}

/** The version of a state of windows; undefined if it is of another kind. */
export function windowVersion(stored: StoredShape): number | undefined {
  const [kind, version] = String(stored).split(" ");
  return kind === "window" ? Number(version) : undefined;
}

/** Words for what was stored and what is described now, if the latter cannot read the former. */
export function differenceFromStored(stored: StoredShape, shape: StateShape): [was: string, is: string] | undefined {
  const [kind = "", version, ttl] = typeof stored === "number" ? ["value", String(stored)] : stored.split(" ");
  if (kind !== shape.kind) return [asKind(kind), asKind(shape.kind)];
  if ((ttl !== undefined) !== (shape.ttl !== undefined)) return [withTtl(ttl), withTtl(shape.ttl)];
  if (version !== String(shape.version)) return [`as version ${version}`, `as version ${shape.version}`];
  return undefined;
}

/** Likewise for a state in use. */
export function differenceInUse(used: StateShape, shape: StateShape): [was: string, is: string] | undefined {
  const difference = differenceFromStored(storedShape(used), shape);
  if (difference !== undefined || used.ttl === undefined) return difference;
  const [was, is] = [used, shape].map(({ ttl }) => `with TTL of ${ttlWords(ttl!)}`) as [string, string];
  return was === is ? undefined : [was, is];
}

function asKind(kind: string): string {
  return `as ${kind === "aggregating" ? "an" : "a"} ${kind} state`;
}

function withTtl(ttl: unknown): string {
  return ttl === undefined ? "without TTL" : "with TTL";
}

function ttlWords({ ttlMs, updateType, stateVisibility }: Required<StateTtlConfig>): string {
  return `${ttlMs} ms, ${updateType}, ${stateVisibility}`;
}
