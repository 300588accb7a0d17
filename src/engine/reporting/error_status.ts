import { isExpected } from "../error_codes.ts";
import { OperatorError } from "../errors.ts";
import type { ErrorStatus } from "../job_status.ts";

/** Longer messages are cut off: a status record is written every second. */
const MESSAGE_CHARACTERS = 1_000;

/** The directory of the engine, whose lines in a stack are not the user's. */
const ENGINE = import.meta.resolve("../");

/** What a status record says of an error that ended an attempt. */
export function errorStatus(error: unknown, atMs: number): ErrorStatus {
  const thrown = error instanceof OperatorError ? error.cause : error;
  const message = error instanceof Error ? error.message : String(error);
  const line = thrown instanceof Error && !isExpected(thrown) ? usersLine(thrown.stack ?? "") : undefined;
  return {
    atMs,
    name: error instanceof Error ? error.name : typeof error,
    message: message.length > MESSAGE_CHARACTERS ? `${message.slice(0, MESSAGE_CHARACTERS)}…` : message,
    ...error instanceof OperatorError && { operator: error.operator },
    ...error instanceof OperatorError && error.record !== undefined && { record: error.record },
    ...line !== undefined && { line },
  };
}

/** The first place of a stack that is neither the engine's nor Deno's: "file:///home/me/job.ts:12:9". */
function usersLine(stack: string): string | undefined {
  for (const [, place] of stack.matchAll(/^\s*at .*?\(?((?:file|https?):\/\/[^\s)]+:\d+:\d+)\)?$/gm)) {
    if (!place!.startsWith(ENGINE)) return place;
  }
  return undefined;
}
