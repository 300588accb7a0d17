import type { Lateness, OperatorTrace } from "../operators/operator.ts";
import type { SentRecord } from "../trace.ts";
import type { TracedTask } from "./traced_changes.ts";
import type { Tracing } from "./tracing.ts";

/** What one operator reports of records that are followed. */
export class TaskTrace implements OperatorTrace {
  readonly #tracing: Tracing;
  readonly #task: TracedTask;

  constructor(tracing: Tracing, task: TracedTask) {
    this.#tracing = tracing;
    this.#task = task;
    tracing.add(task);
  }

  get isOn(): boolean {
    return this.#tracing.tracer !== undefined;
  }

  get isAtWork(): boolean {
    return this.#tracing.causes !== undefined;
  }

  keep(item: unknown): void {
    this.#tracing.keep(this.#task, item);
  }

  joined(pair: { readonly left: unknown; readonly right: unknown }, work: () => void): void {
    this.#tracing.joined(this.#task, pair, work);
  }

  late(lateness: Lateness): void {
    this.#tracing.late(this.#task, lateness, "side output");
  }

  sent(value: unknown, timestampMs: number, record: SentRecord | undefined): void {
    this.#tracing.sent(this.#task, value, timestampMs, record);
  }

  merged(target: string, sources: readonly string[]): void {
    this.#tracing.merged(this.#task, target, sources);
  }

  closed(namespace: string): void {
    this.#tracing.closed(this.#task, namespace);
  }
}
