/**
 * Fetches and builds the peers beside the Kafka that `deno task kafka` fetches, in `.kafka/peers/`: the two in Java with
 * Maven, the one in Python with pip. Each is built once, and again when its files in `bench/peers/` have changed.
 */
import { exists, outputOf, removeFolder, run } from "../src/cli/commands.ts";
import { ROOT } from "../src/utils/task.ts";

export type PeerName = "java-flink" | "kafka-streams" | "quixstreams";

/** Versions that are fetched; those of Java Flink and Kafka Streams stand in their pom.xml too. */
export const PEER_VERSIONS: Readonly<Record<PeerName, string>> = {
  "java-flink": "2.0.1",
  "kafka-streams": "4.1.0",
  "quixstreams": "3.28.1",
};

/** A peer that can be run, or why it cannot. */
export type PeerBuild =
  | { readonly name: PeerName; readonly folder: string }
  | { readonly name: PeerName; readonly missing: string };

const SOURCES: Readonly<Record<PeerName, readonly string[]>> = {
  "java-flink": ["flink-java/pom.xml", "flink-java/src/main/java/peer/Job.java"],
  "kafka-streams": ["kafka-streams/pom.xml", "kafka-streams/src/main/java/Job.java"],
  "quixstreams": ["quix/job.py"],
};

/** The folder of the peer's files in the project. */
export function peerSources(name: PeerName): string {
  return new URL(`peers/${SOURCES[name][0]!.split("/")[0]}`, import.meta.url).pathname;
}

/** Builds the peers that have not been built yet. A peer that cannot be built is left out, and the reason is logged. */
export async function buildPeers(log: (line: string) => void): Promise<PeerBuild[]> {
  const builds: PeerBuild[] = [];
  for (const name of ["java-flink", "kafka-streams", "quixstreams"] as const) {
    const missing = name === "quixstreams" ? await missingPython() : await missingJava();
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
  log(`building ${name} ${PEER_VERSIONS[name]}, once`);
  await removeFolder(folder);
  await Deno.mkdir(folder, { recursive: true });
  try {
    if (name === "quixstreams") await buildPython(folder, PEER_VERSIONS[name], log);
    else await buildJava(name, folder, log);
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
  const pom = `${peerSources("java-flink")}/pom.xml`;
  await run("build it", "mvn", ["-q", "-B", "-f", pom, "-Pcluster", `-Dpeer.build=${folder}`, "package"], log);
  await Deno.writeTextFile(`${folder}/built`, stamp);
  return jar;
}

async function buildJava(name: PeerName, folder: string, log: (line: string) => void): Promise<void> {
  const pom = `${peerSources(name)}/pom.xml`;
  const goals = ["package", "dependency:copy-dependencies", `-DoutputDirectory=${folder}/jars`];
  await run("build it", "mvn", ["-q", "-B", "-f", pom, `-Dpeer.build=${folder}/build`, ...goals], log);
}

async function buildPython(folder: string, version: string, log: (line: string) => void): Promise<void> {
  await run("build it", (await python())!, ["-m", "venv", `${folder}/venv`], log);
  await run("build it", `${folder}/venv/bin/pip`, ["install", "-q", `quixstreams==${version}`], log);
}

async function missingJava(): Promise<string | undefined> {
  const java = await outputOf("java", ["-version"]);
  if (Number(/version "(\d+)/.exec(java ?? "")?.[1] ?? 0) < 17) return "there is no java; install a Java 17 runtime";
  return await outputOf("mvn", ["-v"]) === undefined ? "there is no mvn; install Apache Maven" : undefined;
}

async function missingPython(): Promise<string | undefined> {
  return await python() === undefined ? "there is no python3 of version 3.11 or newer; install one" : undefined;
}

/** The first of the usual names that is new enough. */
async function python(): Promise<string | undefined> {
  for (const command of ["python3", "python3.13", "python3.12", "python3.11"]) {
    const [, major, minor] = /Python (\d+)\.(\d+)/.exec(await outputOf(command, ["--version"]) ?? "") ?? [];
    if (Number(major) === 3 && Number(minor) >= 11) return command;
  }
  return undefined;
}

async function sourcesStamp(name: PeerName): Promise<string> {
  const texts = await Promise.all(
    SOURCES[name].map((path) => Deno.readTextFile(new URL(`peers/${path}`, import.meta.url))),
  );
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(texts.join("\0")));
  return `${PEER_VERSIONS[name]} ${
    [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("")
  }`;
}
