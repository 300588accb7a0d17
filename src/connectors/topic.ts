import type { z } from "zod";

/**
 * A zod schema: checks and types a decoded value.
 * @internal
 */
export type Schema<T> = z.ZodType<T>;

/** A topic and what lies in it. */
export interface Topic<T, K> {
  /** As the broker knows it. */
  readonly name: string;
  /** Checks and types a decoded value. */
  readonly schema: Schema<T>;
  /** The key that a value is written under; it becomes JSON. */
  readonly key: (value: T) => K;
}
