/** Keys of the terminal, one by one. */

const NAMES: Readonly<Record<string, string>> = {
  "\x03": "ctrl-c",
  "\r": "enter",
  "\n": "enter",
  "\x1b": "esc",
  "\x1b[A": "up",
  "\x1b[B": "down",
  "\x1bOA": "up",
  "\x1bOB": "down",
  "\x1b[5~": "pageup",
  "\x1b[6~": "pagedown",
  " ": "pagedown",
};

/** The keys in what a terminal has sent: a letter as it is, others by their names; what is not known is left out. */
export function keysIn(text: string): string[] {
  // deno-lint-ignore no-control-regex -- escape codes of keys
  const pieces = text.match(/\x1b(\[[\d;]*[A-Za-z~]|O[A-Z])|[^]/g) ?? [];
  return pieces.map((piece) => NAMES[piece] ?? (/^[a-z]$/i.test(piece) ? piece.toLowerCase() : "")).filter((key) =>
    key !== ""
  );
}

/** Reads keys until the signal, with the terminal set to hand over each at once. */
export async function* readKeys(signal: AbortSignal): AsyncGenerator<string> {
  Deno.stdin.setRaw(true);
  const reader = Deno.stdin.readable.getReader();
  const stop = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", stop);
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done || signal.aborted) return;
      yield* keysIn(new TextDecoder().decode(value));
    }
  } finally {
    signal.removeEventListener("abort", stop);
    Deno.stdin.setRaw(false);
  }
}
