// Mistakes that can be seen while a job is described are thrown there.

/** @throws {RangeError} unless it is a whole number > 0 */
export function checkWhole(what: string, name: string, value: number): void {
  if (Number.isInteger(value) && value > 0) return;
  throw new RangeError(`Cannot create ${what} as ${name} must be a whole number > 0: current value is ${value}`);
}

/** @throws {RangeError} unless `offsetMs` is a whole number and less than `limitMs`, whatever its sign */
export function checkOffset(what: string, offsetMs: number, limitName: string, limitMs: number): void {
  if (Number.isInteger(offsetMs) && Math.abs(offsetMs) < limitMs) return;
  throw new RangeError(
    `Cannot create ${what} as offsetMs must be a whole number between -${limitName} and ${limitName}: ` +
      `current values are ${offsetMs} and ${limitMs}`,
  );
}
