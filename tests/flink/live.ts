/** A real cluster and a broker for tests that run the project's programs on them. */
import { type LocalCluster, startCluster } from "../../src/cli/flink/cluster.ts";
import { startKafka } from "../../src/cli/kafka.ts";
import type { RunningKafka } from "../../src/cli/kafka.ts";
import { FlinkRest } from "../../src/flink/rest.ts";
import { mayRunPrograms, type TestBroker } from "../e2e/programs.ts";

/** The cluster of a test run, which `tests/run.ts` starts and ends: not the one that a person may have here. */
export const TEST_CLUSTER = { name: "test-cluster", port: 0, slots: 3 } as const;

/** A cluster, a broker of one's own, and what programs find them by. */
export interface LiveWorld {
  readonly cluster: LocalCluster;
  readonly rest: FlinkRest;
  readonly kafka: RunningKafka;
  readonly broker: TestBroker;
}

/** Defines a test on the cluster of this test run, or says why it skips. */
export function liveTest(name: string, fn: (world: LiveWorld) => Promise<void>): void {
  define(name, fn, ["1", "all"]);
}

/** The same for one that takes minutes, and so runs with REQUIRE_FLINK=all only. */
export function longLiveTest(name: string, fn: (world: LiveWorld) => Promise<void>): void {
  define(name, fn, ["all"]);
}

function define(name: string, fn: (world: LiveWorld) => Promise<void>, wanted: readonly string[]): void {
  const reason = whyNot(wanted);
  Deno.test({
    name: reason === undefined ? name : `${name} (skipped: ${reason})`,
    ignore: reason !== undefined,
    fn: async () => {
      const kafka = await startKafka();
      try {
        const cluster = await startCluster(TEST_CLUSTER);
        const env = { BOOTSTRAP_SERVERS: kafka.bootstrapServers, FLINK_REST: cluster.address };
        const rest = new FlinkRest(cluster.address);
        await fn({ cluster, rest, kafka, broker: { name: "Kafka", env } });
      } finally {
        await kafka.stop();
      }
    },
  });
}

/** @param wanted the values of REQUIRE_FLINK with which it runs */
function whyNot(wanted: readonly string[]): string | undefined {
  if (!mayRunPrograms()) return "it needs permission to run programs";
  if (wanted.includes(Deno.env.get("REQUIRE_FLINK") ?? "")) return undefined;
  return `REQUIRE_FLINK=${wanted[0]} would run it on a cluster`;
}
