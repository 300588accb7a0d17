/** What Flink keeps of a stage from one checkpoint to the next. */
import { assertEquals } from "@std/assert";
import type { StageState } from "../../../src/flink/hand_over.ts";
import { subtaskOf } from "./row.ts";

type Call = readonly [entry: string, text: string];

/** The state of all subtasks of a stage. */
export class KeptState {
  /** By key: entries by name. */
  readonly #keyed = new Map<string, Map<string, string>>();
  /** What belongs to no key, and is the same in all subtasks. */
  readonly #shared = new Map<string, string>();
  /** Records at work in asynchronous operators, of all subtasks. */
  #calls: Call[] = [];
  /** The `job` entry of each subtask. */
  #jobs: string[] = [];

  /** @param initial what the stage goes on from; left out: it begins anew */
  constructor(initial?: StageState) {
    if (initial === undefined) return;
    this.#jobs = [initial.job];
    this.#calls = initial.calls.map((call) => call.split("\n", 2) as unknown as Call);
    this.#putAll(initial.entries);
  }

  /** Takes a checkpoint. @param changes of all subtasks, each as the body of `CHANGES` */
  take(changes: readonly (readonly (string | null)[])[]): void {
    this.#calls = [];
    this.#jobs = [];
    const shared = new Set<string>();
    for (const [job, calls, ...texts] of changes) {
      this.#jobs.push(job!);
      for (let left = Number(calls); left > 0; left--) this.#calls.push(texts.splice(0, 2) as unknown as Call);
      this.#putAll(texts);
      shared.add(JSON.stringify(texts.filter((_, i) => texts[i - i % 3] === null)));
    }
    // Whichever subtask's Flink restores, it is the same.
    assertEquals(shared.size <= 1, true, `shared state differs: ${[...shared].join(" / ")}`);
  }

  /** Names and texts of entries that a subtask is restored with. */
  textsFor(subtask: number, parallelism: number): string[] {
    const texts = this.#jobs.flatMap((job) => ['["job"]', job]);
    for (const entry of this.#shared) texts.push(...entry);
    // As Flink deals out lists.
    for (const [i, call] of this.#calls.entries()) if (i % parallelism === subtask) texts.push(...call);
    for (const [key, entries] of this.#keyed) {
      if (subtaskOf(key, parallelism) === subtask) { for (const entry of entries) texts.push(...entry); }
    }
    return texts;
  }

  /** All of it, as the runner writes out a savepoint. */
  *exported(stage: number): Iterable<readonly [name: string, text: string]> {
    for (const [i, call] of this.#calls.entries()) yield [JSON.stringify(["call", stage, i]), call.join("\n")];
    for (const [subtask, job] of this.#jobs.entries()) yield [JSON.stringify(["job", stage, subtask]), job];
    yield* this.#shared;
    for (const entries of this.#keyed.values()) yield* entries;
  }

  /** @param texts key, name and text of each entry, in turn */
  #putAll(texts: readonly (string | null)[]): void {
    for (let i = 0; i < texts.length; i += 3) {
      const [key, entry, text] = [texts[i]!, texts[i + 1]!, texts[i + 2]!];
      const entries = key === null ? this.#shared : this.#ofKey(key);
      if (text === null) entries.delete(entry);
      else entries.set(entry, text);
    }
  }

  #ofKey(key: string): Map<string, string> {
    let entries = this.#keyed.get(key);
    if (entries === undefined) this.#keyed.set(key, entries = new Map());
    return entries;
  }
}
