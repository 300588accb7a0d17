/** The runner: the Java part of a job on a cluster, built by Maven when its sources have changed. */
import { fileURLToPath } from "node:url";
import { exists, removeFolder } from "../commands.ts";
import { hashOf } from "../../flink/hash.ts";
import { javaMissing, mavenMissing, runMaven } from "../maven.ts";
import { ClusterError } from "./cluster.ts";

const SOURCES = new URL("../../flink/runner/", import.meta.url);

/** What a cluster is sent beside the job. */
export interface RunnerJar {
  readonly path: string;
  /** Names the sources that it was built of, so that a cluster that has it already is not sent it again. */
  readonly name: string;
}

/**
 * Builds the jar unless there is one of the same sources. Its tests run as part of the build.
 * @param dir where it is kept
 * @throws {ClusterError} if Java or Maven is missing, or the build fails
 */
export async function runnerJar(dir = ".flink"): Promise<RunnerJar> {
  const hash = await hashOf(await textOf(await sourceFiles(SOURCES)));
  const name = `stream-apps-runner-${hash}.jar`;
  const path = `${dir}/${name}`;
  if (await exists(path)) return { path, name };
  const missing = await javaMissing("the runner's build") ?? await mavenMissing("build the runner");
  if (missing !== undefined) throw new ClusterError(missing);
  await Deno.mkdir(dir, { recursive: true });
  const build = await Deno.makeTempDir({ dir, prefix: "build-" });
  try {
    const pom = fileURLToPath(new URL("pom.xml", SOURCES));
    await runMaven("build the runner", ["-f", pom, `-Dbuild.dir=${await Deno.realPath(build)}`, "package"]);
    await Deno.rename(`${build}/runner.jar`, path);
  } catch (error) {
    throw new ClusterError((error as Error).message);
  } finally {
    await removeFolder(build);
  }
  return { path, name };
}

/** All files below a folder, in the order of their names. */
async function sourceFiles(folder: URL): Promise<URL[]> {
  const files: URL[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) files.push(...await sourceFiles(new URL(`${name}/`, folder)));
    else files.push(new URL(name, folder));
  }
  return files.sort((a, b) => a.pathname < b.pathname ? -1 : 1);
}

/** Names and contents of all files as one text. */
async function textOf(files: readonly URL[]): Promise<string> {
  const texts = [];
  for (const file of files) texts.push(file.pathname.slice(SOURCES.pathname.length), await Deno.readTextFile(file));
  return texts.join("\0");
}
