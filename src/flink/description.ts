/** A job as it was described, ready to be submitted or run by workers. */
import { type Compression, deadLetterTopic, type KafkaSecurity } from "../connectors/mod.ts";
import type { TopicSink } from "../connectors/sink.ts";
import type { TopicSource } from "../connectors/source.ts";
import type { SinkNode, SourceNode, StreamGraph } from "../engine/graph.ts";
import { JobError } from "../engine/errors.ts";
import { isNumbered } from "../engine/internal.ts";
import { PERIODIC_EMIT_MS } from "../engine/time/watermark_strategy.ts";
import type { JobRunOptions } from "../engine/runtime/run_options.ts";
import { hashOf } from "./hash.ts";
import type { FlinkPlan, OrderPlan, OutletPlan, StagePlan, WatermarkPlan } from "./plan.ts";
import { PROTOCOL_VERSION } from "./protocol/frame.ts";
import { type StageTimes, timesOfStages } from "./stage_times.ts";
import {
  checkRunsOnFlink,
  cutIntoStages,
  hasEventTime,
  hasOwnTime,
  isAsync,
  isBroadcast,
  isKeyed,
  type Stage,
  type StageOutlet,
  workersOf,
} from "./stages.ts";

/** Where the job's topics are. */
export interface KafkaSettings {
  readonly servers: readonly string[];
  readonly security?: KafkaSecurity | undefined;
}

/** What a job's own description says of its plan; the rest is known where it is submitted. */
export type DescribedPlan = Omit<FlinkPlan, "worker" | "submission" | "order" | "answerWithinMs">;

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
 * @param kafka asked for when the job is known to run on a cluster, unless it opens no broker
 * @throws {JobError} if the job uses what does not run on a cluster
 */
export async function describeJob(
  graph: StreamGraph,
  options: JobRunOptions,
  kafka: () => KafkaSettings,
): Promise<DescribedJob> {
  checkRunsOnFlink(graph, options);
  const stages = cutIntoStages(graph);
  const times = timesOfStages(stages);
  const workers = workersOf(stages);
  const plans = stages.map((stage) => stagePlan(stage, { stages, times, workers, options }));
  const { jobName, bounded, delivery, commitIntervalMs } = options;
  const made = graph.nodes.every((node) => node.kind !== "source" || node.source.bounded || node.source.madeUp);
  const maxAheadMs = bounded || made || !Number.isFinite(options.maxAheadMs) ? null : options.maxAheadMs;
  const described = { jobName, bounded, delivery, commitIntervalMs, maxAheadMs, stages: plans };
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
      kafka: options.store === undefined && !plans.some(usesTopics) ? {} : kafkaProperties(kafka()),
    },
  };
}

/** What the plan of a stage is made of beside the stage. */
interface StageContext {
  readonly stages: readonly Stage[];
  readonly times: readonly StageTimes[];
  readonly workers: readonly number[];
  readonly options: JobRunOptions;
}

function stagePlan(stage: Stage, context: StageContext): StagePlan {
  const { index, root, nodes } = stage;
  const { times, workers, options } = context;
  const names = nodes.filter((node) => node.kind === "operator").map(({ name }) => name);
  return {
    index,
    worker: workers[index]!,
    uid: root.uid,
    operators: nodes.map(({ uid }) => uid),
    name: names.length === 0 ? `${root.name}_decode` : names.join(" -> "),
    eventTime: times[index]!.eventTimeIn,
    calls: nodes.some((node) => node.kind === "operator" && isAsync(node)),
    input: root.kind === "source"
      ? sourceInput(root, times[index]!, options)
      : { kind: "exchange", keyed: isKeyed(root), broadcast: isBroadcast(root) },
    outlets: [
      ...stage.outlets.map((outlet) => outletPlan(outlet, context)),
      // Without a broker there is no place for them, and an error ends the job.
      ...options.store === undefined ? [] : [deadLetterOutlet(options.jobName)],
    ],
  };
}

