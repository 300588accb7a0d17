/** Running other programs, and looking for and removing files and folders. */

/** Whether a file or folder exists. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Removes a folder and all in it, if it exists. */
export async function removeFolder(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** What a command printed; undefined if it does not exist or has failed. */
export async function outputOf(command: string, args: string[]): Promise<string | undefined> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(command, { args, stdin: "null" }).output();
    return success ? new TextDecoder().decode(stderr) + new TextDecoder().decode(stdout) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * Runs a command to its end and logs what it prints.
 * @param what it is for, for the message: "start Kafka"
 * @throws {Error} with what it printed, if it fails
 */
export async function run(
  what: string,
  command: string,
  args: string[],
  log: (line: string) => void,
): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args, stdin: "null" }).output();
  const text = (new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr)).trim();
  if (text !== "") text.split("\n").forEach(log);
  if (!success) throw new Error(`Cannot ${what}: "${command}" failed\n${text}`);
}
