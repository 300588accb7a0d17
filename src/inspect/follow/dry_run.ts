/** A job that writes nothing: neither what its sinks get, nor commits. */
import type {
  JobCommit,
  JobSession,
  JobStore,
  Json,
  Sink,
  SinkWriter,
  Source,
  SourceReader,
} from "../../engine/mod.ts";
import type { DescribedJob } from "../../engine/internal.ts";

type Graph = DescribedJob["graph"];

/** Where the sources of a dry run begin. */
export interface DryRunStart {
  /** Entries of a commit; empty without one. */
  readonly entries: ReadonlyMap<string, string>;
  /** Where sources begin that are not in the entries. */
  readonly from: "earliest" | number;
}

/**
 * Changes the graph so that its sinks write nothing, and its sources begin where `start` says.
 * @param onOpen is handed each source that has been opened
 */
export function makeDry(graph: Graph, { from }: DryRunStart, onOpen: (reader: SourceReader<unknown>) => void): void {
  for (const node of graph.nodes) {
    if (node.kind === "source") Object.assign(node, { source: beginningAt(node.source, from, onOpen) });
    if (node.kind === "sink") Object.assign(node, { sink: drySink(node.sink) });
  }
}

function beginningAt<T>(
  source: Source<T>,
  from: "earliest" | number,
  onOpen: (reader: SourceReader<T>) => void,
): Source<T> {
  return {
    description: source.description,
    ...source.topics !== undefined && { topics: source.topics },
    ...source.bounded !== undefined && { bounded: source.bounded },
    ...source.madeUp !== undefined && { madeUp: source.madeUp },
    from,
    async open(context) {
      const reader = await source.open(context);
      onOpen(reader);
      return reader;
    },
  };
}

function drySink<T>(sink: Sink<T>): Sink<T> {
  const seeing: SinkWriter<T> = { write() {} };
  return {
    description: sink.description,
    exactlyOnceWith: () => true,
    open: (context) => sink.openDry?.({ ...context, session: undefined }) ?? Promise.resolve(seeing),
  };
}

/** A store that begins with a commit, and forgets the next ones. */
export class DryStore implements JobStore {
  readonly description = "memory";
  readonly #entries: ReadonlyMap<string, string>;

  constructor(entries: ReadonlyMap<string, string>) {
    this.#entries = entries;
  }

  openJob({ job }: { readonly job: string }): Promise<JobSession> {
    const entries = this.#entries;
    return Promise.resolve({
      deadLetters: `${job}.dead-letters`,
      lost: new AbortController().signal,
      pendingRecords: 0,
      restore: () => Promise.resolve(new Map(entries)),
      reset: () => Promise.resolve(),
      deadLetter() {},
      flush: () => Promise.resolve(),
      commit({ changes }: JobCommit) {
        // They are made while somebody takes them.
        for (const _change of changes);
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    });
  }
}

/** A position as a split of a topic has it, an offset. */
export function offsetOf(position: Json): number | undefined {
  return typeof position === "number" ? position : undefined;
}
