/** The project's own commands, as deno.json has them: with the permissions and flags that a user's run has. */
import { argumentsOf, ROOT } from "../src/utils/task.ts";
import type { Program } from "./running_program.ts";

/** A broker to run programs against. */
export interface ProgramBroker {
  /** What programs find in their environment. */
  readonly env: Readonly<Record<string, string>>;
}

export function onKafka(bootstrapServers: string): ProgramBroker {
  return { env: { ...UNSET, BOOTSTRAP_SERVERS: bootstrapServers } };
}

export function onEmbeddedLog(dir: string): ProgramBroker {
  return { env: { ...UNSET, BROKER: "embedded", BROKER_DIR: dir } };
}

const UNSET = { BOOTSTRAP_SERVERS: "", BROKER: "", BROKER_DIR: "", BROKER_SYNC: "", LOG_LEVEL: "", NO_COLOR: "1" };

/**
 * `deno task TASK ARGS`: the command that it stands for, so that a signal and a measurement meet the program itself.
 * @param root the project, or another checkout of it
 */
export function task(name: string, args: readonly string[], broker: ProgramBroker, root: URL = ROOT): Program {
  return {
    command: Deno.execPath(),
    args: [...argumentsOf(name, root), ...args],
    env: broker.env,
    cwd: root,
    endsByItself: true,
  };
}

/** V8's flags of a task: they decide how its memory is managed. */
export function v8FlagsOf(name: string): string[] {
  return argumentsOf(name).filter((arg) => arg.startsWith("--v8-flags"));
}
