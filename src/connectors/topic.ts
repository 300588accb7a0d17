import type { z } from "zod";

/** A topic and what lies in it. */
export interface Topic<T, K> {
  readonly name: string;
  /** Checks and types a decoded value. */
  readonly schema: z.ZodType<T>;
  /** The key that a value is written under; it becomes JSON. */
  readonly key: (value: T) => K;
}
