/** Keys that are pressed at a terminal. */

/** A key: a character as it is, or the name of one that has no character. */
export type Key = string;

const NAMED: Readonly<Record<string, Key>> = {
  "\x1b[A": "up",
  "\x1b[B": "down",
  "\x1b[C": "right",
  "\x1b[D": "left",
  "\x1bOA": "up",
  "\x1bOB": "down",
  "\x1bOC": "right",
  "\x1bOD": "left",
  "\x1b[H": "home",
  "\x1b[F": "end",
  "\x1bOH": "home",
  "\x1bOF": "end",
  "\x1b[1~": "home",
  "\x1b[4~": "end",
  "\x1b[5~": "page up",
  "\x1b[6~": "page down",
  "\x1b[Z": "back tab",
  "\t": "tab",
  "\r": "enter",
  "\n": "enter",
  "\x1b": "escape",
  "\x7f": "backspace",
};

/** What a terminal sends for keys, as keys in their order; sequences that are not known are left out. */
export function parseKeys(text: string): Key[] {
  // deno-lint-ignore no-control-regex -- escape sequences are what is read here
  const parts = text.match(/\x1b\[[\d;]*[A-Za-z~]|\x1bO[A-Za-z]|[^]/gu) ?? [];
  return parts.flatMap((part) => {
    const named = NAMED[part];
    if (named !== undefined) return [named];
    return part >= " " && !part.startsWith("\x1b") ? [part] : [];
  });
}

/**
 * The keys of standard input, each as soon as it is pressed, until the signal is aborted or the input ends. The terminal is
 * restored then, however the process ends. Ctrl-C remains a signal.
 */
export async function* readKeys(signal: AbortSignal): AsyncGenerator<Key> {
  const restore = () => Deno.stdin.setRaw(false);
  Deno.stdin.setRaw(true, { cbreak: true });
  globalThis.addEventListener("unload", restore);
  const reader = Deno.stdin.readable.getReader();
  const stop = () => void reader.cancel();
  signal.addEventListener("abort", stop);
  const decoder = new TextDecoder();
  try {
    while (!signal.aborted) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parseKeys(decoder.decode(value, { stream: true }));
    }
  } finally {
    signal.removeEventListener("abort", stop);
    globalThis.removeEventListener("unload", restore);
    restore();
  }
}
