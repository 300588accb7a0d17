/** What the experiment on a Flink cluster works with: a cluster, a broker, and the project's programs on them. */
import type { ClusterOptions, LocalCluster } from "../../src/cli/flink/cluster.ts";
import type { RunningKafka } from "../../src/cli/kafka.ts";
import type { Broker } from "../../src/connectors/broker.ts";
import { openKafkaBroker } from "../../src/connectors/kafka/mod.ts";
import { SYSTEM_CLOCK } from "../../src/engine/mod.ts";
import { FlinkRest } from "../../src/flink/rest.ts";
import { FlinkRestError } from "../../src/flink/rest_calls.ts";
import { argumentsOf, ROOT } from "../../src/utils/task.ts";
import type { Line } from "../oracle.ts";
import { Committed } from "./committed.ts";

/** How long to wait for anything: a busy machine takes its time. */
const PATIENCE_MS = 600_000;
const LOOK_MS = 500;

/** A cluster and a broker of the experiment's own. */
export interface FlinkWorldParts {
  readonly cluster: LocalCluster;
  /** Starts what is not running of it. */
  readonly clusterOptions: ClusterOptions;
  readonly kafka: RunningKafka;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
}

/** The cluster, the broker, and programs that use both. */
export class FlinkWorld {
  readonly parts: FlinkWorldParts;
  readonly rest: FlinkRest;
  readonly committed = new Committed();

  constructor(parts: FlinkWorldParts) {
    this.parts = parts;
    this.rest = new FlinkRest(parts.cluster.address);
  }

  /** Runs a command of `deno task flink`. @returns its standard output @throws {Error} with what it logged, if it fails */
  async flink(...args: string[]): Promise<string> {
    const { cluster, kafka, signal } = this.parts;
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [...argumentsOf("flink"), ...args],
      cwd: ROOT,
      env: { BOOTSTRAP_SERVERS: kafka.bootstrapServers, BROKER: "", FLINK_REST: cluster.address, NO_COLOR: "1" },
      stdin: "null",
      signal,
    }).output();
    if (!success) throw new Error(`flink ${args.join(" ")} failed: ${new TextDecoder().decode(stderr).trim()}`);
    return new TextDecoder().decode(stdout).trim();
  }

  /** Opens the broker for a moment: it may have been restarted since the last time. */
  async withBroker<T>(fn: (broker: Broker) => Promise<T>): Promise<T> {
    const broker = await openKafkaBroker({ brokers: [this.parts.kafka.bootstrapServers], log: () => {} });
    try {
      return await fn(broker);
    } finally {
      await broker.close();
    }
  }

  /** The committed records of a topic, partition by partition in their order; nothing if there is no such topic. */
  read(topic: string): Promise<Line[]> {
    return this.withBroker((broker) => this.committed.read(broker, topic));
  }

  /** Asks the cluster. @returns undefined while the JobManager is away, or has not found its jobs yet */
  async ask<T>(question: (rest: FlinkRest) => Promise<T>): Promise<T | undefined> {
    try {
      return await question(this.rest);
    } catch (error) {
      if (error instanceof FlinkRestError) return undefined;
      throw error;
    }
  }

  /** Whether a job and all of its tasks run. */
  async isAtWork(id: string): Promise<boolean> {
    const job = await this.ask((rest) => rest.job(id));
    if (job?.state !== "RUNNING") return false;
    return job.vertices.every(({ tasks, parallelism }) => (tasks.RUNNING ?? 0) + (tasks.FINISHED ?? 0) === parallelism);
  }

  /** Looks again and again until the condition holds. @throws {Error} that names what is waited for, if that takes too long */
  async until(what: string, condition: () => Promise<boolean>): Promise<void> {
    const { signal } = this.parts;
    for (const deadline = performance.now() + PATIENCE_MS; !await condition();) {
      if (performance.now() > deadline) throw new Error(`Not within ${PATIENCE_MS / 1000} s: ${what}`);
      await SYSTEM_CLOCK.sleep(LOOK_MS, signal);
      signal.throwIfAborted();
    }
  }
}
