import { isPlainJson, lossInJson } from "../json_value.ts";

/** Which state, for messages. */
export interface StateName {
  readonly uid: string;
  readonly name: string;
}

/**
 * Refuses a value that a commit could not keep. To be called before anything is changed: the record at work is then the only one
 * that suffers.
 *
 * @throws {TypeError} if JSON would not give the value back: NaN, ±Infinity, bigints, functions, cycles, dates, maps and sets,
 *   also inside of arrays and objects. A field that is undefined is left out, and an object of a class comes back as a plain one.
 */
export function checkKept(value: unknown, state: StateName): void {
  // Nearly every value: each record of a keyed job comes by here.
  if (isPlainJson(value)) return;
  const loss = lossInJson(value, "state");
  if (loss === undefined) return;
  throw new TypeError(
    `Cannot store state "${state.name}" of "${state.uid}": it holds ${loss}, which JSON does not keep; ` +
      "make it of text, finite numbers, booleans, null, and plain arrays and objects of them",
  );
}

/**
 * The text of a value in a commit.
 *
 * @throws {TypeError} as {@link checkKept} does: a function may have changed the value since it was checked
 */
export function valueText(value: unknown, state: StateName): string {
  checkKept(value, state);
  return JSON.stringify(value);
}
