import type { ParsedShape } from "../commit_format.ts";
import { JobError } from "../errors.ts";
import { lossInJson } from "../json_value.ts";
import type { Migrate } from "./functions.ts";
import { isByEventTime, type StateShape } from "./state_shape.ts";
import type { StoredSlot } from "./table.ts";
import type { StateName } from "./value_text.ts";

/** How stored values become those that the job now describes. */
export interface Migration {
  readonly migrate: Migrate;
  /** The version that wrote them. */
  readonly from: number;
  /** The version that is described. */
  readonly to: number;
  /** Whether the part of an entry's name is a map's own key, and not the place of an element of a list. */
  readonly ofMap: boolean;
}

/**
 * The way from what is stored to what is described; undefined if there is none: the state has no `migrate()`, or was written by a
 * newer version, or differs in more than its version.
 */
export function migrationOf(stored: ParsedShape, { kind, version, ttl, migrate }: StateShape): Migration | undefined {
  const from = Number(stored.version);
  const isSame = stored.kind === kind && stored.ttl === (ttl !== undefined) && stored.eventTime === isByEventTime(ttl);
  if (migrate === undefined || !isSame || !(from < version)) return undefined;
  return { migrate, from, to: version, ofMap: kind === "map" || kind === "broadcast" };
}

/**
 * A stored value, converted: the next commit stores it anew, in one transaction with the version that it has now. So a crash before
 * that commit finds all as it was, and one after it finds nothing left to convert.
 * @throws {JobError} naming operator, state, versions and key if `migrate()` throws, or returns what a commit cannot keep
 */
export function migrated(stored: StoredSlot, migration: Migration, { uid, name }: StateName): StoredSlot {
  const { migrate, from, to, ofMap } = migration;
  const { key, part } = stored;
  try {
    const value = migrate(stored.value, { version: from, key, mapKey: ofMap ? part : undefined });
    const loss = lossInJson(value, "state");
    if (loss !== undefined) throw new TypeError(`migrate() returned ${loss}, which JSON does not keep`);
    return { ...stored, value, isChanged: true };
  } catch (error) {
    throw new JobError(
      `Cannot migrate state "${name}" of "${uid}" from version ${from} to ${to}, key ${JSON.stringify(key)}: ` +
        (error instanceof Error ? error.message : String(error)),
      { cause: error },
    );
  }
}
