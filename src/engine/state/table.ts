import type { StoredValue } from "../commit_format.ts";
import type { Json } from "../source.ts";
import type { Key } from "./key.ts";
import type { LedgerOptions } from "./ledger.ts";

/** What a table is made of. */
export type TableOptions = Omit<LedgerOptions, "layout">;

/** All that one state of an operator holds, over its keys and windows. */
export interface Table {
  /** Takes what the last commit has; to be called in order, if the state has one. */
  restore(stored: StoredSlot): void;
}

/** A slot as the last commit has it. */
export interface StoredSlot extends StoredValue {
  readonly namespace: string;
  readonly key: Key;
  /** Undefined if the state has one entry per key; else a map's own key, or the place of an element of a list. */
  readonly part: Json | undefined;
  /** Whether the next commit must store it, as it is no longer what the last one has; left out: it need not. */
  readonly isChanged?: boolean;
}

/** An entry of a state as the last commit has it. */
export interface RestoredValue {
  readonly namespace: string;
  readonly key: Key;
  /** Left out if the state has one entry per key; else a map's own key, or the place of an element of a list. */
  readonly part?: Json;
  /** As it is stored: `readStored()` takes it apart. */
  readonly value: unknown;
}
