import type { Logger } from "../../src/engine/logger.ts";

/** A logger that keeps its lines: "info: …". */
export function newLog(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const note = (level: string) => (message: string) => void lines.push(`${level}: ${message}`);
  return { lines, debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") };
}

/** What a job has logged, without its name, without details and the table at its end. */
export function loggedBy({ log }: { readonly log: readonly string[] }): string[] {
  return log.filter((line) => !isTable(line) && !line.startsWith("debug: ")).map((line) => line.replace(/: \w+:/, ":"));
}

/** The table at a job's end. */
export function tableOf({ log }: { readonly log: readonly string[] }): string[] {
  return log.filter(isTable).map((line) => line.slice("info:   ".length));
}

function isTable(line: string): boolean {
  return line.startsWith("info:   ");
}
