import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { CommitStatus, JobStatus } from "../job_status.ts";
import { type Sample, samplesOf } from "./samples.ts";
import {
  CHECKPOINT_DURATION,
  type CommitMetric,
  type JobMetric,
  LATENCY,
  METRICS,
  type NodeMetric,
  type SplitMetric,
  STATES,
} from "./metrics_table.ts";

/** What stands before the name of a metric that a function has registered. */
const OWN = "stream_user_";

/** A job's metrics as Prometheus reads them: the histograms are kept, all others are made of the job's status when they are asked for. */
export class JobMetrics {
  readonly #kept = new Registry();
  readonly #duration: Histogram;
  readonly #latency: Histogram;
  readonly #job: string;

  constructor(job: string) {
    this.#job = job;
    this.#duration = histogram(CHECKPOINT_DURATION, this.#kept);
    this.#latency = histogram(LATENCY, this.#kept);
  }

  /** Of Prometheus' text format. */
  get contentType(): string {
    return this.#kept.contentType;
  }

  committed({ durationMs, latencyMs }: CommitStatus): void {
    const labels = { job_name: this.#job };
    this.#duration.observe(labels, durationMs / 1_000);
    if (latencyMs !== undefined) this.#latency.observe(labels, latencyMs / 1_000);
  }

  /** The text for Prometheus. */
  async text(status: JobStatus): Promise<string> {
    const registry = new Registry();
    addState(registry, status);
    for (const metric of METRICS) addMetric(registry, metric, status);
    addOwn(registry, status);
    return `${await registry.metrics()}${await this.#kept.metrics()}`;
  }
}

function histogram({ name, help, buckets }: CommitMetric, registry: Registry): Histogram {
  return new Histogram({ name, help, buckets: [...buckets], labelNames: ["job_name"], registers: [registry] });
}

function addMetric(registry: Registry, metric: JobMetric | NodeMetric | SplitMetric, status: JobStatus): void {
  add(registry, metric, samplesOf(metric, status));
}

/** 1 for the state that the job is in, 0 for all others. */
function addState(registry: Registry, { job, state }: JobStatus): void {
  const description = {
    name: "stream_jobState",
    type: "gauge",
    help: "1 for what the instance does, 0 for all else",
  } as const;
  add(
    registry,
    description,
    STATES.map((each) => ({
      labels: { job_name: job, state: each },
      value: each === state ? 1 : 0,
    })),
  );
}

/** What functions have registered. Two operators may use one name; if for different things, the first decides. */
function addOwn(registry: Registry, { job, attempt }: JobStatus): void {
  const samples = (attempt?.nodes ?? []).flatMap(({ name: operator_name, metrics = {} }) =>
    Object.entries(metrics).map(([name, { type, value }]) => ({
      name: `${OWN}${name}${type === "counter" ? "_total" : ""}`,
      type,
      labels: { job_name: job, operator_name },
      value,
    }))
  );
  for (const [name, of] of Map.groupBy(samples, ({ name }) => name)) {
    const { type } = of[0]!;
    const help = `The ${type} that functions of the job register under this name`;
    add(registry, { name, type, help }, of.filter((each) => each.type === type));
  }
}

/** A metric without a value is left out. Operators of one name are added up. */
function add(
  registry: Registry,
  { name, type, help }: { readonly name: string; readonly type: "counter" | "gauge"; readonly help: string },
  samples: readonly Sample[],
): void {
  const known = samples.filter((sample): sample is Sample & { value: number } => typeof sample.value === "number");
  if (known.length === 0) return;
  const options = { name, help, labelNames: Object.keys(known[0]!.labels), registers: [registry] };
  const metric = type === "counter" ? new Counter(options) : new Gauge(options);
  for (const { labels, value } of known) metric.inc(labels, value);
}
