/** Apache Flink from Maven Central, kept in a folder. */
import { type Dependency, fetchJars } from "../maven.ts";

/** The version that a local cluster has, and that the runner is built for. */
export const FLINK_VERSION = "2.2.1";

/** Flink's distribution itself is not on Maven Central: these are its parts, without the table API. */
const PARTS: readonly Dependency[] = [
  ...["flink-clients", "flink-runtime-web", "flink-connector-base", "flink-statebackend-rocksdb"].map((artifact) => ({
    group: "org.apache.flink",
    artifact,
    version: FLINK_VERSION,
  })),
  ...["log4j-slf4j-impl", "log4j-core"].map((artifact) => ({
    group: "org.apache.logging.log4j",
    artifact,
    version: "2.24.3",
  })),
];

/** The folder with Flink's jars, fetched if this is the first time. @throws {Error} if Maven is missing or fails */
export function fetchFlink(dir: string): Promise<string> {
  return fetchJars({ what: "Flink", dir, name: `flink-${FLINK_VERSION}`, dependencies: PARTS });
}
