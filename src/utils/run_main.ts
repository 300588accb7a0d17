/** How a program ends: signals, errors in one sentence, exit codes. */
import type { EarlySignals } from "./early_signals.ts";
import { isExpected, meaningOf } from "../engine/internal.ts";
import { HelpRequested } from "./flags.ts";
import { writeErrorLine, writeOutput } from "./logging.ts";

/** Why a program was asked to stop: the reason of the signal that `runMain()` hands to it. */
export class Interrupted extends Error {
  /** The class's name. */
  override name = "Interrupted";
  /** What follows from it, see docs/errors.md. */
  readonly code = "INTERRUPTED";
  /** The signal that came. */
  constructor(readonly signal: "SIGINT" | "SIGTERM") {
    super(`Interrupted by ${signal}`);
  }
}

/** What `runMain()` needs of the process; tests hand in their own. */
export interface Process {
  /** Calls the listener at once for a signal that has come before. @returns what stops listening */
  onSignal(signal: "SIGINT" | "SIGTERM", listener: () => void): () => void;
  /** Errors that no one awaits. @returns what stops listening */
  onUncaught(listener: (error: unknown) => void): () => void;
  /** Writes data to standard output; resolves when it is out. */
  writeOutput(text: string): Promise<void>;
  /** Writes one line to standard error. */
  writeErrorLine(line: string): void;
  /** ms since any moment, never back */
  now(): number;
  /** Calls the listener once, so many ms from now. @returns what forgets it */
  after(ms: number, listener: () => void): () => void;
  /** Ends the process. */
  exit(code: number): void;
}

/** One Ctrl-C comes twice below `deno task`: from the terminal and from the task runner, which hands it on. */
const ONE_KEYSTROKE_MS = 300;
/** Who asks a program to stop kills it when it takes longer: most service managers wait little more. */
const STOP_WITHIN_MS = 10_000;

/**
 * Runs a program to its end and exits: 0 finished (or SIGTERM and a clean end), 1 failed, 2 wrong usage, 130 Ctrl-C.
 *
 * Ctrl-C and SIGTERM abort the signal that `main` gets; it has 10 s to come to its end, then the process exits with 1. A second
 * Ctrl-C ends it at once. An error whose code says that its message is enough, a user's mistake or the state of the world, is printed as one
 * sentence; any other with its stack.
 */
export async function runMain(
  main: (signal: AbortSignal) => Promise<void>,
  process: Process = DENO_PROCESS,
): Promise<void> {
  const controller = new AbortController();
  let interruptedMs = Number.POSITIVE_INFINITY;
  let forgetDeadline: (() => void) | undefined;
  const stopListening = [
    process.onSignal("SIGINT", () => {
      const sinceMs = process.now() - interruptedMs;
      if (sinceMs > ONE_KEYSTROKE_MS) process.exit(130);
      interruptedMs = Math.min(interruptedMs, process.now());
      stop("SIGINT");
    }),
    process.onSignal("SIGTERM", () => stop("SIGTERM")),
    process.onUncaught((error) => process.exit(fail(error))),
    () => forgetDeadline?.(),
  ];

  let code: number;
  try {
    // Asked to stop before it was loaded, it need not begin.
    if (!controller.signal.aborted) await main(controller.signal);
    code = cleanExitCode();
  } catch (error) {
    code = await endWith(error);
  }
  for (const each of stopListening) each();
  process.exit(code);

  function stop(signal: Interrupted["signal"]): void {
    forgetDeadline ??= process.after(STOP_WITHIN_MS, () => {
      process.writeErrorLine(
        `error: Cannot stop within ${STOP_WITHIN_MS / 1000} s: what was begun does not come to its end`,
      );
      process.exit(1);
    });
    controller.abort(new Interrupted(signal));
  }

  function cleanExitCode(): number {
    const { aborted, reason } = controller.signal;
    return aborted && (reason as Interrupted).signal === "SIGINT" ? 130 : 0;
  }

  async function endWith(error: unknown): Promise<number> {
    if (controller.signal.aborted && causes(error).includes(controller.signal.reason)) return cleanExitCode();
    if (error instanceof HelpRequested) {
      await process.writeOutput(`${error.message}\n`).catch(() => {}); // nobody reads on
      return 0;
    }
    if (causes(error).some((cause) => cause instanceof Deno.errors.BrokenPipe)) return 0;
    return fail(error);
  }

  function fail(error: unknown): number {
    process.writeErrorLine(`error: ${describeError(error)}`);
    return meaningOf(error).exitCode ?? 1;
  }
}

/**
 * An error as text for the person at the terminal: a sentence if its message says all or a permission is missing, else where it comes
 * from too, for it is a bug, ours or a user function's.
 */
export function describeError(error: unknown): string {
  const denied = causes(error).find((cause) => cause instanceof Deno.errors.NotCapable);
  if (denied !== undefined) return describeDenial(denied);
  if (!(error instanceof Error)) return String(error);
  if (!isExpected(error)) {
    return Deno.inspect(error, { colors: false }).replace(/^Error: /, "");
  }
  let sentence = error.message;
  for (const cause of causes(error).slice(1)) {
    const message = cause instanceof Error ? cause.message : String(cause);
    if (message !== "" && !sentence.includes(message)) sentence += ` (${message})`;
  }
  return sentence;
}

function describeDenial({ message }: Error): string {
  const [, what, permission] = /^Requires (.+?), run again with the (--[\w-]+) flag/.exec(message) ?? [];
  if (permission === undefined) return message;
  return `Deno denied ${what}: add ${permission}, or start it with "deno task", which allows what it needs`;
}

/** The error, its cause, the cause of that, … */
function causes(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let each = error; each !== undefined && each !== null && !chain.includes(each);) {
    chain.push(each);
    each = each instanceof Error ? each.cause : undefined;
  }
  return chain;
}

/** If the program was started with them, see `early_signals.ts`. */
const earlySignals =
  (globalThis as { [early: symbol]: EarlySignals | undefined })[Symbol.for("@stream-apps/deno early signals")];

const DENO_PROCESS: Process = {
  onSignal(signal, listener) {
    if (earlySignals !== undefined) return earlySignals.listen(signal, listener);
    try {
      Deno.addSignalListener(signal, listener);
    } catch (error) {
      if (error instanceof TypeError) return () => {}; // Windows has no SIGTERM
      throw error;
    }
    return () => Deno.removeSignalListener(signal, listener);
  },
  onUncaught(listener) {
    const onRejection = (event: PromiseRejectionEvent): void => {
      event.preventDefault();
      listener(event.reason);
    };
    const onError = (event: ErrorEvent): void => {
      event.preventDefault();
      listener(event.error);
    };
    globalThis.addEventListener("unhandledrejection", onRejection);
    globalThis.addEventListener("error", onError);
    return () => {
      globalThis.removeEventListener("unhandledrejection", onRejection);
      globalThis.removeEventListener("error", onError);
    };
  },
  writeOutput,
  writeErrorLine,
  now: () => performance.now(),
  after(ms, listener) {
    const timer = setTimeout(listener, ms);
    return () => clearTimeout(timer);
  },
  exit: (code) => Deno.exit(code),
};
