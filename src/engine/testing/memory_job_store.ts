import { entriesOf, type EntryName, jobRecordOf, nameWithoutKind, parseValue } from "../commit_format.ts";
import type { DeadLetter, JobCommit, JobRequest, JobSession, JobStore } from "../job_store.ts";
import type { Position } from "../source.ts";
import type { Sink, SinkWriter } from "../sink.ts";
import { lastOf } from "../state/changes.ts";

/** A record as a sink got it. */
export interface Written {
  /** Name of the sink. */
  readonly sink: string;
  /** As the sink got it. */
  readonly value: unknown;
  /** Event time, ms since the Unix epoch, or `NO_TIMESTAMP`. */
  readonly timestampMs: number;
}

/** What one commit made lasting. */
export interface Commit {
  /** Entries that changed; null for those that are gone. */
  readonly changes: ReadonlyMap<string, string | null>;
  /** How far topics had been read. */
  readonly positions: readonly Position[];
  /** Records that became lasting. */
  readonly output: readonly Written[];
  /** Dead letters, likewise. */
  readonly letters: readonly DeadLetter[];
}

/** Trouble that passes: a job that meets it begins again from its last commit. */
export class RetriableError extends Error {
  /** Names the class in messages. */
  override name = "RetriableError";
  /** Tells programs to print the message alone. */
  readonly expected = true;
  /** Tells the job to try again. */
  readonly retriable = true;
}

/**
 * A job's store in memory: what is not committed is gone with its session, and all of a commit is there at once. A job that
 * asks for at least once sees its output last as soon as it is flushed, also if it dies before the commit.
 *
 * A test makes it fail by throwing from `beforeCommit`, where nothing is kept, or from `afterCommit`, where all is kept but
 * the job does not learn it.
 */
export class MemoryJobStore implements JobStore {
  /** For messages. */
  description = "the store";
  /** What the last commit has, text by text. */
  readonly entries = new Map<string, string>();
  /** Those that succeeded, in order. */
  readonly commits: Commit[] = [];
  /** What jobs asked for, in order. */
  readonly requests: JobRequest[] = [];
  /** All that were opened, in order: the last one may be at work. */
  readonly sessions: MemoryJobSession[] = [];
  /** All lasting records of sinks that write into this store, in order. */
  readonly output: Written[] = [];
  /** All lasting dead letters, in order. */
  readonly letters: DeadLetter[] = [];
  /** Commits so far, those that failed included. */
  attemptedCommits = 0;
  /**
   * Called in each commit; what it throws makes the commit fail, and nothing of it is kept.
   * @param number of the commit, counted from 1 over all sessions, those that failed included
   */
  beforeCommit: (number: number, session: MemoryJobSession) => void = () => {};
  /** Called when all of a commit is kept; what it throws keeps the job from learning it. */
  afterCommit: (number: number, session: MemoryJobSession) => void = () => {};
  /** Called when a job asks for a session, which it gets when this is settled. */
  onOpen: (request: JobRequest) => void | Promise<void> = () => {};
  /** For `JobHarness`: called where a job can be made to die, by throwing. */
  onMoment: (moment: "beforeOutput" | "beforeCommit" | "afterCommit") => void = () => {};

  /**
   * A session for one attempt of a job.
   * @throws {Error} while another session is open: here nobody stands by, unless `onOpen` waits
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

  /** A sink whose records become lasting with the commit. `TestSink` is one that keeps its records' type. */
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

  /** What the last commit has of the job itself: watermarks, bounds and what state depends on. */
  get job(): Record<string, unknown> {
    return { ...jobRecordOf(this.entries)! };
  }

  /** Entries of one kind by what follows the kind: `{ '["words","w-0"]': { position: 3 } }`. */
  entriesOf(kind: EntryName["kind"]): Record<string, unknown> {
    const found = [...entriesOf(this.entries, kind)];
    return Object.fromEntries(found.map(([, text, entry]) => [nameWithoutKind(entry), parseValue(entry, text)]));
  }
}

/** A job's hold of a {@link MemoryJobStore}. */
export class MemoryJobSession implements JobSession {
  readonly deadLetters = "job.dead-letters";
  /** Whose session it is. */
  readonly store: MemoryJobStore;
  /** What the job did with it: "restore", "reset", "flush", "commit". */
  readonly calls: string[] = [];
  /** Whether it was closed. */
  closed = false;
  /** Called when it is closed. */
  onClose: () => void | Promise<void> = () => {};
  /** Says that no more output can wait in memory, so that the job commits as soon as it can; any commit clears it. */
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

  /** Takes the job away from this instance, which can commit nothing from then on. */
  lose(reason: Error): void {
    this.#lost.abort(reason);
  }

  get pendingRecords(): number {
    return this.full ? Number.POSITIVE_INFINITY : this.#output.length + this.#letters.length;
  }

  /** Records that are not yet lasting. */
  get pendingOutput(): readonly Written[] {
    return this.#output;
  }

  /** Dead letters that are not yet lasting. */
  get pendingDeadLetters(): readonly DeadLetter[] {
    return this.#letters;
  }

  /** Takes a record that becomes lasting with the next commit. */
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
    // In an order of their own: no job may count on that in which they were written.
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
    for (const [key, value] of kept) {
      if (value === null) store.entries.delete(key);
      else store.entries.set(key, value);
    }
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

/** A sink's way into the session of a {@link MemoryJobStore}. */
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
