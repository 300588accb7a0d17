/** A job as it was described, ready to be submitted or run by workers. */
import { type Compression, deadLetterTopic, type KafkaSecurity } from "../connectors/mod.ts";
import type { TopicSink } from "../connectors/sink.ts";
import type { TopicSource } from "../connectors/source.ts";
import type { SourceNode, StreamGraph } from "../engine/graph.ts";
import { PERIODIC_EMIT_MS } from "../engine/time/watermark_strategy.ts";
import type { JobRunOptions } from "../engine/runtime/run_options.ts";
import { hashOf } from "./hash.ts";
import type { FlinkPlan, OutletPlan, StagePlan, TopicInput, WatermarkPlan } from "./plan.ts";
import { PROTOCOL_VERSION } from "./protocol/frame.ts";
import { checkRunsOnFlink, cutIntoStages, type Stage, type StageOutlet } from "./stages.ts";

/** Where the job's topics are. */
export interface KafkaSettings {
  readonly servers: readonly string[];
  readonly security?: KafkaSecurity | undefined;
}

/** What a job's own description says of its plan; the rest is known where it is submitted. */
export type DescribedPlan = Omit<FlinkPlan, "worker" | "submission" | "answerWithinMs">;

/** A described job, cut into stages. */
export interface DescribedJob {
  readonly graph: StreamGraph;
  readonly options: JobRunOptions;
  readonly stages: readonly Stage[];
  readonly plan: DescribedPlan;
}

/** The longest time that a record waits for others of its batch, ms. */
const LINGER_MS = 20;
/** Kafka's brokers allow no more by default, ms; a job must be back within that time, or what it had prepared is lost. */
const TRANSACTION_TIMEOUT_MS = 900_000;

/**
 * Cuts a job into stages and makes its plan.
 * @param kafka asked for when the job is known to run on a cluster
 * @throws {JobError} if the job uses what does not run on a cluster
 */
export async function describeJob(
  graph: StreamGraph,
  options: JobRunOptions,
  kafka: () => KafkaSettings,
): Promise<DescribedJob> {
  checkRunsOnFlink(graph, options);
  const stages = cutIntoStages(graph);
  const plans = stages.map((stage) => stagePlan(stage, stages, options));
  const { jobName, bounded, delivery, commitIntervalMs } = options;
  const described = { jobName, bounded, delivery, commitIntervalMs, stages: plans };
  return {
    graph,
    options,
    stages,
    plan: {
      ...described,
      protocol: PROTOCOL_VERSION,
      hash: await hashOf(JSON.stringify(described)),
      watermarkIntervalMs: PERIODIC_EMIT_MS,
      lingerMs: LINGER_MS,
      transactionTimeoutMs: TRANSACTION_TIMEOUT_MS,
      kafka: kafkaProperties(kafka()),
    },
  };
}

function stagePlan(stage: Stage, stages: readonly Stage[], options: JobRunOptions): StagePlan {
  const { index, root, nodes } = stage;
  const names = nodes.filter((node) => node.kind === "operator").map(({ name }) => name);
  return {
    index,
    uid: root.uid,
    name: names.length === 0 ? `${root.name}_decode` : names.join(" -> "),
    input: root.kind === "source" ? topicInput(root, options) : { kind: "exchange" },
    outlets: [...stage.outlets.map((outlet) => outletPlan(outlet, stages)), deadLetterOutlet(options.jobName)],
  };
}

function topicInput({ name, source, strategy }: SourceNode, options: JobRunOptions): TopicInput {
  const [topic] = (source as TopicSource<unknown>).topics as [string];
  const idleMs = strategy.idlenessMs ?? options.idleMs;
  const { outOfOrdernessMs } = strategy;
  const maxAheadMs = options.bounded || !Number.isFinite(options.maxAheadMs) ? null : options.maxAheadMs;
  const watermarks: WatermarkPlan = outOfOrdernessMs === undefined
    ? { kind: "none" }
    : { kind: "bounded", outOfOrdernessMs, maxAheadMs, idleMs: Number.isFinite(idleMs) ? idleMs : 0 };
  return { kind: "topic", name, topic, from: source.from ?? options.from, watermarks };
}

function outletPlan(outlet: StageOutlet, stages: readonly Stage[]): OutletPlan {
  if (outlet.kind === "exchange") {
    return { kind: "exchange", stage: stages.find(({ root }) => root === outlet.to)!.index };
  }
  const { uid, name, sink } = outlet.to;
  const { topic, compression } = sink as TopicSink<unknown>;
  return { kind: "topic", uid, name, topic, compression: (compression as Compression | undefined) ?? null };
}

/** The last one of every stage. */
function deadLetterOutlet(jobName: string): OutletPlan {
  const topic = deadLetterTopic(jobName);
  return { kind: "topic", uid: "dead-letters", name: topic, topic, compression: null, deadLetters: true };
}

/** The settings as Kafka's clients in Java want them. */
export function kafkaProperties({ servers, security }: KafkaSettings): Record<string, string> {
  const { tls, sasl } = security ?? {};
  const protocol = `${sasl === undefined ? "" : "SASL_"}${tls === undefined ? "PLAINTEXT" : "SSL"}`;
  const properties: Record<string, string> = { "bootstrap.servers": servers.join(","), "security.protocol": protocol };
  if (tls?.ca !== undefined) {
    properties["ssl.truststore.type"] = "PEM";
    properties["ssl.truststore.certificates"] = tls.ca;
  }
  if (tls?.client !== undefined) {
    properties["ssl.keystore.type"] = "PEM";
    properties["ssl.keystore.certificate.chain"] = tls.client.cert;
    properties["ssl.keystore.key"] = tls.client.key();
  }
  if (sasl !== undefined) {
    const module = sasl.mechanism === "plain" ? "plain.PlainLoginModule" : "scram.ScramLoginModule";
    properties["sasl.mechanism"] = sasl.mechanism.toUpperCase();
    properties["sasl.jaas.config"] = `org.apache.kafka.common.security.${module} required ` +
      `username=${quoted(sasl.username)} password=${quoted(sasl.password())};`;
  }
  return properties;
}

function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
