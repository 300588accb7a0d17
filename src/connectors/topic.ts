import type { z } from "zod";

/**
 * A zod schema: checks and types a decoded value.
 * @internal
 */
export type Schema<T> = z.ZodType<T>;

/** A topic and the type of its records. */
export interface Topic<T, K> {
  /** The topic's name at the broker. */
  readonly name: string;
  /** Checks and types a decoded value. */
  readonly schema: Schema<T>;
  /** The key that a value is written under; it becomes JSON. */
  readonly key: (value: T) => K;
}
