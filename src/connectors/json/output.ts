import { isPlainJson, lossInJson } from "../../engine/internal.ts";
import { RecordError } from "../../engine/mod.ts";
import { checkValue } from "./codec.ts";
import { compiledSchema } from "./compiled_schema.ts";
import { type Plan, planOf } from "./schema_plan.ts";
import { SharedBytes } from "../records/shared_bytes.ts";
import { ShapeCache } from "./shape_cache.ts";
import type { Schema } from "../topic.ts";
import { UNWRITTEN } from "./write_bytes.ts";
import { WrittenShape } from "./written_shape.ts";

/** The JSON of longer values, in characters, is not worth a shape. */
const MAX_LENGTH = 1 << 12;

/**
 * Makes the JSON that goes to a topic, and refuses what its readers would not get back: what JSON does not keep, and what the
 * topic's own schema does not take. So a bad value is a dead letter of the job that made it, and not one of each job that reads it.
 */
export class JsonOutput {
  readonly #doing: string;
  readonly #what: string;
  readonly #schema: Schema<unknown> | undefined;
  readonly #plan: Plan | undefined;
  readonly #shapes = new ShapeCache<WrittenShape>();

  /**
   * @param doing for messages, what goes on after "Cannot": `write to topic "flightdata"`
   * @param what the text is of: "value", "key"
   * @param schema what a reader checks; left out: anything goes that JSON keeps
   */
  constructor(doing: string, what: string, schema?: Schema<unknown>) {
    this.#doing = doing;
    this.#what = what;
    this.#schema = schema && compiledSchema(schema);
    this.#plan = schema && planOf(schema);
  }

  /**
   * Writes the JSON of a value like those before into a chunk.
   * @returns where it ends; below 0: {@link UNWRITTEN} if it is one for {@link JsonOutput.text}, or `NO_ROOM`
   */
  write(chunk: SharedBytes, at: number, value: unknown): number {
    const { all } = this.#shapes;
    for (let i = 0; i < all.length; i++) {
      const end = all[i]!.write(chunk, at, value);
      if (end === UNWRITTEN) continue;
      this.#shapes.promote(i);
      return end;
    }
    return UNWRITTEN;
  }

  /** @throws {RecordError} if a reader would not get the value back, with the place in it */
  text(value: unknown): string {
    let text: string;
    try {
      text = JSON.stringify(value);
    } catch (error) {
      throw this.#refused(lossInJson(value, "output")) ?? error;
    }
    const isPlain = isPlainJson(value);
    if (!isPlain) {
      const refused = this.#refused(lossInJson(value, "output"));
      if (refused !== undefined) throw refused;
    }
    // A reader checks what it parses: of a plain value that is the value itself.
    if (this.#schema !== undefined && !(isPlain && this.#schema.safeParse(value).success)) this.#check(text);
    if (isPlain && text.length <= MAX_LENGTH && this.#shapes.miss()) this.#learn(value);
    return text;
  }

  #learn(value: unknown): void {
    const shape = WrittenShape.of(value, this.#plan);
    const chunk = new SharedBytes(new Uint8Array(3 * MAX_LENGTH));
    // A shape may fail on its own example.
    if (shape !== undefined && shape.write(chunk, 0, value) >= 0) this.#shapes.add(shape);
  }

  #check(text: string): void {
    try {
      checkValue(JSON.parse(text), this.#schema!);
    } catch (error) {
      if (!(error instanceof RecordError)) throw error;
      throw new RecordError(
        `Cannot ${this.#doing}: the topic's own schema refuses the ${this.#what}: ${error.message}`,
      );
    }
  }

  #refused(loss: string | undefined): RecordError | undefined {
    return loss === undefined
      ? undefined
      : new RecordError(`Cannot ${this.#doing}: its ${this.#what} holds ${loss}, which JSON does not keep`);
  }
}
