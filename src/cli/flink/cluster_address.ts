/** Which cluster a command is about, and which job there. */
import { FlinkRest, isTerminal, type JobSummary } from "../../flink/rest.ts";
import { UsageError } from "../../utils.ts";
import { DEFAULT_PORT } from "./cluster.ts";

/** The cluster that FLINK_REST names, else the local one. @throws {UsageError} if that is no address */
export function restOf(env: { get(name: string): string | undefined }): FlinkRest {
  const address = env.get("FLINK_REST") ?? `http://localhost:${DEFAULT_PORT}`;
  if (!/^https?:\/\/[^\s/]+/.test(address)) {
    throw new UsageError(
      `Cannot use FLINK_REST "${address}": it is an address such as http://localhost:${DEFAULT_PORT}`,
    );
  }
  return new FlinkRest(address);
}

/**
 * The job of that id, of the beginning of an id, or of that name: the one that runs, else the newest.
 * @throws {UsageError} if no job is found, or several that run are
 */
export async function findJob(rest: FlinkRest, wanted: string): Promise<JobSummary> {
  const jobs = await rest.jobs();
  const found = jobs.filter(({ jid, name }) => name === wanted || (wanted.length >= 4 && jid.startsWith(wanted)));
  const running = found.filter(({ state }) => !isTerminal(state));
  const [first] = running.length > 0 ? running : found;
  if (first === undefined) {
    const names = [...new Set(jobs.map(({ name }) => name))].join(", ");
    const hint = names === "" ? "it has none" : `it has ${names}`;
    throw new UsageError(`There is no job "${wanted}" on ${rest.address}: ${hint}`);
  }
  if (running.length > 1) {
    const ids = running.map(({ jid }) => jid.slice(0, 8)).join(", ");
    throw new UsageError(`Several jobs "${wanted}" run on ${rest.address}: name one by its id, ${ids}`);
  }
  return first;
}

/**
 * The job of that id, of the beginning of an id, or of that name, which must be running.
 * @throws {UsageError} if no job is found, several that run are, or it has ended
 */
export async function findRunningJob(rest: FlinkRest, wanted: string): Promise<JobSummary> {
  const job = await findJob(rest, wanted);
  if (!isTerminal(job.state)) return job;
  throw new UsageError(`The job "${job.name}" (${job.jid.slice(0, 8)}) does not run: it is ${job.state.toLowerCase()}`);
}
