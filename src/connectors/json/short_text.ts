/** The longest text that is made by {@link shortText}: a longer one costs less by a call of the runtime. */
export const MAX_SHORT = 32;

/** The text of some code units, which lie in a row. */
type ShortText<Units> = (units: Units, at: number, length: number) => string;

/**
 * Makes the text of at most {@link MAX_SHORT} code units.
 *
 * One call of `String.fromCharCode()` with as many arguments makes a text that keeps nothing else in memory, for a fraction of
 * what a decoder takes; a part of a larger text would keep all of that.
 */
function newShortText<Units>(): ShortText<Units> {
  const cases = Array.from({ length: MAX_SHORT + 1 }, (_, length) => {
    const codes = Array.from({ length }, (_, index) => `units[at + ${index}]`);
    return `case ${length}: return String.fromCharCode(${codes.join(", ")});`;
  });
  return new Function("units", "at", "length", `switch (length) { ${cases.join("\n")} }`) as ShortText<Units>;
}

// One for each kind of array: V8 is slower where it meets both.
/** Of bytes that are ASCII. */
export const shortText: ShortText<Uint8Array> = newShortText();
/** Of UTF-16. */
export const shortUnits: ShortText<Uint16Array> = newShortText();
