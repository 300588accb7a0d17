/**
 * `deno task dev FILE [flags of the job]`: runs a job, and goes on with it from its last commit each time that its file changes.
 *
 * A change is checked (types, and whether the last commit fits) while the version before it works; what does not fit is named, and
 * the version before goes on.
 */
import { resolve } from "node:path";
import { type CommandLine, createLogger, HelpRequested, helpText, runMain, UsageError } from "../utils.ts";
import { DevSession } from "./dev/session.ts";
import { isHelp } from "./tool.ts";

const COMMAND_LINE: CommandLine = {
  command: "deno task dev",
  positionals: ["FILE", "[flags of the job...]"],
  describe:
    `Runs the job of a file, and goes on with a new version each time that the file, or a local file that it imports, is saved:

  deno task dev src/s20_manage_state.ts --window 10s

Before the version that runs is stopped, the new one is checked: its types, its graph, and whether the last commit fits it.
What has changed is reported. What does not fit is named in one sentence, and the version before goes on. Nothing is lost and
nothing comes twice: one commits and stops, the other one goes on from there. Ctrl-C ends both.`,
};

/** @throws {UsageError} if there is no such file @throws {HelpRequested} for `--help` */
export async function dev(signal: AbortSignal, args: readonly string[]): Promise<void> {
  const [given, ...rest] = args[0] === "--" ? args.slice(1) : args;
  if (isHelp(given)) throw new HelpRequested(helpText({}, COMMAND_LINE));
  if (given === undefined || given.startsWith("-")) {
    throw new UsageError("FILE is missing: deno task dev FILE [flags of the job]; --help shows more");
  }
  const file = await Deno.realPath(resolve(given)).catch(() => {
    throw new UsageError(`Cannot run "${given}": there is no such file`);
  });
  await using session = new DevSession({
    file,
    args: rest,
    logger: createLogger(),
    now: () => performance.now(),
  });
  await session.run(signal);
}

if (import.meta.main) await runMain((signal) => dev(signal, Deno.args));
