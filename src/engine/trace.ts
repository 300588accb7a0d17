import type { RecordOrigin } from "./errors.ts";
import type { Json } from "./source.ts";

/**
 * What a record that is followed goes through in a job, step by step. Steps are plain JSON: they can be sent, stored and drawn.
 *
 * Each names the steps that it came of, so that they form a tree (a window's result comes of all the followed records in it).
 */
export type TraceStep =
  | ReadStep
  | DecodedStep
  | EmittedStep
  | FilteredStep
  | WindowStep
  | StateStep
  | TimerStep
  | FiredStep
  | LateStep
  | AskedStep
  | AnsweredStep
  | JoinedStep
  | SentStep
  | DeadStep;

/** What is known of every step. */
export interface TraceStepBase {
  /** Counts the steps of a job from 1. */
  readonly step: number;
  /** Numbers of the steps that it came of; none: it is where a record was read. */
  readonly causes: readonly number[];
  /** Name of the job. */
  readonly job: string;
  /** Name of the source, operator or sink. */
  readonly operator: string;
  /** The job's clock, ms since the Unix epoch. */
  readonly clockMs: number;
}

/** A followed record was read. */
export interface ReadStep extends TraceStepBase {
  /** Tells the steps apart. */
  readonly kind: "read";
  /** Its name. */
  readonly topic: string;
  /** Counted from 0. */
  readonly partition: number;
  /** Its place in the partition. */
  readonly offset: number;
  /** Event time as its source has it, ms; null: it has none. */
  readonly timestampMs: number | null;
  /** As text, or `base64:…`; null: it has none. */
  readonly key: string | null;
  /** As text, or `base64:…`; null: it has none. */
  readonly value: string | null;
}

/** Its bytes became a value. */
export interface DecodedStep extends TraceStepBase {
  /** Tells the steps apart. */
  readonly kind: "decoded";
  /** As JSON; what JSON does not know is text. */
  readonly value: Json;
  /** Event time by the source's strategy, ms; null: it has none. */
  readonly timestampMs: number | null;
}

/** An operator emitted a value. */
export interface EmittedStep extends TraceStepBase {
  /** Tells the steps apart. */
  readonly kind: "emitted";
  /** "map", "window reduce". */
  readonly operation: string;
  /** Name or text of the user's function; undefined: it has none. */
  readonly function?: string | undefined;
  /** As JSON; what JSON does not know is text. */
  readonly value: Json;
  /** Event time, ms; null: it has none. */
  readonly timestampMs: number | null;
  /** Id of the side output; undefined: the main one. */
  readonly sideOutput?: string | undefined;
}

/** An operator let it pass no further. */
export interface FilteredStep extends TraceStepBase {
  /** Tells the steps apart. */
  readonly kind: "filtered";
  /** What the operator does: "map", "window reduce". */
  readonly operation: string;
  /** Text of the predicate. */
  readonly function?: string | undefined;
}

/** It was put into a window. */
export interface WindowStep extends TraceStepBase {
  /** Tells the steps apart. */
  readonly kind: "window";
  /** The key at work. */
  readonly key: Json;
  /** "[2026-10-19T12:00:00.000Z, 2026-10-19T12:01:00.000Z)" */
  readonly window: string;
  /** The last moment inside, ms: it fires when event time comes there, if its trigger goes by event time. */
  readonly lastMs: number;
  /** What the window holds with it: one value, or a list of its records. */
  readonly contents: Json;
  /** Event time of the operator, ms; null: it has not begun. */
  readonly eventTimeMs: number | null;
}

/** It changed keyed state. */
export interface StateStep extends TraceStepBase {
  /** Tells the steps apart. */
  readonly kind: "state";
  /** Name of the state. */
  readonly state: string;
  /** The key at work. */
  readonly key: Json;
  /** The window whose state it is; undefined: it is the key's over all windows. */
  readonly window?: string | undefined;
  /** The key in a map, or the place in a list. */
  readonly part?: Json | undefined;
  /** Undefined: there was none. */
  readonly before?: Json | undefined;
  /** Undefined: it is gone. */
  readonly after?: Json | undefined;
}

