import type { DemoState } from "./state.ts";
import { renderScreen, type ScreenMessage } from "./screen.ts";

const FRAME_MS = 250;

// A screen of its own keeps what the terminal showed before, and nothing there is folded anew when the window gets narrower.
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l";
// Terminals that know this show a frame as a whole; others ignore it.
const BEGIN_FRAME = "\x1b[?2026h\x1b[H";
const END_FRAME = "\x1b[?2026l";

/** Shows a demo on the terminal until it is closed, however the process ends. */
export class LiveView implements Disposable {
  readonly #state: () => DemoState;
  readonly #messages: () => readonly ScreenMessage[];
  readonly #frames: ReturnType<typeof setInterval>;
  readonly #onEnd = () => this[Symbol.dispose]();
  #isOpen = true;

  constructor(state: () => DemoState, messages: () => readonly ScreenMessage[]) {
    this.#state = state;
    this.#messages = messages;
    write(ENTER);
    // Also for a second Ctrl-C, which exits at once, and for errors that no one awaits, before they are printed.
    globalThis.addEventListener("unload", this.#onEnd);
    globalThis.addEventListener("error", this.#onEnd, { capture: true });
    globalThis.addEventListener("unhandledrejection", this.#onEnd, { capture: true });
    this.#draw();
    this.#frames = setInterval(() => this.#draw(), FRAME_MS);
  }

  /** Gives the terminal back as it was. */
  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    clearInterval(this.#frames);
    globalThis.removeEventListener("unload", this.#onEnd);
    globalThis.removeEventListener("error", this.#onEnd, { capture: true });
    globalThis.removeEventListener("unhandledrejection", this.#onEnd, { capture: true });
    write(LEAVE);
  }

  #draw(): void {
    const { columns, rows } = Deno.consoleSize();
    const lines = renderScreen(this.#state(), this.#messages(), { columns, rows, colours: !Deno.noColor });
    write(`${BEGIN_FRAME}${lines.join("\r\n")}${END_FRAME}`);
  }
}

const encoder = new TextEncoder();

/** At once: the terminal must be as it was before anything else is written or the process ends. */
function write(text: string): void {
  let rest: Uint8Array = encoder.encode(text);
  while (rest.length > 0) rest = rest.subarray(Deno.stdout.writeSync(rest));
}
