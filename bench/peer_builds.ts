/**
 * Fetches and builds the peers beside the Kafka that `deno task kafka` fetches, in `.kafka/peers/`. Each is built once, and again
 * when its files in `bench/peers/` have changed.
 */
import { exists, removeFolder, run } from "../src/cli/commands.ts";
import { ROOT } from "../src/utils/task.ts";
import { folderOf, missingJava, PEER_NAMES, type PeerName, RECIPES } from "./peer_recipes.ts";

/** A peer that can be run, or why it cannot. */
export type PeerBuild =
  | { readonly name: PeerName; readonly folder: string }
  | { readonly name: PeerName; readonly missing: string };

/** A peer that can be run. */
export type BuiltPeer = Extract<PeerBuild, { folder: string }>;

/** Builds the peers that have not been built yet. A peer that cannot be built is left out, and the reason is logged. */
export async function buildPeers(log: (line: string) => void): Promise<PeerBuild[]> {
  const builds: PeerBuild[] = [];
  for (const name of PEER_NAMES) {
    const missing = await RECIPES[name].missing();
    builds.push(missing === undefined ? await build(name, log) : { name, missing });
  }
  for (const one of builds) if ("missing" in one) log(`${one.name} is left out: ${one.missing}`);
  return builds;
}

async function build(name: PeerName, log: (line: string) => void): Promise<PeerBuild> {
  const folder = new URL(`.kafka/peers/${name}`, ROOT).pathname;
  const stamp = await sourcesStamp(name);
  const stampFile = `${folder}/built`;
  if (await exists(stampFile) && await Deno.readTextFile(stampFile) === stamp) return { name, folder };
  log(`building ${name} (${RECIPES[name].version}), once`);
  await removeFolder(folder);
  await Deno.mkdir(folder, { recursive: true });
  try {
    await RECIPES[name].build(folder, log);
  } catch (error) {
    return { name, missing: (error as Error).message };
  }
  await Deno.writeTextFile(stampFile, stamp);
  return { name, folder };
}

/** Java Flink's job as one jar for a cluster. @returns its path @throws {Error} if it cannot be built */
export async function buildForCluster(log: (line: string) => void): Promise<string> {
  const missing = await missingJava();
  if (missing !== undefined) throw new Error(missing);
  const folder = new URL(".kafka/peers/java-flink-cluster", ROOT).pathname;
  const stamp = await sourcesStamp("java-flink");
  const jar = `${folder}/cluster.jar`;
  if (await exists(jar) && await Deno.readTextFile(`${folder}/built`) === stamp) return jar;
  log("building java-flink for a cluster, once");
  await removeFolder(folder);
  await Deno.mkdir(folder, { recursive: true });
  const pom = `${folderOf("flink-java")}/pom.xml`;
  await run("build it", "mvn", ["-q", "-B", "-f", pom, "-Pcluster", `-Dpeer.build=${folder}`, "package"], log);
  await Deno.writeTextFile(`${folder}/built`, stamp);
  return jar;
}

async function sourcesStamp(name: PeerName): Promise<string> {
  const { version, sources } = RECIPES[name];
  const texts = await Promise.all(
    sources.map((path) => Deno.readTextFile(new URL(`peers/${path}`, import.meta.url))),
  );
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(texts.join("\0")));
  return `${version} ${[...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
