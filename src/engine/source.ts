import type { Clock } from "./clock.ts";
import type { RecordOrigin } from "./errors.ts";
import type { Logger } from "./logger.ts";

/** Anything that survives `JSON.parse(JSON.stringify(x))`. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** A place in a topic: the offset of the next record to read. */
export interface Position {
  /** The topic's name. */
  readonly topic: string;
  /** Counted from 0. */
  readonly partition: number;
  /** Counted from 0. */
  readonly offset: number;
}

/** Where a job without a commit begins: at the oldest record, behind the newest, or at a time in ms since the Unix epoch. */
export type StartingPoint = "earliest" | "latest" | number;

/** Where records come from: a description, which is opened for each attempt of the job. */
export interface Source<T> {
  /** For explain and messages: `topic "skyone"`. */
  readonly description: string;
  /** Topics of the job's store that it reads, for tools. */
  readonly topics?: readonly string[];
  /** Where it begins at a job's first start; left out: where the job's options say. */
  readonly from?: StartingPoint | undefined;
  /** Whether it ends by itself, also in a job that is not bounded; default false. @see Flink: Boundedness */
  readonly bounded?: boolean;
  /**
   * Whether the program itself makes up its records and their times: then event time may be any length ahead of the clock.
   * Default false.
   */
  readonly madeUp?: boolean;
  /** Opens it, for one attempt of the job. */
  open(context: SourceContext): Promise<SourceReader<T>>;
}

/** What a source gets when it is opened. */
export interface SourceContext {
  /** The committed `SourceSplit.position` of each split by its id; undefined at the first start. */
  readonly restored: ReadonlyMap<string, Json> | undefined;
  /** The committed `SourceSplit.identity` of each split that has one. */
  readonly restoredIdentities?: ReadonlyMap<string, Json> | undefined;
  /** Where splits begin that are not in `restored`. */
  readonly from: StartingPoint;
  /** Ends of a bounded run by split id: those of the last commit if it was not finished, else undefined. */
  readonly restoredBounds: ReadonlyMap<string, Json> | undefined;
  /** Whether the source has to finish at its current end (or at `restoredBounds`). */
  readonly bounded: boolean;
  /** Logs for the person who runs the job. */
  readonly logger: Logger;
  /** The job's clock. */
  readonly clock: Clock;
  /**
   * Numbers the events in the job's sources in their order: each call returns the next number, > 0. See `SourceSplit.arrival`.
   */
  readonly sequence: () => number;
  /** Wakes the job's loop when there is something for it: records, an end, or an error that `poll()` will throw. */
  readonly wake: () => void;
}

/** An open source. */
export interface SourceReader<T> {
  /** In a fixed order, which decides between records of one timestamp. */
  readonly splits: readonly SourceSplit<T>[];
  /** Starts to read ahead; called once, after the job's first commit. */
  start(): void;
  /**
   * Called by the job's loop between batches: throws errors from the background, and returns a promise if it has to be awaited
   * before the splits' status is reliable.
   *
   * @param arrival the latest arrival among the records to be taken next, by `SourceContext.sequence()`: a split that is read to
   *   its end holds them back until its end has been asked for again (see `SourceSplit.endAsked`)
   */
  poll(arrival: number): Promise<void> | undefined;
  /** Called when the attempt ends, however it ends. */
  close(): Promise<void>;
}

/**
 * - `ready`: the next record can be taken
 * - `pending`: records are known to exist but have not arrived yet, so that ordered intake waits for them
 * - `held`: records are known to exist that cannot be read yet, as their transaction is open; the first has `nextTimestampMs`
 * - `caughtUp`: read to the end, as far as is known
 * - `finished`: the end of a bounded run has been reached
 */
export type SplitStatus = "ready" | "pending" | "held" | "caughtUp" | "finished";

/** One ordered part of a source, for instance a partition. */
export interface SourceSplit<T> {
  /** Unique in its source and the same in every run: "skyone-3". */
  readonly id: string;
  /** Whether its next record can be taken, and if not, why. */
  readonly status: SplitStatus;
  /** The source's timestamp of the next record; only while `ready` or `held`, and -∞ if that of a held record is not known. */
  readonly nextTimestampMs: number;
  /**
   * When the next record arrived, by `SourceContext.sequence()`; only while `ready`. Left out: no other split can have an older
   * record.
   */
  readonly arrival?: number;
  /**
   * When the end of this split was last asked for, by `SourceContext.sequence()`; only while `caughtUp`. A record of another
   * split that arrived later is not taken before the end has been asked for again: an older record may have arrived here since.
   * Left out: the end is always known.
   */
  readonly endAsked?: number;
  /** Why a `held` split waits, as the end of "waits for …". */
  readonly waitsFor?: string;
  /**
   * Takes the next record; only while `ready`. The record is taken even if this throws.
   * @throws {RecordError} if it cannot be decoded
   */
  take(): T;
  /** The origin of the record that was taken last. */
  origin(): RecordOrigin | undefined;
  /** The position of the next record; part of the commit. */
  readonly position: Json;
  /** How far a split of a topic has come, for tools that watch the job; left out by sources that do not read topics. */
  readonly topicPosition?: Position;
  /** The identity of what the position points into, for a later run to check; part of the commit. */
  readonly identity?: Json | undefined;
  /** Where a bounded run ends; part of its first commit. */
  readonly bound: Json | undefined;
  /** Records between the position and the known end. */
  readonly lag: number;
}
