import { JobError } from "../../engine/mod.ts";
import { resolve } from "node:path";
import { ROOT } from "../../utils/task.ts";
import { configOf, runFlagsOf } from "../run_flags.ts";
import { type FollowMessage, type FollowRequest, MESSAGE_MARK } from "./protocol.ts";

/** A job's file and its arguments: `src/s20_manage_state.ts --window 10s`. */
export interface JobFile {
  readonly file: string;
  readonly args: readonly string[];
}

/** A job's file with its arguments in one text, which blanks part. */
export function parseJobFile(text: string): JobFile {
  const [file = "", ...args] = text.split(/\s+/).filter((part) => part !== "");
  return { file, args };
}

/**
 * Runs a job's file so that it is not executed but does what is requested, see `preload.ts`.
 * @param options.onMessage is called with what it reports
 * @param options.signal ends it
 * @throws {JobError} if it fails, with what it printed to standard error
 */
export async function runJobFile(
  { file, args }: JobFile,
  request: FollowRequest,
  { onMessage, signal }: { readonly onMessage: (message: FollowMessage) => void; readonly signal: AbortSignal },
): Promise<void> {
  signal.throwIfAborted();
  const config = await configOf(resolve(file));
  // The permissions of its task, without its own preloaded file.
  const flags = (await runFlagsOf(resolve(file), config)).filter((flag) => !flag.startsWith("--preload"));
  // A file that lies in no project is taken for one of this project.
  const settings = config === undefined ? ["--config", new URL("deno.json", ROOT).pathname] : [];
  const preload = new URL("preload.ts", import.meta.url).href;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, ...settings, `--preload=${preload}`, file, ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stop = () => child.kill("SIGTERM");
  signal.addEventListener("abort", stop);
  const stdin = child.stdin.getWriter();
  await stdin.write(new TextEncoder().encode(JSON.stringify(request)));
  await stdin.close();
  const [status, stderr, reported] = await Promise.all([
    child.status,
    new Response(child.stderr).text(),
    takeMessages(child.stdout, onMessage),
  ]);
  signal.removeEventListener("abort", stop);
  signal.throwIfAborted();
  if (status.success && reported) return;
  const said = stderr.trim().split("\n").at(-1)?.replace(/^error: /, "") ?? "";
  throw new JobError(
    status.success
      ? `Cannot follow a record through ${file}: it describes no job, as it never calls env.execute()`
      : `Cannot follow a record through ${file}: ${said === "" ? `it ended with code ${status.code}` : said}`,
  );
}

/** @returns whether there were any */
async function takeMessages(
  stdout: ReadableStream<Uint8Array>,
  onMessage: (message: FollowMessage) => void,
): Promise<boolean> {
  let rest = "";
  let any = false;
  for await (const text of stdout.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)) {
    const lines = `${rest}${text}`.split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      if (!line.startsWith(MESSAGE_MARK)) continue; // what the job itself prints
      any = true;
      onMessage(JSON.parse(line.slice(MESSAGE_MARK.length)));
    }
  }
  return any;
}
