/** Commands about jobs on a cluster: which there are, their end, their savepoints. */
import { parseFlags, writeErrorLine, writeOutput } from "../../utils.ts";
import { findRunningJob, restOf } from "./cluster_address.ts";

/** `list`: the jobs of the cluster. */
export async function list(args: readonly string[]): Promise<void> {
  parseFlags(args, {}, { command: "deno task flink list", describe: "Lists the jobs that the cluster remembers." });
  for (const { jid, name, state, duration } of await restOf(Deno.env).jobs()) {
    await writeOutput(`${jid}  ${state.toLowerCase().padEnd(9)}  ${seconds(duration).padStart(8)}  ${name}\n`);
  }
}

/** `cancel JOB`: ends it without a savepoint. */
export async function cancel(args: readonly string[]): Promise<void> {
  const { _: [wanted] } = parseFlags(args, {}, {
    command: "deno task flink cancel",
    describe: "Ends a job without a savepoint; it cannot go on.",
    positionals: ["JOB"],
  });
  const rest = restOf(Deno.env);
  const { jid, name } = await findRunningJob(rest, wanted!);
  await rest.cancel(jid);
  writeErrorLine(`${name}: ${(await rest.ended(jid)).toLowerCase()}`);
}

/** `savepoint JOB`: makes one, and the job goes on. */
export async function savepoint(args: readonly string[]): Promise<void> {
  const { _: [wanted, directory] } = parseFlags(args, {}, {
    command: "deno task flink savepoint",
    describe: "Makes a savepoint of a job that goes on, and prints where it lies.",
    positionals: ["JOB", "[DIRECTORY]"],
  });
  const rest = restOf(Deno.env);
  const { jid } = await findRunningJob(rest, wanted!);
  await writeOutput(`${await rest.savepoint(jid, directory)}\n`);
}

/** `stop JOB`: ends it with a savepoint. */
export async function stop(args: readonly string[]): Promise<void> {
  const { _: [wanted, directory], drain } = parseFlags(args, {
    drain: { help: "let every window fire first; the job cannot go on from the savepoint as if nothing had been" },
  }, {
    command: "deno task flink stop",
    describe: 'Ends a job with a savepoint, and prints where it lies; "run --from-savepoint" goes on from it.',
    positionals: ["JOB", "[DIRECTORY]"],
  });
  const rest = restOf(Deno.env);
  const { jid, name } = await findRunningJob(rest, wanted!);
  const path = await rest.stop(jid, { drain, ...directory !== undefined && { directory } });
  writeErrorLine(`${name}: ${(await rest.ended(jid)).toLowerCase()}`);
  await writeOutput(`${path}\n`);
}

/** A time since or between, short. */
export function seconds(ms: number): string {
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.floor(ms / 60_000)} min`;
}
