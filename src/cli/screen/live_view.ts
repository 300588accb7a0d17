const FRAME_MS = 250;

// The alternate screen keeps what the terminal showed before, and its lines are not wrapped when the window gets narrower.
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l";
// Synchronized output: terminals that support it show a frame at once, others ignore it.
const BEGIN_FRAME = "\x1b[?2026h\x1b[H";
const END_FRAME = "\x1b[?2026l";

let open: LiveView | undefined;

/** The size of a terminal, and whether it has colours. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
  readonly colours: boolean;
}

/** Shows a screen on the terminal, four times a second, until it is closed, however the process ends. */
export class LiveView implements Disposable {
  readonly #render: (size: ScreenSize) => readonly string[];
  readonly #frames: ReturnType<typeof setInterval>;

  /** @param render exactly `rows` lines of `columns` characters */
  constructor(render: (size: ScreenSize) => readonly string[]) {
    this.#render = render;
    open = this;
    globalThis.addEventListener("unload", closeView); // a second Ctrl-C exits at once
    write(ENTER);
    this.draw();
    this.#frames = setInterval(() => this.draw(), FRAME_MS);
  }

  /** Restores the terminal. */
  [Symbol.dispose](): void {
    if (open !== this) return;
    open = undefined;
    clearInterval(this.#frames);
    globalThis.removeEventListener("unload", closeView);
    write(LEAVE);
  }

  /** Draws now: somebody who has pressed a key does not wait. */
  draw(): void {
    if (open !== this) return; // it is closed
    const { columns, rows } = Deno.consoleSize();
    // A terminal that does not know its size reports 0.
    const lines = this.#render({ columns: columns || 80, rows: rows || 24, colours: !Deno.noColor });
    write(`${BEGIN_FRAME}${lines.join("\r\n")}${END_FRAME}`);
  }
}

/**
 * Closes the live view at an error that nobody awaits. Called before `runMain()`, whose listeners print the error: it would
 * vanish with the view.
 */
export function closeViewOnErrors(): void {
  globalThis.addEventListener("error", closeView);
  globalThis.addEventListener("unhandledrejection", closeView);
}

function closeView(): void {
  open?.[Symbol.dispose]();
}

const encoder = new TextEncoder();

/** Writes synchronously: the terminal must be restored before anything else is written or the process ends. */
function write(text: string): void {
  let rest: Uint8Array = encoder.encode(text);
  while (rest.length > 0) rest = rest.subarray(Deno.stdout.writeSync(rest));
}
