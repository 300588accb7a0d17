import { parseShape, type StoredShape, storedShape } from "../commit_format.ts";
import type { StateDescriptor } from "./descriptors.ts";
import type { Migrate } from "./functions.ts";
import type { StateTtlConfig } from "./state_ttl_config.ts";

/** What a state's entries in a commit look like depends on this. */
export interface StateShape {
  readonly kind: StateDescriptor["kind"] | "broadcast" | "window" | "session";
  readonly version: number;
  /** Undefined if nothing expires. */
  readonly ttl: Required<StateTtlConfig> | undefined;
  /** Reads what older versions wrote; left out: nothing does. */
  readonly migrate?: Migrate | undefined;
}

export function shapeOf({ kind, version, ttl, migrate }: StateDescriptor): StateShape {
  return { kind, version, ttl: ttl?.updateType === "Disabled" ? undefined : ttl, migrate };
}

/** How a commit names a shape. */
export function storedShapeOf({ kind, version, ttl }: StateShape): StoredShape {
  return storedShape({ kind, version, ttl: ttl !== undefined, eventTime: isByEventTime(ttl) });
}

/** Words for what was stored and what is described now, if the latter cannot read the former. */
export function differenceFromStored(stored: StoredShape, shape: StateShape): [was: string, is: string] | undefined {
  const { kind, version, ttl, eventTime } = parseShape(stored);
  if (kind !== shape.kind) return [asKind(kind), asKind(shape.kind)];
  if (ttl !== (shape.ttl !== undefined)) return [withTtl(ttl), withTtl(!ttl)];
  if (eventTime !== isByEventTime(shape.ttl)) return [byTime(eventTime), byTime(!eventTime)];
  if (version !== String(shape.version)) return [`as version ${version}`, `as version ${shape.version}`];
  return undefined;
}

/** Words for how a state is in use and how it is described now, if one state cannot be both. */
export function differenceInUse(used: StateShape, shape: StateShape): [was: string, is: string] | undefined {
  const difference = differenceFromStored(storedShapeOf(used), shape);
  if (difference !== undefined || used.ttl === undefined) return difference;
  const [was, is] = [used, shape].map(({ ttl }) => `with TTL of ${ttlWords(ttl!)}`) as [string, string];
  return was === is ? undefined : [was, is];
}

function asKind(kind: string): string {
  return `as ${kind === "aggregating" ? "an" : "a"} ${kind} state`;
}

function withTtl(ttl: boolean): string {
  return ttl ? "with TTL" : "without TTL";
}

function byTime(eventTime: boolean): string {
  return `with TTL by ${eventTime ? "event time" : "processing time"}`;
}

/** Whether values expire by event time. */
export function isByEventTime(ttl: StateTtlConfig | undefined): boolean {
  return ttl?.ttlTimeCharacteristic === "EventTime";
}

function ttlWords({ ttlMs, updateType, stateVisibility }: Required<StateTtlConfig>): string {
  return `${ttlMs} ms, ${updateType}, ${stateVisibility}`;
}
