/**
 * Spans and metrics for OpenTelemetry, by the exporter that Deno has: `OTEL_DENO=true` switches it on, and the usual variables
 * (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_SERVICE_NAME`) say where it sends. Loaded only then.
 */
import { type Meter, metrics as otelMetrics, type Observable, trace } from "@opentelemetry/api";
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
    const instruments = METRICS.map((metric) => ({ metric, instrument: this.#observable(metric) }));
    // One status for all of them: each would else make its own, and one more sample for the rates.
    this.#meter.addBatchObservableCallback((result) => {
      const now = status();
      for (const { metric, instrument } of instruments) {
        for (const { labels, value } of samplesOf(metric, now)) {
          if (typeof value === "number") result.observe(instrument, value, labels);
        }
      }
    }, instruments.map(({ instrument }) => instrument));
  }

  #observable({ name, type, help }: typeof METRICS[number]): Observable {
    const options = { description: help };
    return type === "counter"
      ? this.#meter.createObservableCounter(name, options)
      : this.#meter.createObservableGauge(name, options);
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
