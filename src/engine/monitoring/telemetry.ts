/**
 * Spans and metrics for OpenTelemetry, by the exporter that Deno has: `OTEL_DENO=true` switches it on, and the usual variables
 * (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_SERVICE_NAME`) say where it sends. Loaded only then.
 */
import { type Meter, metrics as otelMetrics, type ObservableResult, trace } from "@opentelemetry/api";
import type { CommitStatus, JobStatus } from "../job_status.ts";
import { CHECKPOINT_DURATION, LATENCY, METRICS } from "./metrics_table.ts";
import { samplesOf } from "./samples.ts";

/** One span a commit, and the metrics of docs/metrics.md under the same names. */
export class Telemetry {
  readonly #job: string;
  readonly #tracer = trace.getTracer("stream-apps");
  readonly #meter: Meter = otelMetrics.getMeter("stream-apps");
  readonly #duration = this.#histogram(CHECKPOINT_DURATION);
  readonly #latency = this.#histogram(LATENCY);

  /** @param status asked for when the metrics are sent */
  constructor(job: string, status: () => JobStatus) {
    this.#job = job;
    for (const metric of METRICS) {
      const { name, type, help } = metric;
      const observe = (result: ObservableResult) => {
        for (const { labels, value } of samplesOf(metric, status())) {
          if (typeof value === "number") result.observe(value, labels);
        }
      };
      const options = { description: help };
      const instrument = type === "counter"
        ? this.#meter.createObservableCounter(name, options)
        : this.#meter.createObservableGauge(name, options);
      instrument.addCallback(observe);
    }
  }

  committed({ atMs, durationMs, latencyMs, records, entries, bytes }: CommitStatus): void {
    const labels = { job_name: this.#job };
    const attributes = { ...labels, records, entries, bytes };
    this.#tracer.startSpan("commit", { startTime: atMs - durationMs, attributes }).end(atMs);
    this.#duration.record(durationMs / 1_000, labels);
    if (latencyMs !== undefined) this.#latency.record(latencyMs / 1_000, labels);
  }

  #histogram({ name, help, buckets }: typeof LATENCY) {
    return this.#meter.createHistogram(name, {
      description: help,
      unit: "s",
      advice: { explicitBucketBoundaries: [...buckets] },
    });
  }
}
