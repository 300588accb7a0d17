/** Variables of the environment about Kafka, and the files that they name. */
import type { Environment } from "./environment.ts";
import { UsageError } from "./flags.ts";

/** Reads a file of text. */
export type ReadFile = (path: string) => string;

/** A secret in the variable `name`, or in the file that `name`_FILE names. */
export function secretOf(env: Environment, name: string, readFile: ReadFile): string | undefined {
  const path = setting(env, `${name}_FILE`);
  // As it is: blanks may belong to it.
  const secret = env.get(name) || undefined;
  if (path === undefined) return secret;
  if (secret !== undefined) throw new UsageError(`Cannot use both ${name} and ${name}_FILE: unset one`);
  // Editors and echo end a file with a line end.
  const text = fileText(`${name}_FILE`, path, readFile).replace(/\r?\n$/, "");
  if (text === "") throw new UsageError(`Cannot use ${name}_FILE: the file is empty`);
  return text;
}

/** The file's text. Its path is not repeated: who took the variable for the secret's own must not find that in a log. */
export function fileText(name: string, path: string, readFile: ReadFile): string {
  try {
    return readFile(path);
  } catch (error) {
    const reason = error instanceof Deno.errors.NotCapable
      ? "this program may not read it, it lacks --allow-read"
      : (error as Error).message.replace(/ \(os error \d+\).*$/s, "").toLowerCase();
    throw new UsageError(`Cannot use ${name} as the path of a file: ${reason}`);
  }
}

/** A variable without blanks around it; undefined if it is empty. */
export function setting(env: Environment, name: string): string | undefined {
  return env.get(name)?.trim() || undefined;
}

/** A variable that cannot be used without another one. */
export function missing(name: string, other: string): UsageError {
  return new UsageError(`Cannot use ${name}: ${other} is missing`);
}
