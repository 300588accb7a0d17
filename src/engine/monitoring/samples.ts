import type { JobStatus } from "../job_status.ts";
import type { JobMetric, NodeMetric, SplitMetric } from "./metrics_table.ts";

/** A labelled value. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number | null | undefined;
}

/** A metric's values in a status. */
export function samplesOf(metric: JobMetric | NodeMetric | SplitMetric, status: JobStatus): Sample[] {
  const job_name = status.job;
  const nodes = status.attempt?.nodes ?? [];
  switch (metric.of) {
    case "job":
      return [{ labels: { job_name }, value: metric.value(status, status.attempt) }];
    case "operator":
      return nodes.map((node) => ({ labels: { job_name, operator_name: node.name }, value: metric.value(node) }));
    case "partition":
      return nodes.flatMap(({ name, splits = [] }) =>
        splits.map((split) => ({
          labels: { job_name, operator_name: name, partition: split.id },
          value: metric.value(split),
        }))
      );
  }
}
