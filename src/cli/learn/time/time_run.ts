import type { Json } from "../../../engine/mod.ts";

/**
 * What event time did in a run of a job, moment by moment: what is drawn and put into words. All of it was read off a job that
 * ran; nothing here computes a watermark.
 *
 * Times are ms since the Unix epoch. A watermark is −∞ before the first one, and +∞ at the end of the input.
 */
export interface TimeRun {
  /** In order; the first is the start of the job. */
  readonly frames: readonly Frame[];
  /** Settings of the job that concern time, as far as they are known. */
  readonly settings: TimeSettings;
}

/** Settings that decide what event time does, ms. */
export interface TimeSettings {
  /** Length of a window; left out: as the windows show it, or there are no windows. */
  readonly windowMs?: number | undefined;
  /** By how much times may be behind the largest one. */
  readonly outOfOrdernessMs?: number | undefined;
  /** For how long a window that has fired still takes records. */
  readonly allowedLatenessMs?: number | undefined;
  /** After how long a silent partition is no longer waited for. */
  readonly idleMs?: number | undefined;
  /** How far a time may be ahead of the clock. */
  readonly maxAheadMs?: number | undefined;
}

/** The job behind one thing that happened. */
export interface Frame {
  /** "hand": the test itself moved event time, or made a partition idle. */
  readonly kind: "start" | "record" | "clock" | "hand" | "crash" | "end";
  /** The machine's clock. */
  readonly clockMs: number;
  /** The record that came, of kind "record". */
  readonly record?: FrameRecord | undefined;
  readonly partitions: readonly FramePartition[];
  /** Event time of the operator with the windows or timers. */
  readonly watermarkMs: number;
  /** Windows that the record was put into. */
  readonly put: readonly PutWindow[];
  /** Windows and timers that fired, in order. */
  readonly fired: readonly FiredWindow[];
  /** Why the record was late; undefined: it was not. */
  readonly late?: LateRecord | undefined;
  /** Why the record became a dead letter, other than by being late. */
  readonly dead?: string | undefined;
}

/** A record as it came. */
export interface FrameRecord {
  /** What it is called in the picture: its key, mostly. */
  readonly label: string;
  /** Its event time; undefined: it has none. */
  readonly timeMs: number | undefined;
  /** Index in {@link Frame.partitions}. */
  readonly partition: number;
}

/** A partition, as it is behind a frame. */
export interface FramePartition {
  /** "flights-0" */
  readonly id: string;
  readonly watermarkMs: number;
  /** Whether it is silent for so long that it is not waited for. */
  readonly idle: boolean;
  /** Whether its last record was too far ahead of the clock to move event time. */
  readonly ahead: boolean;
}

/** A window of one key. */
export interface WindowOfKey {
  readonly key: string;
  /** The first moment inside; undefined: a window that is no span of time, or a timer. */
  readonly startMs: number | undefined;
  /** The last moment inside, at which it fires; of a timer its time. */
  readonly lastMs: number;
}

/** A window that a record was put into. */
export interface PutWindow extends WindowOfKey {
  /** What it holds with the record. */
  readonly contents: Json;
}

/** A window, or a timer, that fired. */
export interface FiredWindow extends WindowOfKey {
  /** What it held; undefined: a timer. */
  readonly contents: Json | undefined;
}

/** What a late record missed. */
export interface LateRecord {
  /** The job's own sentence. */
  readonly message: string;
  readonly to: "dead letters" | "side output";
}

/** Windows that hold something at a frame and have not fired since it came into them. */
export function openWindows({ frames }: TimeRun, at: number): PutWindow[] {
  const open = new Map<string, PutWindow>();
  const idOf = ({ key, startMs, lastMs }: WindowOfKey) => JSON.stringify([key, startMs, lastMs]);
  for (const { put, fired } of frames.slice(0, at + 1)) {
    for (const each of put) open.set(idOf(each), each);
    for (const each of fired) open.delete(idOf(each));
  }
  return [...open.values()];
}

/** The partition for which all others wait; undefined if there is no such one. */
export function holderOf(partitions: readonly FramePartition[]): number | undefined {
  const active = partitions.flatMap(({ idle, watermarkMs }, index) => idle ? [] : [{ index, watermarkMs }]);
  if (active.length < 2) return undefined;
  const lowest = active.reduce((a, b) => (b.watermarkMs < a.watermarkMs ? b : a));
  return active.every(({ watermarkMs }) => watermarkMs === lowest.watermarkMs) ? undefined : lowest.index;
}
