/** The runner on a cluster. */
import type { FlinkRest } from "../../flink/rest.ts";
import { runnerJar } from "./runner_jar.ts";

/** Makes sure that a cluster has the runner as it is here. @returns the id of its jar @throws {ClusterError} if it cannot be built */
export async function uploadRunner(rest: FlinkRest, dir = ".flink"): Promise<string> {
  const { path, name } = await runnerJar(dir);
  const known = (await rest.jars()).find((jar) => jar.name === name);
  return known?.id ?? await rest.uploadJar(name, await Deno.readFile(path));
}
