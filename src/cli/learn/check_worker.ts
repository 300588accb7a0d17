/** The end of a check in its worker: what `check_run.ts` starts there calls `report()` with the modules that it has loaded. */
import type { Check } from "./checks.ts";
import { catchConsole, type CheckOutcome, lineIn, runChecks } from "./run_checks.ts";

/** What a worker sends: that its modules are loaded, then what became of the file; or why the file cannot be loaded. */
export type WorkerMessage = "loaded" | CheckOutcome | { readonly failed: string };

const loadedPrints: string[] = [];
// Loaded before the learner's file, so that what that prints while it loads does not get on the screen.
const loading = catchConsole((line) => loadedPrints.push(line));

/** Loads the learner's file, runs the checks and posts what became of them. */
export async function report<M extends object>(
  checks: readonly Check<M>[],
  load: () => Promise<M>,
  options: { readonly source: string; readonly fileName: string },
): Promise<void> {
  let work: M;
  try {
    work = await load();
  } catch (error) {
    const line = error instanceof Error ? lineIn(error, options.fileName) : undefined;
    return post({ failed: `${error}${line === undefined ? "" : ` (line ${line})`}` });
  } finally {
    loading[Symbol.dispose]();
  }
  post("loaded");
  const { results, printed } = await runChecks(checks, work, options);
  post({ results, printed: [...loadedPrints, ...printed] });
}

function post(message: WorkerMessage): void {
  (globalThis as unknown as { postMessage(message: WorkerMessage): void }).postMessage(message);
}
