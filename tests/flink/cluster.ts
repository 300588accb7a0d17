/** The cluster and the broker for tests that need both, or why there is none. */
import { FlinkRest } from "../../src/flink/rest.ts";

/** What such a test works with. */
export interface TestCluster {
  readonly rest: FlinkRest;
  /** "localhost:19192" */
  readonly servers: string;
}

/** The cluster at FLINK_REST or the local one, and the Kafka at TEST_BOOTSTRAP_SERVERS; or why the tests skip. */
export async function findCluster(): Promise<TestCluster | string> {
  if ((await Deno.permissions.query({ name: "net" })).state !== "granted") return "it needs the network";
  if ((await Deno.permissions.query({ name: "env" })).state !== "granted") return "it needs the environment";
  const servers = Deno.env.get("TEST_BOOTSTRAP_SERVERS");
  if (servers === undefined) return "TEST_BOOTSTRAP_SERVERS names no Kafka";
  const rest = new FlinkRest(Deno.env.get("FLINK_REST") ?? "http://localhost:8091");
  try {
    await rest.overview();
  } catch (error) {
    return (error as Error).message;
  }
  return { rest, servers };
}

/** Defines a test that skips with its reason where there is no cluster. */
export function clusterTest(
  found: TestCluster | string,
  name: string,
  fn: (cluster: TestCluster) => Promise<void>,
): void {
  const skips = typeof found === "string";
  Deno.test({
    name: skips ? `${name} (skipped: ${found})` : name,
    ignore: skips,
    fn: () => fn(found as TestCluster),
  });
}
