import { assertThrows } from "@std/assert";
import { UsageError } from "../../src/utils.ts";

/** What a command says of a line that it does not understand. */
export function usageOf(command: (args: string[]) => unknown, line: string): string {
  return (assertThrows(() => command(line.split(" ").filter(Boolean)), UsageError) as Error).message;
}
