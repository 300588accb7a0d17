/** Jars from Maven Central, kept in a folder: what a Java program needs that is started from here. */
import { exists, outputOf, removeFolder } from "./commands.ts";

/** A dependency by Maven's three names. */
export interface Dependency {
  readonly group: string;
  readonly artifact: string;
  readonly version: string;
}

/** Which jars, and where they are kept. */
export interface FetchJarsOptions {
  /** For messages: "Flink". */
  readonly what: string;
  /** The folder that holds `name`; created if it does not exist. */
  readonly dir: string;
  /** The folder of the jars in `dir`, such as "flink-2.2.1". */
  readonly name: string;
  /** With all that they depend on. */
  readonly dependencies: readonly Dependency[];
  /** Logs what Maven prints. */
  readonly log?: (line: string) => void;
}

/**
 * What is missing to run a Java program here, as a sentence; undefined if nothing is.
 * @param what for the message: "Flink"
 */
export async function javaMissing(what: string): Promise<string | undefined> {
  if (Deno.build.os === "windows") return `Cannot run ${what}: this script needs a POSIX shell; use WSL`;
  const java = await outputOf("java", ["-version"]);
  if (java === undefined) return `Cannot run ${what}: there is no java; install a Java 17 runtime`;
  const version = Number(/version "(\d+)/.exec(java)?.[1] ?? 0);
  if (version >= 17) return undefined;
  return `Cannot run ${what}: it needs Java 17 or newer, this is ${java.split("\n", 1)[0]}`;
}

/** The sentence if there is no Maven. @param what for the message: "fetch Flink" */
export async function mavenMissing(what: string): Promise<string | undefined> {
  return await outputOf("mvn", ["-v"]) === undefined
    ? `Cannot ${what}: there is no mvn; install Apache Maven`
    : undefined;
}

/** The folder with the jars, fetched if they are not there. @throws {Error} if Maven is missing or fails */
export async function fetchJars({ what, dir, name, dependencies, log }: FetchJarsOptions): Promise<string> {
  const jars = `${dir}/${name}`;
  if (await exists(jars)) return await Deno.realPath(jars);
  const missing = await mavenMissing(`fetch ${what}`);
  if (missing !== undefined) throw new Error(missing);
  await Deno.mkdir(dir, { recursive: true });
  // Fetched beside and then renamed: an interrupted download is never taken for a complete one.
  const part = await Deno.makeTempDir({ dir, prefix: "fetch-" });
  try {
    await Deno.writeTextFile(`${part}/pom.xml`, pomOf(dependencies));
    await runMaven(
      `fetch ${what}`,
      ["-f", `${part}/pom.xml`, "dependency:copy-dependencies", "-DoutputDirectory=jars"],
      log,
    );
    await Deno.rename(`${part}/jars`, jars).catch(async (error) => {
      if (!await exists(jars)) throw error;
    });
  } finally {
    await removeFolder(part);
  }
  return await Deno.realPath(jars);
}

/**
 * Runs Maven to its end and logs what it prints.
 * @param what for the message: "fetch Flink"
 * @throws {Error} with the last lines of that, if it fails
 */
export async function runMaven(what: string, args: readonly string[], log?: (line: string) => void): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command("mvn", { args: ["-q", "-B", ...args], stdin: "null" })
    .output();
  const text = (new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr)).trim();
  const lines = text === "" ? [] : text.split("\n");
  if (log !== undefined) lines.forEach(log);
  if (!success) throw new Error(`Cannot ${what}: Maven failed\n${lines.slice(-20).join("\n")}`);
}

function pomOf(dependencies: readonly Dependency[]): string {
  const each = ({ group, artifact, version }: Dependency) =>
    `    <dependency>
      <groupId>${group}</groupId>
      <artifactId>${artifact}</artifactId>
      <version>${version}</version>
    </dependency>`;
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId>
  <artifactId>jars</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
${dependencies.map(each).join("\n")}
  </dependencies>
</project>
`;
}
