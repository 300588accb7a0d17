/** Apache Kafka from Maven Central, kept in a folder. */
import { exists, outputOf, removeFolder, run } from "./commands.ts";

/** The version that is fetched unless another one is asked for. */
export const KAFKA_VERSION = "4.1.0";

/** What is missing to run Kafka here, as a sentence; undefined if nothing is missing. */
export async function kafkaPrerequisites(dir: string = ".kafka", version = KAFKA_VERSION): Promise<string | undefined> {
  if (Deno.build.os === "windows") return "Cannot run Kafka: this script needs a POSIX shell; use WSL";
  const java = await outputOf("java", ["-version"]);
  if (java === undefined) return "Cannot run Kafka: there is no java; install a Java 17 runtime";
  const javaVersion = Number(/version "(\d+)/.exec(java)?.[1] ?? 0);
  if (javaVersion < 17) return `Cannot run Kafka: it needs Java 17 or newer, this is ${java.split("\n", 1)[0]}`;
  if (await exists(libsFolder(dir, version))) return undefined;
  const maven = await outputOf("mvn", ["-v"]);
  return maven === undefined ? "Cannot fetch Kafka: there is no mvn; install Apache Maven" : undefined;
}

/** Which Kafka, and where it is kept. */
export interface FetchOptions {
  readonly dir: string;
  /** A version in Maven Central; default {@link KAFKA_VERSION}. */
  readonly version?: string | undefined;
  /** Logs what Maven prints. */
  readonly log: (line: string) => void;
}

/** The folder with Kafka's jars, fetched if this is the first time. @throws {Error} if Maven fails */
export async function fetchLibs({ dir, version = KAFKA_VERSION, log }: FetchOptions): Promise<string> {
  const libs = libsFolder(dir, version);
  if (await exists(libs)) return await Deno.realPath(libs);
  await Deno.mkdir(dir, { recursive: true });
  // Fetched beside and then renamed: an interrupted download is no Kafka, and two at a time do not mix.
  const part = await Deno.makeTempDir({ dir, prefix: "fetch-" });
  try {
    await Deno.writeTextFile(`${part}/pom.xml`, pomFor(version));
    await run(
      "mvn",
      ["-q", "-B", "-f", `${part}/pom.xml`, "dependency:copy-dependencies", "-DoutputDirectory=libs"],
      log,
    );
    await Deno.rename(`${part}/libs`, libs).catch(async (error) => {
      if (!await exists(libs)) throw error;
    });
  } finally {
    await removeFolder(part);
  }
  return await Deno.realPath(libs);
}

function pomFor(version: string): string {
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>${version}</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-simple</artifactId>
      <version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
`;
}

function libsFolder(dir: string, version: string): string {
  return `${dir}/kafka-${version}`;
}
