/**
 * Reads values that look like those before.
 *
 * The records of a topic mostly have the same fields in the same order. Of a value that has been read and checked the usual way a
 * {@link Shape} is learned: a function that reads and checks values like it straight from their bytes, which is several times as
 * fast. Whatever fits no shape is left to the usual way, so the results are always the same.
 */
import { type Plan, planOf } from "./schema_plan.ts";
import { Shape } from "./shape.ts";
import { ShapeCache } from "./shape_cache.ts";
import { SharedBytes } from "../records/shared_bytes.ts";
import type { Schema } from "../topic.ts";

/** Longer values, in bytes, are not worth a shape. */
const MAX_LENGTH = 1 << 14;

/** Reads and checks values of one schema, and learns from those that others have read. */
export class JsonReader<T = unknown> {
  readonly #plan: Plan | undefined;
  readonly #shapes = new ShapeCache<Shape>();

  /** @param schema left out: anything goes */
  constructor(schema?: Schema<T>) {
    this.#plan = schema && planOf(schema);
  }

  /** @returns the checked value of the JSON from `start` to `end`; undefined if it fits no shape, or its schema refuses it */
  read(shared: SharedBytes, start: number, end: number): T | undefined {
    const { all } = this.#shapes;
    for (let i = 0; i < all.length; i++) {
      const value = all[i]!.read(shared, start, end);
      if (value === undefined) continue;
      this.#shapes.promote(i);
      return value as T;
    }
    return undefined;
  }

  /** Learns from JSON that fits no shape. @param value what `JSON.parse()` makes of the bytes, which the schema takes */
  learn(bytes: Uint8Array, value: unknown): void {
    if (!this.#shapes.miss() || bytes.length > MAX_LENGTH) return;
    const shape = Shape.of(value, this.#plan);
    // A shape may fail on its own example: a name stands there twice, say, or spaces stand in other places.
    if (shape?.read(new SharedBytes(bytes), 0, bytes.length) !== undefined) this.#shapes.add(shape);
  }
}
