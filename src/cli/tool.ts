/** What `topics`, `state` and `dead-letters` have in common: commands by name, on the broker that the settings choose. */
import type { Broker } from "../connectors/broker.ts";
import { openBroker } from "../connectors/mod.ts";
import type { CommandLine, Flags, FlagValues, Logger } from "../utils.ts";
import { brokerSettings, createLogger, HelpRequested, nearest, parseFlags, UsageError, writeOutput } from "../utils.ts";

/** What a command reads, writes and logs to. */
export interface ToolIo {
  /** Writes data to standard output; resolves when it is out. */
  readonly write: (text: string) => Promise<void>;
  readonly stdin: ReadableStream<Uint8Array>;
  readonly isStdinTerminal: boolean;
  readonly logger: Logger;
  /** ms since the Unix epoch */
  readonly now: () => number;
  /** Stops the command; a transaction is finished first. */
  readonly signal: AbortSignal;
}

/** A command with its parsed arguments, ready to run. */
export type ToolCommand<I> = (broker: Broker, io: I) => Promise<void>;

export type Parsed<F extends Flags> = FlagValues<F> & { readonly _: readonly string[] };

/** A command of a tool that is about one job: `deno task state JOB list`. */
export interface JobCommandSpec<F extends Flags, I> {
  /** "list" */
  readonly name: string;
  /** Its arguments without flags, for the help text: `["[ID...]"]`. */
  readonly positionals: readonly string[];
  /** What it does, for the help text. */
  readonly describe: string;
  readonly flags: F;
  readonly run: (broker: Broker, job: string, flags: Parsed<F>, io: I) => Promise<void>;
  /** Throws a `UsageError` for flags that make no sense. */
  readonly check?: (flags: Parsed<F>) => void;
}

/** Makes the function that parses a command's arguments. @param tool its name: "state" */
export function jobCommand<const F extends Flags, I>(
  tool: string,
  { name, positionals, describe, flags, run, check }: JobCommandSpec<F, I>,
): (job: string, args: readonly string[]) => ToolCommand<I> {
  const commandLine: CommandLine = { command: `deno task ${tool} JOB ${name}`, positionals, describe };
  return (job, args) => {
    const values = parseFlags(args, flags, commandLine);
    check?.(values);
    return (broker, io) => run(broker, job, values, io);
  };
}

/**
 * The command of that name.
 * @param what it is called in messages
 * @throws {UsageError} if there is no such command, with the most similar name
 */
export function findCommand<C>(commands: Readonly<Record<string, C>>, name: string | undefined, what = "command"): C {
  const names = Object.keys(commands);
  if (name === undefined) throw new UsageError(`A ${what} is missing, one of ${names.join(", ")}: --help shows more`);
  if (Object.hasOwn(commands, name)) return commands[name]!;
  const [near] = nearest(name, names);
  const hint = near === undefined ? `there are ${names.join(", ")}` : `did you mean ${near}?`;
  throw new UsageError(`Unknown ${what} "${name}": ${hint}`);
}

/** A tool about one job, with its commands by name. */
export interface JobTool<I> {
  /** "state" */
  readonly name: string;
  /** The text of `--help`. */
  readonly help: string;
  readonly commands: Readonly<Record<string, (job: string, args: readonly string[]) => ToolCommand<I>>>;
}

/**
 * Parses the arguments of a tool about one job into a command.
 * @throws {UsageError} if they are wrong
 * @throws {HelpRequested} for `--help`
 */
export function findJobCommand<I>(
  { name: tool, help, commands }: JobTool<I>,
  args: readonly string[],
): ToolCommand<I> {
  const [job, name, ...rest] = args;
  if (isHelp(job) || isHelp(name)) throw new HelpRequested(help);
  const usage = `deno task ${tool} JOB COMMAND`;
  if (job === undefined) throw new UsageError(`JOB is missing: ${usage}; --help shows more`);
  const known = name !== undefined && Object.hasOwn(commands, name);
  if (!known && Object.hasOwn(commands, job)) {
    throw new UsageError(`The job comes first: deno task ${tool} ${name ?? "JOB"} ${job}`);
  }
  return findCommand(commands, name)(job, rest);
}

export function isHelp(argument: string | undefined): boolean {
  return argument === "--help" || argument === "-h";
}

/** A tool's `main()`, for `runMain()`. */
export function toolMain(
  parse: (args: readonly string[]) => ToolCommand<ToolIo>,
  args: readonly string[] = Deno.args,
): (signal: AbortSignal) => Promise<void> {
  return async (signal) => {
    const run = parse(args[0] === "--" ? args.slice(1) : args); // "deno task topics -- list"
    const logger = createLogger();
    await using broker = await openBroker({ settings: brokerSettings(), logger });
    const isStdinTerminal = Deno.stdin.isTerminal();
    await run(broker.port, {
      write: writeOutput,
      stdin: Deno.stdin.readable,
      isStdinTerminal,
      logger,
      now: Date.now,
      signal,
    });
  };
}
