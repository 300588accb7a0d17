import type { Clock } from "./clock.ts";
import type { RecordOrigin } from "./errors.ts";
import type { Logger } from "./logger.ts";

/** Anything that survives `JSON.parse(JSON.stringify(x))`. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** A place in a topic: the offset of the next record to read. */
export interface Position {
  /** Its name. */
  readonly topic: string;
  /** Counted from 0. */
  readonly partition: number;
  /** Counted from 0. */
  readonly offset: number;
}

/** Where a job begins that has no commit yet: the oldest record, behind the newest, or a time in ms since the Unix epoch. */
export type StartingPoint = "earliest" | "latest" | number;

/** Where records come from: a description, opened anew for each attempt of the job. */
export interface Source<T> {
  /** For explain and messages: `topic "skyone"`. */
  readonly description: string;
  /** Topics of the job's store that it reads, for tools. */
  readonly topics?: readonly string[];
  /** Where it begins at a job's first start; left out, where the job does. */
  readonly from?: StartingPoint | undefined;
  /** Whether it ends by itself, also in a job that is not bounded; default false. @see Flink: Boundedness */
  readonly bounded?: boolean;
  /**
   * Whether the program itself makes its records up, with their times: then event time may be as far ahead of the clock as it
   * likes. Default false.
   */
  readonly madeUp?: boolean;
  /** Opens it, for one attempt of the job. */
  open(context: SourceContext): Promise<SourceReader<T>>;
}

/** What a source learns when it is opened. */
export interface SourceContext {
  /** Committed position of each split by its id, as `SourceSplit.position` gave it; undefined at the first start. */
  readonly restored: ReadonlyMap<string, Json> | undefined;
  /** What committed positions point into, by split, as `SourceSplit.identity` gave it; those without one left out. */
  readonly restoredIdentities?: ReadonlyMap<string, Json> | undefined;
  /** For splits that are not in `restored`. */
  readonly from: StartingPoint;
  /** Ends of a bounded run by split id: those of the last commit if it was not finished, else undefined. */
  readonly restoredBounds: ReadonlyMap<string, Json> | undefined;
  /** Whether the source is to end where its end is now (or at `restoredBounds`). */
  readonly bounded: boolean;
  /** Takes the source's words to the job's operator. */
  readonly logger: Logger;
  /** The job's clock. */
  readonly clock: Clock;
  /**
   * Numbers what happens in the job's sources, in the order in which it happens: each call gives the next number, > 0. See
   * `SourceSplit.arrival`.
   */
  readonly sequence: () => number;
  /** To be called when there is news for the job's loop: records, an end, or an error that `poll()` will throw. */
  readonly wake: () => void;
}

/** An open source. */
export interface SourceReader<T> {
  /** In a fixed order, which decides between records of one timestamp. */
  readonly splits: readonly SourceSplit<T>[];
  /** Begins to read ahead; called once, after the job's first commit. */
  start(): void;
  /**
   * Called by the job's loop between batches: throws what went wrong in the background, and gives a promise if it must be
   * waited for before the splits' status can be believed.
   *
   * @param arrival the latest of the records that are to be taken next, in `SourceContext.sequence()`: a split that is read to
   *   its end holds them up until its end has been asked for anew (see `SourceSplit.endAsked`)
   */
  poll(arrival: number): Promise<void> | undefined;
  /** Called when the attempt ends, however it ends. */
  close(): Promise<void>;
}

/**
 * - `ready`: the next record is at hand
 * - `pending`: records are known to be there but have not arrived yet, so that ordered intake waits for them
 * - `held`: records are known to be there that cannot be read yet, as their transaction is open; the first has `nextTimestampMs`
 * - `caughtUp`: read to the end, as far as is known
 * - `finished`: the end of a bounded run is reached
 */
export type SplitStatus = "ready" | "pending" | "held" | "caughtUp" | "finished";

/** One ordered part of a source, for instance a partition. */
export interface SourceSplit<T> {
  /** Unique in its source and the same in every run: "skyone-3". */
  readonly id: string;
  /** What is to be had from it now. */
  readonly status: SplitStatus;
  /** Event time of the next record as its source has it; only while `ready` or `held`, and -∞ where a held one's is not known. */
  readonly nextTimestampMs: number;
  /**
   * When the next record came, in `SourceContext.sequence()`; only while `ready`. Left out: nothing that other splits have can
   * be older.
   */
  readonly arrival?: number;
  /**
   * When it was last asked where this split ends, in `SourceContext.sequence()`; only while `caughtUp`. A record of another
   * split that arrived after that is not taken before the end has been asked for again: an older one may have come here since.
   * Left out: the end is always known.
   */
  readonly endAsked?: number;
  /** Why a `held` split waits, as the end of "waits for …". */
  readonly waitsFor?: string;
  /**
   * Takes the next record; only while `ready`. It is taken in any case, also when this throws.
   * @throws {RecordError} if it cannot be decoded
   */
  take(): T;
  /** Where the record last taken came from. */
  origin(): RecordOrigin | undefined;
  /** The place of the next record; goes into the commit. */
  readonly position: Json;
  /** How far a split of a topic has come, for tools that watch the job; left out by sources that do not read topics. */
  readonly topicPosition?: Position;
  /** What the position points into, for a later run to check; goes into the commit. */
  readonly identity?: Json | undefined;
  /** Where a bounded run ends; goes into its first commit. */
  readonly bound: Json | undefined;
  /** Records between the position and the known end. */
  readonly lag: number;
}
