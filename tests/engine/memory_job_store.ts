import type {
  DeadLetter,
  JobSession,
  JobStore,
  JobStoreRequest,
  SplitPosition,
  StateChange,
} from "../../src/engine/job_store.ts";
import type { Sink, SinkWriter } from "../../src/engine/sink.ts";

/** A record as a sink got it. */
export interface Written {
  readonly sink: string;
  readonly value: unknown;
  readonly timestampMs: number;
}

/** What one commit made lasting. */
export interface Commit {
  readonly changes: ReadonlyMap<string, string | null>;
  readonly positions: readonly SplitPosition[];
  readonly output: readonly Written[];
  readonly letters: readonly DeadLetter[];
}

/** Trouble that passes. */
export class RetriableError extends Error {
  override name = "RetriableError";
  readonly expected = true;
  readonly retriable = true;
}

/**
 * A job's store in memory: what is not committed is gone with its session, and all of a commit is there at once.
 *
 * A test makes it fail by throwing from `beforeCommit`, where nothing is kept, or from `afterCommit`, where all is kept but
 * the job does not learn it.
 */
export class MemoryJobStore implements JobStore {
  readonly entries = new Map<string, string>();
  readonly commits: Commit[] = [];
  readonly requests: JobStoreRequest[] = [];
  readonly sessions: MemoryJobSession[] = [];
  /** @param number of the commit, counted from 1 over all sessions, those that failed included */
  beforeCommit: (number: number, session: MemoryJobSession) => void = () => {};
  afterCommit: (number: number, session: MemoryJobSession) => void = () => {};
  onOpen: (request: JobStoreRequest) => void | Promise<void> = () => {};
  attemptedCommits = 0;

  async openJob(request: JobStoreRequest): Promise<MemoryJobSession> {
    this.requests.push(request);
    request.signal.throwIfAborted();
    await this.onOpen(request);
    if (this.sessions.some(({ closed }) => !closed)) throw new Error("A second session was opened beside an open one");
    const session = new MemoryJobSession(this);
    this.sessions.push(session);
    return session;
  }

  /** A sink whose records become lasting with the commit. */
  sink<T>(name: string): Sink<T> {
    return {
      description: `memory "${name}"`,
      exactlyOnceWith: (store) => store === this,
      open: ({ session }): Promise<SinkWriter<T>> => {
        if (!(session instanceof MemoryJobSession)) throw new Error("The sink needs the store's session");
        return Promise.resolve({
          write: (value, timestampMs) => session.write({ sink: name, value, timestampMs }),
        });
      },
    };
  }

  /** All committed records, as `value @ timestamp` texts where values are texts. */
  get output(): Written[] {
    return this.commits.flatMap(({ output }) => output);
  }

  get values(): unknown[] {
    return this.output.map(({ value }) => value);
  }

  get letters(): DeadLetter[] {
    return this.commits.flatMap(({ letters }) => letters);
  }

  /** The entry `["job"]`, parsed. */
  get job(): Record<string, unknown> {
    return JSON.parse(this.entries.get('["job"]')!);
  }

  /** Entries of one kind by what follows the kind: `{ '["words","w-0"]': { position: 3 } }`. */
  entriesOf(kind: "split" | "state" | "timer"): Record<string, unknown> {
    const found = [...this.entries].map(([key, text]) => [JSON.parse(key) as string[], JSON.parse(text)] as const)
      .filter(([[first]]) => first === kind)
      .map(([[, ...rest], value]) => [JSON.stringify(rest), value] as const);
    return Object.fromEntries(found);
  }
}

/** See {@link MemoryJobStore}. */
export class MemoryJobSession implements JobSession {
  readonly deadLetters = "job.dead-letters";
  readonly calls: string[] = [];
  closed = false;
  onClose: () => void | Promise<void> = () => {};
  readonly #store: MemoryJobStore;
  readonly #lost = new AbortController();
  #output: Written[] = [];
  #letters: DeadLetter[] = [];

  constructor(store: MemoryJobStore) {
    this.#store = store;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Another instance took over. */
  lose(reason: Error): void {
    this.#lost.abort(reason);
  }

  get pendingRecords(): number {
    return this.#output.length + this.#letters.length;
  }

  write(record: Written): void {
    this.#output.push(record);
  }

  deadLetter(letter: DeadLetter): void {
    this.#letters.push(letter);
  }

  restore(): Promise<Map<string, string>> {
    this.calls.push("restore");
    return Promise.resolve(new Map(this.#store.entries));
  }

  reset(): Promise<void> {
    this.calls.push("reset");
    this.#store.entries.clear();
    return Promise.resolve();
  }

  flush(): Promise<void> {
    this.calls.push("flush");
    return Promise.resolve();
  }

  async commit(changes: Iterable<StateChange>, positions: readonly SplitPosition[]): Promise<void> {
    const store = this.#store;
    const number = ++store.attemptedCommits;
    this.calls.push("commit");
    // The answer of a real store takes a while too.
    await Promise.resolve();
    if (this.closed) throw new Error("The session is closed");
    store.beforeCommit(number, this);
    const kept = new Map(changes);
    for (const [key, value] of kept) {
      if (value === null) store.entries.delete(key);
      else store.entries.set(key, String(value));
    }
    store.commits.push({
      changes: kept,
      positions: [...positions],
      output: this.#output,
      letters: this.#letters,
    });
    this.#output = [];
    this.#letters = [];
    store.afterCommit(number, this);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.#output = [];
    this.#letters = [];
    await this.onClose();
  }
}
