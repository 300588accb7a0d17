/** Runs an exercise's checks on the learner's file in a worker of its own, which has no permission at all. */
import { stripVTControlCharacters } from "node:util";
import type { Exercise } from "./course.ts";
import type { WorkerMessage } from "./check_worker.ts";
import type { CheckOutcome } from "./run_checks.ts";

/** The first time packages may have to be downloaded. */
const LOAD_WITHIN_MS = 60_000;
/** What the checks themselves take is a small part of that. */
const CHECK_WITHIN_MS = 5_000;

/** A file whose checks could not be run, and why. */
export interface NotRun {
  readonly notRun: string;
}

/** Options of a run. */
export interface CheckRunOptions {
  readonly signal?: AbortSignal;
  readonly checkWithinMs?: number;
}

/** Runs an exercise's checks on a file, which is loaded afresh. */
export async function runInWorker(
  exercise: Pick<Exercise, "file" | "checks">,
  { signal, checkWithinMs = CHECK_WITHIN_MS }: CheckRunOptions = {},
): Promise<CheckOutcome | NotRun> {
  const { file, checks } = exercise;
  const source = await Deno.readTextFile(file);
  const fileName = file.pathname.split("/").at(-1)!;
  const text = [
    `import { report } from ${JSON.stringify(new URL("check_worker.ts", import.meta.url).href)};`,
    `import { checks } from ${JSON.stringify(checks.href)};`,
    // Imported where it can be caught: of an error in the worker's own modules Deno writes lines of its own.
    'const load = () => import("learners-file");'.replace('"learners-file"', () => JSON.stringify(file.href)),
    `await report(checks, load, ${JSON.stringify({ source, fileName })});`,
  ].join("\n");
  const worker = new Worker(`data:text/javascript,${encodeURIComponent(text)}`, {
    type: "module",
    deno: { permissions: "none" },
  } as WorkerOptions);
  const { promise, resolve } = Promise.withResolvers<CheckOutcome | NotRun>();
  let timer = setTimeout(
    () => resolve({ notRun: `Its modules were not loaded within ${LOAD_WITHIN_MS / 1000} s.` }),
    LOAD_WITHIN_MS,
  );
  worker.onmessage = ({ data }: MessageEvent<WorkerMessage>) => {
    if (data !== "loaded") return resolve("failed" in data ? { notRun: cannotRun(plain(data.failed)) } : data);
    clearTimeout(timer);
    timer = setTimeout(() => resolve({ notRun: endless(checkWithinMs) }), checkWithinMs);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    const what = plain(event.message);
    resolve({
      notRun: event.message.includes("(in promise)")
        ? `A promise has failed that nobody waits for. Is an await missing? ${what}`
        : cannotRun(what),
    });
  };
  const abort = () => resolve({ notRun: "Stopped." });
  signal?.addEventListener("abort", abort);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
    worker.terminate();
  }
}

function cannotRun(what: string): string {
  return `The file cannot be run: ${what}`;
}

function endless(ms: number): string {
  return `Your code did not come to an end within ${ms / 1000} s: is there a loop without an end, or a promise that ` +
    "nothing resolves?";
}

/** The message without its prefixes, places in the file and escape codes. */
function plain(message: string): string {
  return stripVTControlCharacters(message).replace(/^(Uncaught )?(\(in promise\) )?/, "").replaceAll(
    /file:\/\/\S*\//g,
    "",
  ).trim();
}
