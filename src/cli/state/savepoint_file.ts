/** Savepoints as files: written whole or not at all, and read. */
import { BrokerError } from "../../connectors/broker_errors.ts";
import { isExpected } from "../../engine/internal.ts";
import { UsageError } from "../../utils.ts";
import { exists } from "../commands.ts";
import { readSavepoint, type Savepoint } from "./savepoint.ts";

/** How a file is written. */
export interface WritingOptions {
  /** Whether a file that is there is overwritten. */
  readonly overwrite: boolean;
  readonly signal: AbortSignal;
}

/**
 * Writes a savepoint's text, which only its owner may read.
 * @throws {UsageError} if the file is there and is not to be overwritten
 * @throws {BrokerError} in one sentence if it cannot be written
 */
export async function writeSavepointFile(
  file: string,
  text: Iterable<string>,
  { overwrite, signal }: WritingOptions,
): Promise<void> {
  // First beside it: what was cut short must not pass for a savepoint, nor take the place of one.
  const begun = `${file}.part`;
  try {
    if (!overwrite && await exists(file)) {
      throw new UsageError(`Cannot export to "${file}": the file is there already; add --yes to overwrite it`);
    }
    const encoder = new TextEncoder();
    const bytes = ReadableStream.from(text).pipeThrough(
      new TransformStream<string, Uint8Array>({ transform: (text, out) => out.enqueue(encoder.encode(text)) }),
    );
    const opened = await Deno.open(begun, { write: true, create: true, truncate: true, mode: 0o600 });
    await bytes.pipeTo(opened.writable, { signal });
    await Deno.rename(begun, file);
  } catch (error) {
    throw fileError(error, "export to", file);
  }
}

/**
 * Reads a savepoint.
 * @param file its name; "-" for standard input
 * @throws {BrokerError} in one sentence if there is no such file, or it is no savepoint
 */
export async function readSavepointFile(file: string, stdin: ReadableStream<Uint8Array>): Promise<Savepoint> {
  let stream = stdin;
  try {
    if (file !== "-") stream = (await Deno.open(file)).readable;
  } catch (error) {
    throw fileError(error, "import", file);
  }
  return await readSavepoint(file === "-" ? "standard input" : file, stream);
}

/** One sentence for what a system says about a file; other errors as they are. */
function fileError(error: unknown, what: string, file: string): unknown {
  if (!(error instanceof Error) || isExpected(error)) return error;
  if (error instanceof Deno.errors.NotCapable || !("code" in error)) return error;
  return new BrokerError(
    `Cannot ${what} "${file}": ${error.message.replace(/ \(os error \d+\).*$/s, "").toLowerCase()}`,
  );
}
