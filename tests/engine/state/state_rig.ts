import { JOB_ENTRY, type JobRecord, jobText } from "../../../src/engine/commit_format.ts";
import { Snapshot } from "../../../src/engine/runtime/snapshot.ts";
import { applyChanges, Changes, lastOf } from "../../../src/engine/state/changes.ts";
import type { Key } from "../../../src/engine/state/key.ts";
import { KeyedStateBackend } from "../../../src/engine/state/keyed_state_backend.ts";
import type { KeyedStateStore } from "../../../src/engine/state/state.ts";

/** The state of one operator, "op", with a clock moved by hand and a store of its own. */
export class StateRig {
  readonly backend: KeyedStateBackend;
  readonly store: KeyedStateStore;
  nowMs: number;
  /** What commits have stored. */
  readonly entries: Map<string, string>;
  readonly changes = new Changes();

  constructor(entries: Map<string, string> = new Map(), nowMs = 0) {
    this.entries = entries;
    this.nowMs = nowMs;
    // No particular order, at least not the one in which they were stored.
    const snapshot = new Snapshot(new Map([...entries].sort(([a], [b]) => (a < b ? -1 : 1))));
    this.backend = new KeyedStateBackend("op", this.changes, {
      restored: snapshot.takeState("op"),
      versions: snapshot.job?.versions.op,
      now: () => this.nowMs,
    });
    this.store = this.backend.store();
    this.backend.setCurrentKey("a");
  }

  /** The key at work; "a" to begin with. */
  key(key: Key): this {
    this.backend.setCurrentKey(key);
    return this;
  }

  at(nowMs: number): this {
    this.nowMs = nowMs;
    return this;
  }

  /** Stores what has changed. @returns the changes, names without what begins all of them */
  commit(): [string, string | null][] {
    const changes = [...lastOf(this.changes.drain())];
    applyChanges(this.entries, changes);
    const job = { format: 1, versions: { op: this.backend.versions() } } as unknown as JobRecord;
    this.entries.set(JOB_ENTRY, jobText(job));
    return changes.map(([entry, value]) => [entry.replace('["state","op",', "["), value]);
  }

  /** A new backend with what the last commit has; time goes on. */
  restart(): StateRig {
    return new StateRig(new Map(this.entries), this.nowMs);
  }
}
