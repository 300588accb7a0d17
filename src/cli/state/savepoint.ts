/**
 * A job's commit as a file of JSON lines that one can read, keep and carry to another broker:
 *
 *     {"format":"savepoint 1","job":"user_statistics","exportedAt":"2026-03-01T12:00:00.000Z","from":"embedded","entries":2}
 *     {"entry":["job"],"value":{"format":1,…}}
 *     {"entry":["state","flights","total","","a@b.c"],"value":{"flights":2}}
 *
 * What follows the first line are the commit's entries as they are, in order of their names.
 */
import { BrokerError } from "../../connectors/broker_errors.ts";
import { COMMIT_FORMAT, JOB_ENTRY, jobRecordOf } from "../../engine/internal.ts";
import type { Entries } from "../../inspect/commit.ts";

/** The first line. */
export interface SavepointHead {
  readonly format: typeof FORMAT;
  readonly job: string;
  /** ISO 8601. */
  readonly exportedAt: string;
  /** Kind of the broker. */
  readonly from: string;
  /** How many lines follow, so that a file that was cut short is seen. */
  readonly entries: number;
}

/** A file, read. */
export interface Savepoint {
  readonly head: SavepointHead;
  readonly entries: Map<string, string>;
}

const FORMAT = "savepoint 1";
/** Lines of one piece of text: enough to make writing quick. */
const PIECE_LINES = 1_000;

/** The file's text, piece by piece. */
export function* savepointText(entries: Entries, head: Omit<SavepointHead, "format" | "entries">): Generator<string> {
  let piece = `${JSON.stringify({ format: FORMAT, ...head, entries: entries.size })}\n`;
  let lines = 0;
  for (const entry of [...entries.keys()].sort()) {
    // Both are JSON without line ends.
    piece += `{"entry":${entry},"value":${entries.get(entry)}}\n`;
    if (++lines % PIECE_LINES !== 0) continue;
    yield piece;
    piece = "";
  }
  yield piece;
}

/**
 * Reads such a file.
 * @param name of the file, for messages
 * @throws {BrokerError} naming the line that is wrong, or what is missing
 */
export async function readSavepoint(name: string, stream: ReadableStream<Uint8Array>): Promise<Savepoint> {
  const refuse = (reason: string): never => {
    throw new BrokerError(`Cannot import "${name}": ${reason}`);
  };
  let head: SavepointHead | undefined;
  const entries = new Map<string, string>();
  let number = 0;
  for await (const line of linesOf(stream, refuse)) {
    number++;
    if (line === "") continue;
    const parsed = parseObject(line) ?? refuse(`line ${number} is no JSON object, it starts with ${shown(line)}`);
    if (head === undefined) {
      if (parsed.format !== FORMAT) refuse(`its first line has format ${shown(parsed.format)}, not "${FORMAT}"`);
      head = parsed as unknown as SavepointHead;
      continue;
    }
    const { entry, value } = parsed;
    if (!Array.isArray(entry) || typeof entry[0] !== "string" || value === undefined) {
      refuse(`line ${number} is no {"entry":[…],"value":…}`);
    }
    const key = JSON.stringify(entry);
    if (entries.has(key)) refuse(`line ${number} has the entry ${key} a second time`);
    entries.set(key, JSON.stringify(value));
  }
  if (head === undefined) return refuse("it is empty");
  if (entries.size !== head.entries) {
    refuse(`it has ${entries.size} entries, its first line says ${head.entries}: it was cut short or changed`);
  }
  const record = jobRecordOf(entries);
  if (record === undefined) return refuse(`the entry ${JOB_ENTRY} is missing`);
  if (record.format !== COMMIT_FORMAT) {
    refuse(`its commit has format ${shown(record.format)}, this version reads format ${COMMIT_FORMAT}`);
  }
  return { head, entries };
}

async function* linesOf(stream: ReadableStream<Uint8Array>, refuse: (reason: string) => never): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  const decode = (chunk?: Uint8Array): string => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
    } catch {
      return refuse("it is not UTF-8");
    }
  };
  for await (const chunk of stream) {
    const lines = (rest + decode(chunk)).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield line.replace(/\r$/, "");
  }
  rest += decode();
  if (rest !== "") yield rest;
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? value as Record<string, unknown>
      : undefined;
  } catch {
    return undefined;
  }
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
