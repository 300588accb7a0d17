/** Apache Kafka from Maven Central, kept in a folder. */
import { type Dependency, fetchJars, javaMissing, mavenMissing } from "../maven.ts";
import { exists } from "../commands.ts";

/** The version that is fetched unless another one is asked for. */
export const KAFKA_VERSION = "4.1.0";

/** What is missing to run Kafka here, as a sentence; undefined if nothing is missing. */
export async function kafkaPrerequisites(dir: string = ".kafka", version = KAFKA_VERSION): Promise<string | undefined> {
  const missing = await javaMissing("Kafka");
  if (missing !== undefined || await exists(`${dir}/${libsFolder(version)}`)) return missing;
  return await mavenMissing("fetch Kafka");
}

/** Which Kafka, and where it is kept. */
export interface FetchOptions {
  readonly dir: string;
  /** A version in Maven Central; default {@link KAFKA_VERSION}. */
  readonly version?: string | undefined;
  /** Logs what Maven prints. */
  readonly log: (line: string) => void;
}

/** The folder with Kafka's jars, fetched if this is the first time. @throws {Error} if Maven is missing or fails */
export function fetchLibs({ dir, version = KAFKA_VERSION, log }: FetchOptions): Promise<string> {
  const dependencies: readonly Dependency[] = [
    { group: "org.apache.kafka", artifact: "kafka_2.13", version },
    { group: "org.slf4j", artifact: "slf4j-simple", version: "1.7.36" },
  ];
  return fetchJars({ what: "Kafka", dir, name: libsFolder(version), dependencies, log });
}

function libsFolder(version: string): string {
  return `kafka-${version}`;
}
