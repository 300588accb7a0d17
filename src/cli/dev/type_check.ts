import { firstError } from "../../inspect/first_error.ts";

/**
 * Checks the types of a program.
 * @returns the first error in one sentence; undefined if there is none
 */
export async function typeError(file: string, signal: AbortSignal): Promise<string | undefined> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--quiet", file],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    signal,
  }).output();
  if (success) return undefined;
  return firstError(new TextDecoder().decode(stderr), Deno.cwd()) ?? "its types cannot be checked";
}
