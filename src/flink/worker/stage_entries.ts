/** The state of a stage on its way from the last checkpoint into a worker, and from there into the next one. */
import { AT_WORK, JOB_ENTRY, jobText, parseName } from "../../engine/commit_format.ts";
import { jobRecord } from "../../engine/runtime/job_record.ts";
import type { RunningJob } from "../../engine/runtime/running_job.ts";
import { lastOf } from "../../engine/state/changes.ts";
import { type Call, mergeJobs, numbered } from "../hand_over.ts";
import { flinkKey } from "../key_text.ts";
import { ProtocolError } from "../protocol/frame.ts";

/**
 * What a worker is handed when it is restored, and what it hands over with each checkpoint.
 *
 * Most entries belong to a key or are the same in all subtasks. Records at work in asynchronous operators belong to the subtask: Flink
 * deals them out anew when the number of subtasks changes, so those of several come here, and are numbered anew.
 */
export class StageEntries {
  readonly #asyncUids: ReadonlySet<string>;
  readonly #jobs: string[] = [];
  #entries = new Map<string, string>();
  #restoredCalls: Call[] = [];
  /** Entries of records at work, by name: all of them go into each checkpoint. */
  readonly #calls = new Map<string, string>();

  /** @param asyncUids of the stage's asynchronous operators */
  constructor(asyncUids: ReadonlySet<string>) {
    this.#asyncUids = asyncUids;
  }

  /** Takes names and texts of entries, in turn. */
  restore(texts: readonly string[]): void {
    for (let i = 0; i < texts.length; i += 2) {
      const [entry, text] = [texts[i]!, texts[i + 1]!];
      const call = this.#asyncUids.size === 0 ? undefined : this.#callOf(entry, text);
      if (entry === JOB_ENTRY) this.#jobs.push(text);
      else if (call !== undefined) this.#restoredCalls.push(call);
      else this.#entries.set(entry, text);
    }
  }

  /** The entries that the stage's operators begin with. They are not kept here. */
  takeRestored(): Map<string, string> {
    const entries = this.#entries;
    this.#entries = new Map();
    if (this.#jobs.length > 0) entries.set(JOB_ENTRY, mergeJobs(this.#jobs));
    for (const [entry, text] of numbered(this.#restoredCalls)) {
      entries.set(entry, text);
      this.#calls.set(entry, text);
    }
    this.#restoredCalls = [];
    return entries;
  }

  /** What has changed, each entry under the key that Flink keeps it by, and before it all records at work: see `CHANGES`. */
  takeChanges(job: RunningJob): (string | null)[] {
    for (const { state } of job.tasks) state.dropExpired();
    const changes: (string | null)[] = [];
    for (const [entry, value] of lastOf(job.attempt.changes.drain())) {
      const name = parseName(entry, value ?? "null");
      if (!("key" in name)) throw new ProtocolError(`Cannot commit the entry ${entry}: it belongs to no key`);
      if (name.kind !== "state" || name.state !== AT_WORK || !this.#asyncUids.has(name.uid)) {
        changes.push(flinkKey(name), entry, value);
      } else if (value === null) this.#calls.delete(entry);
      else this.#calls.set(entry, value);
    }
    const calls = [...this.#calls].flat();
    const record = jobText(jobRecord(job, { bounds: null, finishedAtMs: null, ahead: new Map() }));
    return [record, String(calls.length / 2), ...calls, ...changes];
  }

  #callOf(entry: string, text: string): Call | undefined {
    const name = parseName(entry, text);
    const isCall = name.kind === "state" && name.state === AT_WORK && this.#asyncUids.has(name.uid);
    return isCall ? { uid: name.uid, sequence: name.key as number, text } : undefined;
  }
}
