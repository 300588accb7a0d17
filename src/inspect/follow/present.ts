/**
 * The present moment, as `Date.now()` returns it from the time on that this module is loaded: a job may keep that function before
 * it runs, and is to see the time of its records all the same.
 */

const machine = Date.now;
let present = machine;

/** The machine's clock, ms since the Unix epoch. */
export function machineNow(): number {
  return machine();
}

/** Has `Date.now()` return what `now` does. */
export function setPresent(now: () => number): void {
  present = now;
}

Date.now = () => Math.floor(present());
