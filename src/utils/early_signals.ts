/**
 * Hears SIGTERM and Ctrl-C while a program is still being loaded, which takes most of its start: `deno run --preload=…` runs
 * this file before it looks at the program. `runMain()` then ends the program as if the signal had come a moment later.
 *
 * It is the one module that does something by being loaded, and imports nothing, so that it is there at once.
 *
 * @module
 */

/** The signals that ask a program to stop. */
export type Signal = "SIGINT" | "SIGTERM";

/** What `runMain()` finds. */
export interface EarlySignals {
  /** Hands on what comes, and at once what has come. @returns what ends that */
  listen(signal: Signal, listener: () => void): () => void;
}

const came = new Set<Signal>();
const listeners: Record<Signal, Set<() => void>> = { SIGINT: new Set(), SIGTERM: new Set() };

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  try {
    Deno.addSignalListener(signal, () => {
      came.add(signal);
      for (const listener of listeners[signal]) listener();
    });
  } catch {
    // Windows has no SIGTERM.
  }
}

const early: EarlySignals = {
  listen(signal, listener) {
    listeners[signal].add(listener);
    if (came.has(signal)) listener();
    return () => void listeners[signal].delete(listener);
  },
};
Object.assign(globalThis, { [Symbol.for("@stream-apps/deno early signals")]: early });
