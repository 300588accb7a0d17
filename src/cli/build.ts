/**
 * `deno task build FILE`: makes of a job what can be carried elsewhere: one binary by `deno compile`, or, where Deno's runtime for
 * that cannot be downloaded, a bundle and a command that runs it with Deno alone.
 */
import { basename, dirname, relative, resolve } from "node:path";
import { type CommandLine, type Flags, parseFlags, runMain, UsageError, writeErrorLine } from "../utils.ts";
import { configOf, runFlagsOf } from "../inspect/run_flags.ts";
import { firstError } from "../inspect/first_error.ts";

const FLAGS = {
  output: {
    short: "o",
    value: "PATH",
    help: "where the binary, or the command beside its bundle, goes (default: dist/NAME)",
  },
  target: {
    value: "TRIPLE",
    help: "build the binary for another machine: x86_64-unknown-linux-gnu, aarch64-apple-darwin, …",
  },
  bundle: { help: "make a bundle, also where a binary can be made: it is small, and runs on every machine with Deno" },
} as const satisfies Flags;

const COMMAND_LINE: CommandLine = {
  command: "deno task build",
  positionals: ["FILE"],
  describe:
    `Makes one binary of a job, by deno compile, with the permissions of the task that runs its file. Where Deno's runtime for
binaries cannot be downloaded, a bundle is made in its place, with a command that runs it elsewhere with Deno alone.`,
};

/** A job that cannot be built, in one sentence. */
export class BuildError extends Error {
  override name = "BuildError";
  readonly code = "TOOL_FAILED";
}

/** What was built. */
export interface Built {
  readonly kind: "binary" | "bundle";
  /** What is to be started. */
  readonly command: string;
  /** Why it is a bundle; undefined if it was asked for, or is a binary. */
  readonly why?: string;
}

/**
 * Builds a job's file.
 * @throws {UsageError} if there is no such file
 * @throws {BuildError} if its types are wrong, or it cannot be bundled
 */
export async function build(args: readonly string[]): Promise<Built> {
  const { _: [given], output, target, bundle } = parseFlags(args, FLAGS, COMMAND_LINE);
  const file = await Deno.realPath(given!).catch(() => {
    throw new UsageError(`Cannot build "${given}": there is no such file`);
  });
  const name = basename(file).replace(/\.[cm]?[jt]sx?$/, "");
  const path = resolve(output ?? `dist/${name}`);
  await Deno.mkdir(dirname(path), { recursive: true });
  await checkTypes(file);
  const flags = (await runFlagsOf(file, await configOf(file))).filter((flag) => !flag.startsWith("--preload"));
  if (!bundle) {
    const why = await compile({ file, path, flags, target });
    if (why === undefined) return { kind: "binary", command: path };
    if (target !== undefined) throw new BuildError(`Cannot build a binary for ${target}: ${why}`);
    await makeBundle({ file, path, flags });
    return { kind: "bundle", command: path, why };
  }
  if (target !== undefined) throw new UsageError("Cannot use --target with --bundle: a bundle runs on every machine");
  await makeBundle({ file, path, flags });
  return { kind: "bundle", command: path };
}

async function checkTypes(file: string): Promise<void> {
  const error = await failureOf(["check", "--quiet", file]);
  if (error !== undefined) throw new BuildError(`Cannot build "${relative(Deno.cwd(), file)}": ${sentence(error)}`);
}

/** @returns why Deno's runtime for binaries is not to be had, if it is not */
async function compile(
  { file, path, flags, target }: {
    readonly file: string;
    readonly path: string;
    readonly flags: readonly string[];
    readonly target: string | undefined;
  },
): Promise<string | undefined> {
  const to = target === undefined ? [] : [`--target=${target}`];
  const error = await failureOf(["compile", "--quiet", "--no-check", ...flags, ...to, "--output", path, file]);
  if (error === undefined) return undefined;
  if (!/download|dns error|sending request|client error|connect/i.test(error)) {
    throw new BuildError(`Cannot build "${relative(Deno.cwd(), file)}": ${sentence(error)}`);
  }
  return "Deno's runtime for binaries cannot be downloaded from here";
}

/** The bundle beside the command, which finds it wherever the two are carried. */
async function makeBundle(
  { file, path, flags }: { readonly file: string; readonly path: string; readonly flags: readonly string[] },
): Promise<void> {
  const bundle = `${path}.js`;
  const error = await failureOf(["bundle", "--quiet", "--platform", "deno", "--keep-names", "--output", bundle, file]);
  if (error !== undefined) throw new BuildError(`Cannot bundle "${relative(Deno.cwd(), file)}": ${sentence(error)}`);
  const run = ["deno", "run", "--no-config", "--cached-only", ...flags].map(quoted).join(" ");
  await Deno.writeTextFile(path, `#!/bin/sh\nexec ${run} "$(dirname "$0")/${basename(bundle)}" "$@"\n`, {
    mode: 0o755,
  });
  await Deno.chmod(path, 0o755).catch(() => {}); // Windows has no such thing
}

function quoted(word: string): string {
  return /^[\w=:,./@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** @returns what Deno printed, if it failed */
async function failureOf(args: readonly string[]): Promise<string | undefined> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
  }).output();
  return success ? undefined : new TextDecoder().decode(stderr);
}

function sentence(text: string): string {
  return firstError(text, Deno.cwd()) ?? text.trim().split("\n")[0] ?? "deno failed without a word";
}

/** Builds, and reports what was made and why. */
export async function buildCommand(args: readonly string[]): Promise<void> {
  const { kind, command, why } = await build(args);
  const path = relative(Deno.cwd(), command);
  if (kind === "binary") return writeErrorLine(`Made ${path}: one binary, which needs nothing else`);
  const reason = why === undefined ? "" : ` (${why})`;
  writeErrorLine(
    `Made ${path} and ${path}.js: a bundle and the command that runs it, which need Deno and nothing else${reason}`,
  );
}

if (import.meta.main) await runMain(() => buildCommand(Deno.args));
