/** The bounds of a session: `[startMs, endMs)`. */
export interface SessionBounds {
  readonly startMs: number;
  readonly endMs: number;
}

/** The window of a session's first record, whose id is the session's namespace. */
export interface FirstWindow {
  readonly id: string;
}

/** A session that is open. */
export interface Session<T> {
  readonly bounds: SessionBounds;
  /** Its place among the sessions of the operator in the order in which they got their bounds: those of one end fire in this order. */
  readonly order: number;
  /** What is kept of its records; null where that is in a list of its own. */
  readonly value: T;
}
