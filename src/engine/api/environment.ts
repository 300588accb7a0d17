import { JobError } from "../errors.ts";
import type { OperatorNode, SourceNode, StreamGraph } from "../graph.ts";
import { executeJob } from "../runtime/job_execution.ts";
import type { EnvironmentOptions } from "../runtime/job_settings.ts";
import { checkOptions, type JobRunOptions, withDefaults } from "../runtime/run_options.ts";
import { checkSuccess, explained, type JobExecutionResult } from "../runtime/job_result.ts";
import { jobLauncher } from "../runtime/launcher.ts";
import type { DeliveryGuarantee } from "../sink.ts";
import type { Source } from "../source.ts";
import { CollectionSource } from "../sources/collection_source.ts";
import { SequenceSource } from "../sources/sequence_source.ts";
import { WatermarkStrategy } from "../time/watermark_strategy.ts";
import { checkHas, checkStrategy } from "./checks.ts";
import { SingleOutputStreamOperator } from "./data_stream.ts";
import { explain } from "./explain.ts";
import { GraphBuilder } from "./graph_builder.ts";

/** Describes a job, and runs it. */
export class StreamExecutionEnvironment {
  /** @internal */
  readonly graph: GraphBuilder = new GraphBuilder();
  readonly #options: EnvironmentOptions;

  /**
   * An environment without a job; the options are for running the one that is described on it.
   * @throws {RangeError} if a length of time is out of range
   */
  constructor(options: EnvironmentOptions = {}) {
    checkOptions(options);
    this.#options = options;
  }

  /** The values of an array, in order, once. They have no timestamps before `assignTimestampsAndWatermarks()`. */
  fromCollection<T>(values: Iterable<T>): SingleOutputStreamOperator<T> {
    return this.#addSource(new CollectionSource([...values]), WatermarkStrategy.noWatermarks(), "collection");
  }

  /**
   * The whole numbers from `from` to `to`, both included, in order, once. They have no timestamps.
   * @throws {RangeError} if one of them is not a whole number, or `to` is below `from`
   */
  fromSequence(from: number, to: number): SingleOutputStreamOperator<number> {
    return this.#addSource(new SequenceSource(from, to), WatermarkStrategy.noWatermarks(), "sequence");
  }

  /** The records of a source; the watermark strategy works on each of its partitions separately. */
  fromSource<T>(source: Source<T>, strategy: WatermarkStrategy<T>, name: string): SingleOutputStreamOperator<T> {
    checkHas("fromSource", "a source", source, "open");
    checkStrategy("fromSource", strategy);
    return this.#addSource(source, strategy, "source").name(name);
  }

  /** The described job as text. */
  explain(): string {
    return explain({ nodes: this.graph.nodes });
  }

  /**
   * Runs the job: to the end of its sources, or until the signal. With the option `explain` it is only printed.
   *
   * @throws {JobError} if it cannot run as it is described, its commit does not fit it, or it has reached its end and not one of
   *   its records could be processed
   * @throws {OperatorError} if a function of the job throws
   */
  async execute(): Promise<JobExecutionResult> {
    if (this.#options.explain) return this.#printExplained();
    const { graph, options } = await this.prepare();
    const launcher = jobLauncher();
    const result = launcher === undefined
      ? await executeJob(graph, options)
      : await launcher({ graph, options, run: executeJob });
    checkSuccess(result);
    return result;
  }

  /**
   * The described job and the options for running it.
   * @internal
   * @throws {JobError} if it cannot run so
   */
  protected async prepare(): Promise<{ readonly graph: StreamGraph; readonly options: JobRunOptions }> {
    const graph = this.graph.build();
    const options = withDefaults(this.#options);
    await checkLoops(graph);
    checkDelivery(graph, options, this.#options.delivery);
    return { graph, options };
  }

  /**
   * Adds an operator to the job, and returns the stream behind it.
   * @internal
   */
  addOperator<R>(node: OperatorParts): SingleOutputStreamOperator<R> {
    const added = this.graph.add<OperatorNode>({ kind: "operator", ...node }, node.operation);
    return new SingleOutputStreamOperator<R>(this, [{ node: added, tag: undefined }]);
  }

  #printExplained(): JobExecutionResult {
    const { jobName } = withDefaults(this.#options);
    // deno-lint-ignore no-console -- the graph is to be printed on standard output
    console.log(explain(this.graph.build()));
    return explained(jobName);
  }

  #addSource<T>(source: Source<T>, strategy: WatermarkStrategy<T>, label: string): SingleOutputStreamOperator<T> {
    const node = this.graph.add<SourceNode>(
      { kind: "source", source: source as Source<unknown>, strategy: strategy as WatermarkStrategy<unknown> },
      label,
    );
    return new SingleOutputStreamOperator<T>(this, [{ node, tag: undefined }]);
  }
}

/**
 * The description of an operator.
 * @internal
 */
export type OperatorParts = Pick<OperatorNode, "operation" | "inputs" | "pairs" | "create">;

/** Refuses a job that reads its own output: it would never end, and double its records. */
async function checkLoops({ nodes }: StreamGraph): Promise<void> {
  const sources = nodes.filter((node) => node.kind === "source");
  for (const sink of nodes.filter((node) => node.kind === "sink")) {
    for (const source of sources) {
      const how = await sink.sink.feeds?.(source.source);
      if (how === undefined) continue;
      throw new JobError(
        `Cannot execute a job that reads what it writes: what "${sink.name}" writes comes back through "${source.name}", ${how}`,
      );
    }
  }
}

/**
 * @param asked the guarantee that was asked for; left out: exactly once for every sink that can
 * @throws {JobError} if a sink cannot deliver exactly once and was asked to
 */
function checkDelivery(graph: StreamGraph, options: JobRunOptions, asked: DeliveryGuarantee | undefined): void {
  const { store, jobName, logger } = options;
  if (asked === "at-least-once") return;
  const weak = graph.nodes.filter((node) => node.kind === "sink").filter(({ sink }) => !sink.exactlyOnceWith(store));
  if (weak.length > 0 && asked === "exactly-once") {
    const names = weak.map(({ name, sink }) => `"${name}" (${sink.description})`).join(", ");
    throw new JobError(
      `Cannot deliver exactly once to ${names}: its output and the job's commit are not one transaction; ask for at-least-once, or leave it out`,
    );
  }
  if (store === undefined) return;
  for (const { name, sink } of weak) {
    logger.info(
      `${jobName}: delivers at least once to "${name}" (${sink.description}): after a crash some of it may come again`,
    );
  }
}
