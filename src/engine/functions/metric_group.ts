import type { MetricValue } from "../job_status.ts";

/** Counts what a function wants to be seen. */
export interface Counter {
  /** Adds `n`; left out: 1. */
  inc(n?: number): void;
  /** What it has counted in this attempt of the job. */
  getCount(): number;
}

/**
 * Metrics of a function, which appear in the job's status and, with `--http`, at `/metrics`. They begin anew with each attempt of the
 * job, and what a record has counted stays counted if it becomes a dead letter: they are for people, results belong into state.
 *
 * @example A function that counts what it corrects
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type Collector, type Counter, type ProcessContext } from "@stream-apps/deno/functions";
 * import { ProcessFunction, type RuntimeContext } from "@stream-apps/deno/functions";
 *
 * class Upper extends ProcessFunction<string, string> {
 *   #corrected!: Counter;
 *
 *   override open(context: RuntimeContext): void {
 *     this.#corrected = context.metrics().counter("corrected");
 *   }
 *
 *   override processElement(code: string, _context: ProcessContext, out: Collector<string>): void {
 *     if (code !== code.toUpperCase()) this.#corrected.inc();
 *     out.collect(code.toUpperCase());
 *   }
 * }
 * assertEquals(new Upper() instanceof ProcessFunction, true);
 * ```
 * @see Flink: RuntimeContext.getMetricGroup()
 */
export interface MetricGroup {
  /**
   * The counter of that name; the same one when it is asked for again.
   * @throws {RangeError} if the name is no letter followed by letters, digits and "_", or is a gauge's
   */
  counter(name: string): Counter;
  /**
   * A value that is asked for when somebody looks.
   * @param value must not change anything; what it throws counts as no value
   * @throws {RangeError} if the name is no letter followed by letters, digits and "_", or is in use
   */
  gauge(name: string, value: () => number): void;
}

/** The metrics of one operator. */
export class OperatorMetrics implements MetricGroup {
  readonly #operator: string;
  readonly #counters = new Map<string, SimpleCounter>();
  readonly #gauges = new Map<string, () => number>();

  /** @param operator its name, for messages */
  constructor(operator: string) {
    this.#operator = operator;
  }

  counter(name: string): Counter {
    const known = this.#counters.get(name);
    if (known !== undefined) return known;
    this.#check(name);
    const counter = new SimpleCounter();
    this.#counters.set(name, counter);
    return counter;
  }

  gauge(name: string, value: () => number): void {
    this.#check(name);
    this.#gauges.set(name, value);
  }

  /** All metrics by name; undefined if there is no metric. */
  values(): Record<string, MetricValue> | undefined {
    if (this.#counters.size + this.#gauges.size === 0) return undefined;
    const values: Record<string, MetricValue> = {};
    for (const [name, counter] of this.#counters) values[name] = { type: "counter", value: counter.getCount() };
    for (const [name, ask] of this.#gauges) {
      const value = valueOf(ask);
      if (value !== undefined) values[name] = { type: "gauge", value };
    }
    return values;
  }

  #check(name: string): void {
    const used = this.#counters.has(name) || this.#gauges.has(name);
    if (!used && /^[A-Za-z]\w*$/.test(name)) return;
    const why = used ? "there is one of that name" : "a name is a letter, followed by letters, digits and _";
    throw new RangeError(`Cannot add the metric ${JSON.stringify(name)} to "${this.#operator}": ${why}`);
  }
}

class SimpleCounter implements Counter {
  #count = 0;

  inc(n = 1): void {
    this.#count += n;
  }

  getCount(): number {
    return this.#count;
  }
}

function valueOf(ask: () => number): number | undefined {
  try {
    const value = ask();
    return typeof value === "number" && Number.isFinite(value) ? value : undefined;
  } catch {
    return undefined; // what a gauge throws counts as no value
  }
}