/** It set a timer, or took one back. */
export interface TimerStep extends TraceStepBase {
  /** Tells the steps apart. */
  readonly kind: "timer";
  /** What became of the timer. */
  readonly action: "set" | "deleted";
  /** Which clock it goes by. */
  readonly timeDomain: "EVENT_TIME" | "PROCESSING_TIME";
  /** The key at work. */
  readonly key: Json;
  /** When it is due, ms. */
  readonly timeMs: number;
}

/** A window in which it is, or a timer that concerns it, fired. */
export interface FiredStep extends TraceStepBase {
  /** Tells the steps apart. */
  readonly kind: "fired";
  /** The key at work. */
  readonly key: Json;
  /** Undefined: it was a timer. */
  readonly window?: string | undefined;
  /** When it was due, ms: the last moment of a window, the time of a timer. */
  readonly dueMs: number;
  /** What the window held. */
  readonly contents?: Json | undefined;
  /** Event time of the operator, ms; null: the end of a bounded run, or it has not begun. */
  readonly eventTimeMs: number | null;
}

/** It came too late. */
export interface LateStep extends TraceStepBase {
  /** Tells the steps apart. */
  readonly kind: "late";
  /** One sentence: what it missed. */
  readonly message: string;
  /** How far event time was beyond the last moment that would have done, ms; null: no time would have done. */
  readonly lateByMs: number | null;
  /** Event time of the operator, ms; null: it has not begun. */
  readonly eventTimeMs: number | null;
  /** Where it goes. */
  readonly to: "dead letters" | "side output";
}

/** An asynchronous function is asked about it. */
export interface AskedStep extends TraceStepBase {
  /** Tells the steps apart. */
  readonly kind: "asked";
  /** Name or text of the user's function; left out: it has none. */
  readonly function?: string | undefined;
}

/** The answer is there. */
export interface AnsweredStep extends TraceStepBase {
  /** Tells the steps apart. */
  readonly kind: "answered";
}

/** It was joined with a record of the other stream. */
export interface JoinedStep extends TraceStepBase {
  /** Tells the steps apart. */
  readonly kind: "joined";
  /** Of the first stream. */
  readonly left: Json;
  /** Of the second stream. */
  readonly right: Json;
}

/** A record on its way to a topic, as text or `base64:…`. */
export interface SentRecord {
  /** Its name. */
  readonly topic: string;
  /** Undefined: the broker chooses it, by the key. */
  readonly partition?: number | undefined;
  /** The key at work. */
  readonly key: string | null;
  /** As JSON; what JSON does not know is text. */
  readonly value: string | null;
  /** Event time, ms; null: it has none. */
  readonly timestampMs: number;
}

/** A sink took it. It can be seen with the job's next commit. */
export interface SentStep extends TraceStepBase {
  /** Tells the steps apart. */
  readonly kind: "sent";
  /** `topic "flightdata"` */
  readonly to: string;
  /** Undefined: it is not written to a topic. */
  readonly record?: SentRecord | undefined;
  /** What the sink was given. */
  readonly value: Json;
  /** Event time, ms; null: it has none. */
  readonly timestampMs: number | null;
}

/** It could not be decoded, or a function threw at what came of it: all that it had changed is undone. */
export interface DeadStep extends TraceStepBase {
  /** Tells the steps apart. */
  readonly kind: "dead";
  /** "RecordError", "TypeError", … */
  readonly errorClass: string;
  /** One sentence. */
  readonly message: string;
  /** What becomes of it. */
  readonly fate: "dead letter" | "skipped" | "the job fails";
}

/** Decides which records are followed, and takes what becomes of them. */
export interface Tracer {
  /**
   * Asked for each record of each source, before any function sees it.
   * @param timestampMs event time as the source has it, or NO_TIMESTAMP
   */
  follows(origin: RecordOrigin, timestampMs: number): boolean;
  /** Takes a step, in the order in which they happen. */
  take(step: TraceStep): void;
  /** What is followed has left nothing behind that could still come of it, or has again. */
  onOpenChanged?(open: number): void;
}

/** The fields of a step that only its kind has. */
export type Finding = TraceStep extends infer S ? S extends TraceStepBase ? Omit<S, keyof TraceStepBase> : never
  : never;
