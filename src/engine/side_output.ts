/**
 * Names a side output of an operator, and carries the type of its records.
 *
 * @example
 * ```ts
 * import { OutputTag } from "@stream-apps/deno";
 *
 * const LATE = new OutputTag<{ email: string }>("late");
 * ```
 * @see Flink: OutputTag
 */
export class OutputTag<T> {
  /** Identifies a side output of an operator. */
  readonly id: string;
  /** Carries the type only, in both directions: a tag of a wider or narrower type is another one. */
  declare protected readonly recordType: (value: T) => T;

  /**
   * Two tags with one id are the same side output.
   * @param id unique in its operator
   * @throws {TypeError} if it is empty
   */
  constructor(id: string) {
    if (id === "") throw new TypeError("Cannot create an output tag with an empty id");
    this.id = id;
  }
}
