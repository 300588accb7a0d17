/** Edits the values of a job's states with a script of one's own. */
import { createRequire } from "node:module";
import { resolve } from "node:path";
import type { Broker } from "../../connectors/broker.ts";
import { BrokerError } from "../../connectors/broker_errors.ts";
import { entryText, lossInJson } from "../../engine/internal.ts";
import type { Json } from "../../engine/mod.ts";
import { type Entries, shapeOf, stateEntriesOf, type StateEntry, valueOf } from "../../inspect/commit.ts";
import { formatCount, type Logger, UsageError } from "../../utils.ts";
import { withLease } from "./change.ts";
import { readCommit } from "./jobs.ts";

/** An entry of a job's state, as a script sees it: the value of a key, an element of its list, an entry of its map. */
export interface EditedEntry {
  /** Name, or uid, of the operator. */
  readonly operator: string;
  /** Name of the state. */
  readonly state: string;
  /** The window that it belongs to, such as "1767225600000:1767225660000"; empty for what belongs to a key alone. */
  readonly namespace: string;
  /** Whose value it is: what the stream is keyed by. */
  readonly key: Json;
  /** Under which key a map has it; undefined in states of other kinds. */
  readonly mapKey: Json | undefined;
  /** The version of its state. */
  readonly version: number;
  /** When it was last updated, ms since the Unix epoch; undefined if it has no time to live. */
  readonly lastUpdateMs: number | undefined;
  /** What the state holds: JSON, of the type that the job's descriptor has. */
  // deno-lint-ignore no-explicit-any -- what it is, the script knows
  readonly value: any;
}

/**
 * The default export of a script for `deno task state JOB edit SCRIPT`: called with each entry, it returns the entry as it is, a copy
 * with another `value`, or undefined: that entry is removed.
 */
export type EditState = (entry: EditedEntry) => EditedEntry | undefined;

/** What is to be edited, and how. */
export interface EditOptions {
  /** Path of the script. */
  readonly script: string;
  /** Whether the commit is changed, and not only shown what would be. */
  readonly write: boolean;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Takes a line for each entry that changes. */
  readonly print: (text: string) => Promise<void>;
}

/** What a script makes of one entry. */
interface Edit {
  readonly entry: EditedEntry;
  /** The name that the store has it under. */
  readonly name: string;
  /** What it holds from now on; undefined: it is removed. */
  readonly value: Json | undefined;
  /** The same as it is stored. */
  readonly text: string | null;
}

/**
 * Shows what a script would make of the job's states, or does it: all of it in one transaction, or nothing.
 *
 * @throws {JobActiveError} if it is to write while an instance of the job is active
 * @throws {UsageError} if the script cannot be used
 * @throws {BrokerError} naming the entry at which it throws, or of which it makes what a commit cannot keep
 */
export async function editState(broker: Broker, job: string, options: EditOptions): Promise<void> {
  const { script, write, logger, signal, print } = options;
  const edit = loadScript(script);
  const committed = await readCommit(broker, job);
  const report = async (edits: readonly Edit[], entries: Entries) => {
    await print(edits.map(editLine).join(""));
    const count = Iterator.from(stateEntriesOf(entries)).reduce((sum) => sum + 1, 0);
    const removed = edits.filter(({ text }) => text === null).length;
    const [done, changes] = write ? ["Changed", edits.length - removed] : ["Would change", edits.length - removed];
    logger.info(
      `${done} ${formatCount(changes)} and ${write ? "removed" : "remove"} ${formatCount(removed)} of the ` +
        `${formatCount(count)} entries of state of ${job}`,
    );
  };
  if (!write) {
    const edits = editsOf(job, committed, edit);
    await report(edits, committed);
    if (edits.length > 0) logger.info("Nothing was changed: stop the job and add --write to do it");
    return;
  }
  await withLease(broker, { job, topics: [], signal }, async (lease) => {
    const entries = await lease.restore();
    const edits = editsOf(job, entries, edit);
    if (edits.length > 0) {
      await lease.commit({ changes: edits.map(({ name, text }) => [name, text] as const), positions: [] });
    }
    await report(edits, entries);
  });
}

/** @throws {UsageError} if the script cannot be loaded, or exports no function */
function loadScript(script: string): EditState {
  let module: { readonly default?: unknown };
  try {
    // It loads modules as import() does, whose names a package may not compute.
    module = createRequire(import.meta.url)(resolve(script));
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split("\n");
    throw new UsageError(`Cannot edit with "${script}": ${reason}`);
  }
  if (typeof module.default === "function") return module.default as EditState;
  throw new UsageError(
    `Cannot edit with "${script}": its default export must be a function, (entry) => entry, but is ${module.default}`,
  );
}

/** What the script changes; entries that it returns as they were are left out. */
function editsOf(job: string, entries: Entries, edit: EditState): Edit[] {
  const edits: Edit[] = [];
  for (const stored of stateEntriesOf(entries)) {
    const { uid, state, namespace, key, part, entry: name } = stored;
    const shape = shapeOf(entries, uid, state);
    const kept = valueOf(shape, stored);
    const entry: EditedEntry = Object.freeze({
      operator: uid,
      state,
      namespace,
      key,
      mapKey: shape.kind === "list" ? undefined : part,
      version: Number(shape.version),
      lastUpdateMs: kept.lastUpdateMs,
      value: kept.value,
    });
    try {
      const edited: unknown = edit(entry);
      if (edited === undefined) {
        edits.push({ entry, name, value: undefined, text: null });
        continue;
      }
      const value = valueIn(edited, entry);
      const text = entryText(shape, { ...kept, value });
      if (text !== stored.text) edits.push({ entry, name, value: value as Json, text });
    } catch (error) {
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      throw new BrokerError(`Cannot edit "${job}" at ${placeOf(stored)}: ${reason}; nothing was changed`, {
        cause: error,
      });
    }
  }
  return edits;
}

/** @throws {TypeError} if it is no entry with another value and nothing else */
function valueIn(edited: unknown, entry: EditedEntry): unknown {
  if (typeof edited !== "object" || edited === null || !("value" in edited)) {
    throw new TypeError("the script must return an entry, or undefined to remove it");
  }
  for (const field of ["operator", "state", "namespace", "key", "mapKey", "version", "lastUpdateMs"] as const) {
    const is = (edited as Partial<EditedEntry>)[field];
    if (is !== entry[field]) throw new TypeError(`the script has changed its ${field}: it can change the value only`);
  }
  const loss = lossInJson(edited.value, "state");
  if (loss !== undefined) throw new TypeError(`its new value is or holds ${loss}, which JSON does not keep`);
  return edited.value;
}

function placeOf({ uid, state, namespace, key, part }: StateEntry): string {
  return [
    `operator "${uid}", state "${state}", key ${JSON.stringify(key)}`,
    ...(part === undefined ? [] : [JSON.stringify(part)]),
    ...(namespace === "" ? [] : [`window ${namespace}`]),
  ].join(", ");
}

function editLine({ entry, value }: Edit): string {
  const { operator, state, namespace, key, mapKey, value: was } = entry;
  return `${JSON.stringify({ operator, state, namespace, key, mapKey, was, is: value })}\n`;
}
