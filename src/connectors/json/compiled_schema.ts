import { z } from "zod";
import type { Schema } from "../topic.ts";

const compiled = new WeakMap<Schema<unknown>, Schema<unknown>>();

/**
 * The same schema as one generated function, which each record of a topic goes through: a schema that is interpreted takes the same
 * way through zod as all others of the job, and V8 makes that way fast for one of them alone.
 *
 * What the function refuses zod looks at again, so results and messages are the same. What zod cannot compile stays as it was.
 */
export function compiledSchema<T>(schema: Schema<T>): Schema<T> {
  const known = compiled.get(schema);
  if (known !== undefined) return known as Schema<T>;
  const made = z.compile(schema);
  compiled.set(schema, made);
  return made;
}
