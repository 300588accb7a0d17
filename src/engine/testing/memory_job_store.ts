import { entriesOf, type EntryName, jobRecordOf, nameWithoutKind, parseValue } from "../commit_format.ts";
import type { DeadLetter, JobCommit, JobRequest, JobSession, JobStore } from "../job_store.ts";
import type { Position } from "../source.ts";
import type { Sink, SinkWriter } from "../sink.ts";
import { applyChanges, lastOf } from "../state/changes.ts";

/** A record that a sink has got. */
export interface Written {
  /** Name of the sink. */
  readonly sink: string;
  /** The record's value. */
  readonly value: unknown;
  /** Event time, ms since the Unix epoch, or `NO_TIMESTAMP`. */
  readonly timestampMs: number;
}

/** The content of one commit. */
export interface Commit {
  /** Entries that changed; null for those that were deleted. */
  readonly changes: ReadonlyMap<string, string | null>;
  /** How far topics had been read. */
  readonly positions: readonly Position[];
  /** Records that became durable. */
  readonly output: readonly Written[];
  /** Dead letters that became durable. */
  readonly letters: readonly DeadLetter[];
}

/** A failure that passes: the job goes back to its last commit and tries again. */
export class RetriableError extends Error {
  /** Names the class in messages. */
  override name = "RetriableError";
  /** As of a broker that is away: the job makes another attempt. */
  readonly code = "BROKER_UNAVAILABLE";
}

/**
 * A job's store in memory: what is not committed is lost with its session, and a commit is kept as a whole. With at-least-once
 * delivery output is durable as soon as it is flushed, even if the job dies before the commit.
 *
 * A test makes it fail by throwing from `beforeCommit`, when nothing is kept, or from `afterCommit`, when all is kept but the job
 * does not know.
 */
export class MemoryJobStore implements JobStore {
  /** For messages. */
  description = "the store";
  /** The entries of the last commit. */
  readonly entries: Map<string, string> = new Map();
  /** The commits that succeeded, in order. */
  readonly commits: Commit[] = [];
  /** The requests of jobs, in order. */
  readonly requests: JobRequest[] = [];
  /** All sessions in order; the last one may be open. */
  readonly sessions: MemoryJobSession[] = [];
  /** All durable records of sinks that write to this store, in order. */
  readonly output: Written[] = [];
  /** All durable dead letters, in order. */
  readonly letters: DeadLetter[] = [];
  /** Commits so far, those that failed included. */
  attemptedCommits = 0;
  /**
   * Called in each commit; if it throws, the commit fails and nothing of it is kept.
   * @param number of the commit, counted from 1 over all sessions, those that failed included
   */
  beforeCommit: (number: number, session: MemoryJobSession) => void = () => {};
  /** Called when a commit has been kept; if it throws, the job gets that error instead of the result. */
  afterCommit: (number: number, session: MemoryJobSession) => void = () => {};
  /** Called when a job requests a session, which it gets when the promise has settled. */
  onOpen: (request: JobRequest) => void | Promise<void> = () => {};
  /** For `JobHarness`: called where a job can be made to crash, by throwing. */
  onMoment: (moment: "beforeOutput" | "beforeCommit" | "afterCommit") => void = () => {};

  /**
   * A session for one attempt of a job.
   * @throws {Error} while another session is open: there is no standing by here, unless `onOpen` waits
   */
  async openJob(request: JobRequest): Promise<MemoryJobSession> {
    this.requests.push(request);
    request.signal.throwIfAborted();
    await this.onOpen(request);
    if (this.sessions.some(({ closed }) => !closed)) throw new Error("A second session was opened beside an open one");
    const session = new MemoryJobSession(this, request.exactlyOnce);
    this.sessions.push(session);
    return session;
  }

  /** A sink whose records become durable with the commit. `TestSink` also keeps the type of its records. */
  sink<T>(name: string): Sink<T> {
    return {
      description: `memory "${name}"`,
      exactlyOnceWith: (store) => store === this,
      open: ({ session }): Promise<SinkWriter<T>> => Promise.resolve(writerOf<T>(session, name)),
    };
  }

  /** Values of {@link MemoryJobStore.output}. */
  get values(): unknown[] {
    return this.output.map(({ value }) => value);
  }

  /** The entry of the job itself in the last commit: watermarks, bounds and what state depends on. */
  get job(): Record<string, unknown> {
    return { ...jobRecordOf(this.entries)! };
  }