function sourceInput(node: SourceNode, times: StageTimes, options: JobRunOptions): StagePlan["input"] {
  const { name, source, strategy } = node;
  const watermarks: WatermarkPlan = hasOwnTime(node) || isNumbered(source)
    ? { kind: hasEventTime(strategy) ? "worker" : "none" }
    : watermarkPlan(strategy, times, options.idleMs);
  if (isNumbered(source)) {
    const { first, end, ratePerSecond } = source.numbers;
    const finite = (value: number) => Number.isFinite(value) ? value : null;
    return { kind: "made", name, first, end: finite(end), ratePerSecond: finite(ratePerSecond), watermarks };
  }
  const [topic] = (source as TopicSource<unknown>).topics as [string];
  return { kind: "topic", name, topic, from: source.from ?? options.from, watermarks };
}

function usesTopics({ input, outlets }: StagePlan): boolean {
  return input.kind === "topic" || outlets.some(({ kind }) => kind === "topic");
}

function watermarkPlan(
  { outOfOrdernessMs, idlenessMs }: SourceNode["strategy"],
  { eventTimeOut, eventTimeMatters }: StageTimes,
  defaultIdleMs: number,
): WatermarkPlan {
  if (outOfOrdernessMs === undefined || !eventTimeMatters) {
    // Where operators of the stage assign event time, nothing would look at the order.
    return { kind: outOfOrdernessMs === undefined && eventTimeOut ? "none" : "order" };
  }
  const idleMs = idlenessMs ?? defaultIdleMs;
  return { kind: "bounded", outOfOrdernessMs, idleMs: Number.isFinite(idleMs) ? idleMs : 0 };
}

function outletPlan(outlet: StageOutlet, context: StageContext): OutletPlan {
  if (outlet.kind === "exchange") {
    const { to, input } = outlet;
    const broadcast = to.inputs[input]!.broadcast ?? false;
    return { kind: "exchange", stage: context.stages.find(({ root }) => root === to)!.index, broadcast };
  }
  const { uid, name, sink } = outlet.to;
  const { topic, compression } = sink as TopicSink<unknown>;
  return {
    kind: "topic",
    uid,
    name,
    topic,
    order: orderPlan(outlet.to, context),
    compression: (compression as Compression | undefined) ?? null,
  };
}

/** Several stages may lead to a sink. */
function orderPlan(to: SinkNode, { stages, times, options }: StageContext): OrderPlan {
  const ways = stages.flatMap((stage) =>
    stage.outlets.flatMap((outlet, i) => outlet.to === to ? [{ stage, times: times[stage.index]!, i }] : [])
  );
  if (!ways.every(({ times, i }) => times.ordered[i])) return "none";
  const asRead = ways.every(({ stage: { root }, times, i }) =>
    times.asRead[i] && (isNumbered((root as SourceNode).source) || hasOrder(root as SourceNode, times, options))
  );
  // A run that ends waits for all partitions until they do.
  return asRead && !options.bounded ? "positions" : "watermarks";
}

/** Whether a source's partitions report how far they have been read, and no event time. */
function hasOrder({ strategy }: SourceNode, times: StageTimes, { idleMs }: JobRunOptions): boolean {
  return watermarkPlan(strategy, times, idleMs).kind === "order";
}

/** The last one of every stage. */
function deadLetterOutlet(jobName: string): OutletPlan {
  const topic = deadLetterTopic(jobName);
  return {
    kind: "topic",
    uid: "dead-letters",
    name: topic,
    topic,
    order: "none",
    compression: null,
    deadLetters: true,
  };
}

/** The settings as Kafka's clients in Java want them. */
export function kafkaProperties({ servers, security }: KafkaSettings): Record<string, string> {
  const { tls, sasl } = security ?? {};
  if (sasl?.mechanism === "oauthbearer") {
    throw new JobError(
      "Cannot run the job on Flink with KAFKA_SASL_MECHANISM=oauthbearer: the runner logs in with a password; use plain or SCRAM",
    );
  }
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