  /** Entries of one kind by what follows the kind: `{ '["words","w-0"]': { position: 3 } }`. */
  entriesOf(kind: EntryName["kind"]): Record<string, unknown> {
    const found = [...entriesOf(this.entries, kind)];
    return Object.fromEntries(found.map(([, text, entry]) => [nameWithoutKind(entry), parseValue(entry, text)]));
  }
}

/** A session of a job in a {@link MemoryJobStore}. */
export class MemoryJobSession implements JobSession {
  readonly deadLetters = "job.dead-letters";
  /** The store of the session. */
  readonly store: MemoryJobStore;
  /** The calls of the job, in order: "restore", "reset", "flush", "commit". */
  readonly calls: string[] = [];
  /** Whether it was closed. */
  closed = false;
  /** Called when it is closed. */
  onClose: () => void | Promise<void> = () => {};
  /** Whether the memory for output counts as full, so that the job commits as soon as it can; any commit clears it. */
  full = false;
  readonly #exactlyOnce: boolean;
  readonly #lost = new AbortController();
  #output: Written[] = [];
  #letters: DeadLetter[] = [];

  /** @internal */
  constructor(store: MemoryJobStore, exactlyOnce: boolean) {
    this.store = store;
    this.#exactlyOnce = exactlyOnce;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Ends the session's right to commit, as if another instance had taken over. */
  lose(reason: Error): void {
    this.#lost.abort(reason);
  }

  get pendingRecords(): number {
    return this.full ? Number.POSITIVE_INFINITY : this.#output.length + this.#letters.length;
  }

  /** Records that are not durable yet. */
  get pendingOutput(): readonly Written[] {
    return this.#output;
  }

  /** Dead letters that are not durable yet. */
  get pendingDeadLetters(): readonly DeadLetter[] {
    return this.#letters;
  }

  /** Adds a record that becomes durable with the next commit. */
  write(record: Written): void {
    this.store.onMoment("beforeOutput");
    this.#output.push(record);
  }

  /** Takes back the last records written since the last flush or commit. */
  takeBack(records: number): void {
    this.#output.splice(this.#output.length - records);
  }

  deadLetter(letter: DeadLetter): void {
    this.#letters.push(letter);
  }

  restore(): Promise<Map<string, string>> {
    this.calls.push("restore");
    // In another order: no job may rely on the order in which they were written.
    return Promise.resolve(new Map([...this.store.entries].sort(([a], [b]) => (a < b ? 1 : -1))));
  }

  reset(): Promise<void> {
    this.calls.push("reset");
    this.store.entries.clear();
    return Promise.resolve();
  }

  flush(): Promise<void> {
    this.calls.push("flush");
    if (!this.#exactlyOnce) this.#keep();
    return Promise.resolve();
  }

  async commit({ changes, positions }: JobCommit): Promise<void> {
    const { store } = this;
    const number = ++store.attemptedCommits;
    this.calls.push("commit");
    this.full = false;
    // The answer of a real store takes a while too.
    await Promise.resolve();
    if (this.closed) throw new Error("The session is closed");
    this.#lost.signal.throwIfAborted();
    store.onMoment("beforeCommit");
    store.beforeCommit(number, this);
    const kept = lastOf(changes);
    applyChanges(store.entries, kept);
    store.commits.push({ changes: kept, positions: [...positions], ...this.#keep() });
    store.onMoment("afterCommit");
    store.afterCommit(number, this);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.#output = [];
    this.#letters = [];
    await this.onClose();
  }

  #keep(): Pick<Commit, "output" | "letters"> {
    const [output, letters] = [this.#output, this.#letters];
    this.#output = [];
    this.#letters = [];
    for (const record of output) this.store.output.push(record);
    for (const letter of letters) this.store.letters.push(letter);
    return { output, letters };
  }
}

/** The writer of a sink in the session of a {@link MemoryJobStore}. */
export function writerOf<T>(session: JobSession | undefined, sink: string): SinkWriter<T> {
  if (!(session instanceof MemoryJobSession)) {
    throw new TypeError(
      `Cannot open test sink "${sink}": the job's store must be a MemoryJobStore, as in a JobHarness`,
    );
  }
  return {
    write: (value, timestampMs) => session.write({ sink, value, timestampMs }),
    takeBack: (records) => session.takeBack(records),
  };
}
