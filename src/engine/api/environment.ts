import { type Clock, SYSTEM_CLOCK } from "../clock.ts";
import { JobError } from "../errors.ts";
import type { FaultPoint } from "../fault_points.ts";
import type { OperatorNode, SourceNode, StreamGraph } from "../graph.ts";
import type { JobStore } from "../job_store.ts";
import { consoleLogger, type Logger } from "../logger.ts";
import { executeJob } from "../runtime/job_execution.ts";
import { checkDeadLimit, type DeadLimit } from "../runtime/dead_limit.ts";
import type { ErrorPolicy, WindowErrorPolicy } from "../runtime/error_policy.ts";
import type { JobRunOptions } from "../runtime/options.ts";
import { checkSuccess, type JobExecutionResult } from "../runtime/job_result.ts";
import { type RestartStrategy, startRestarts } from "../runtime/restart_strategy.ts";
import type { DeliveryGuarantee } from "../sink.ts";
import { CollectionSource } from "../sources/collection_source.ts";
import { SequenceSource } from "../sources/sequence_source.ts";
import type { Source, StartingPoint } from "../source.ts";
import { Time } from "../time/time.ts";
import { WatermarkStrategy } from "../time/watermark_strategy.ts";
import { checkHas, checkStrategy } from "./checks.ts";
import { SingleOutputStreamOperator } from "./data_stream.ts";
import { explain } from "./explain.ts";
import { GraphBuilder } from "./graph_builder.ts";

/** How a job runs. All but `store` have defaults that suit. */
export interface EnvironmentOptions {
  /** Names the job's commits, consumer group and dead letters; default "job". */
  readonly jobName?: string;
  /** Keeps the job's commits. Without one nothing outlives the process, as in a test. */
  readonly store?: JobStore;
  /** Where a job begins that has no commit yet; default "latest". */
  readonly from?: StartingPoint;
  /** Whether to stop at the ends that the sources have at the start; default false. */
  readonly bounded?: boolean;
  /**
   * Whether a stop by the signal fires all windows and event-time timers first, as the end of a bounded run does; later
   * records of such a window open it afresh. Default false: they wait for the next run. @see Flink: stop --drain
   */
  readonly drain?: boolean;
  /** Whether to forget the last commit first; default false. */
  readonly reset?: boolean;
  /**
   * Whether to drop state, timers and positions of operators that the job no longer has, as Flink's --allowNonRestoredState
   * does; default false: a commit that holds some is refused. The next commit deletes them.
   */
  readonly allowNonRestoredState?: boolean;
  /** Left out: exactly once for every sink that can. */
  readonly delivery?: DeliveryGuarantee | undefined;
  /** ms between commits while anything changes, > 0; default 1,000. */
  readonly commitIntervalMs?: number;
  /** ms of silence after which a partition no longer holds event time back; 0 or Infinity: never; default 60,000. */
  readonly idleMs?: number;
  /**
   * ms of silence of all sources after which event time goes on with the clock, so that the last windows fire though nobody
   * sends any more; what comes after all with an earlier time is late. > 0; default: never, as in Flink.
   */
  readonly closeIdleMs?: number;
  /**
   * ms that event time of a live job may be ahead of the clock, so that one record with a wrong time does not make all others
   * late: one that is further ahead is processed as any other, but moves no event time. > 0; Infinity for any time; default one
   * hour. A bounded run, a source that ends by itself and records that the program makes up are free.
   */
  readonly maxAheadMs?: number;
  /** ms without a sign of life after which an instance of the job counts as dead; default 10,000. */
  readonly sessionTimeoutMs?: number;
  /** What happens after a failure that no store calls passing; needs a `store`. Default: `{ type: "none" }`. */
  readonly restartStrategy?: RestartStrategy | undefined;
  /** Default: "dead-letter" with a `store`; without one "fail": nobody would find out. */
  readonly onError?: ErrorPolicy | undefined;
  /** What becomes of a window that fires, or a timer, at which a function throws; default "fail": nothing of it is lost. */
  readonly onWindowError?: WindowErrorPolicy | undefined;
  /** How many records that cannot be processed end the job with an error; default: more than half of its last 1,000. */
  readonly maxDead?: DeadLimit | undefined;
  /** Takes the job's words to its operator; default: warnings and errors go to standard error. `SILENT` takes none. */
  readonly logger?: Logger;
  /** Ends the job cleanly, after a commit. */
  readonly signal?: AbortSignal;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** For experiments that end the job at a certain point, see `JOB_FAULT_POINTS`; default: nothing is called. */
  readonly faultPoint?: FaultPoint | undefined;
}

/** Where a job is described and from where it is run. */
export class StreamExecutionEnvironment {
  /** @internal */
  readonly graph = new GraphBuilder();
  readonly #options: EnvironmentOptions;

  /**
   * An environment without a job; the options say how the one that is described here will run.
   * @throws {RangeError} if a length of time is out of range
   */
  constructor(options: EnvironmentOptions = {}) {
    for (const name of ["commitIntervalMs", "sessionTimeoutMs", "closeIdleMs", "maxAheadMs"] as const) {
      const value = options[name];
      if (value !== undefined && !(value > 0)) {
        throw new RangeError(`Cannot create an environment as ${name} must be > 0: current value is ${value}`);
      }
    }
    if (options.idleMs !== undefined && !(options.idleMs >= 0)) {
      throw new RangeError(`Cannot create an environment as idleMs must be >= 0: current value is ${options.idleMs}`);
    }
    if (options.restartStrategy !== undefined) startRestarts(options.restartStrategy);
    if (options.maxDead !== undefined) checkDeadLimit(options.maxDead);
    this.#options = options;
  }

  /** The values of an array, in order, once. They have no timestamps before `assignTimestampsAndWatermarks()`. */
  fromCollection<T>(values: Iterable<T>): SingleOutputStreamOperator<T> {
    return this.#addSource(new CollectionSource([...values]), WatermarkStrategy.noWatermarks(), "collection");
  }

  /**
   * The whole numbers from `from` to `to`, both included, in order, once. They have no timestamps.
   * @throws {RangeError} if one of them is no whole number, or `to` is below `from`
   */
  fromSequence(from: number, to: number): SingleOutputStreamOperator<number> {
    return this.#addSource(new SequenceSource(from, to), WatermarkStrategy.noWatermarks(), "sequence");
  }

  /** The records of a source; the strategy works on each of its partitions by itself. */
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
   * Runs the job: to the end of its sources, or until the signal.
   *
   * @throws {JobError} if it cannot run as it is described, its commit does not fit it, or it has come to its end and none of its
   *   records could be processed
   * @throws {OperatorError} if a function of the job throws
   */
  async execute(): Promise<JobExecutionResult> {
    const result = await this.start();
    checkSuccess(result);
    return result;
  }

  /**
   * As `execute()`, whatever has become of the records.
   * @internal
   */
  protected async start(): Promise<JobExecutionResult> {
    const { jobName = "job", store, logger = consoleLogger("warn"), delivery, idleMs = 60_000 } = this.#options;
    const graph = this.graph.build();
    await checkLoops(graph);
    if (delivery !== "at-least-once") {
      const weak = graph.nodes.filter((node) => node.kind === "sink").filter(({ sink }) =>
        !sink.exactlyOnceWith(store)
      );
      if (weak.length > 0 && delivery === "exactly-once") {
        const names = weak.map(({ name, sink }) => `"${name}" (${sink.description})`).join(", ");
        throw new JobError(
          `Cannot deliver exactly once to ${names}: its output and the job's commit are not one transaction; ask for at-least-once, or leave it out`,
        );
      }
      if (store !== undefined) {
        for (const { name, sink } of weak) {
          logger.info(
            `${jobName}: delivers at least once to "${name}" (${sink.description}): after a crash some of it may come again`,
          );
        }
      }
    }
    return await this.run(graph, {
      jobName,
      store,
      from: this.#options.from ?? "latest",
      bounded: this.#options.bounded ?? false,
      drain: this.#options.drain ?? false,
      reset: this.#options.reset ?? false,
      allowNonRestoredState: this.#options.allowNonRestoredState ?? false,
      delivery: delivery ?? "exactly-once",
      commitIntervalMs: this.#options.commitIntervalMs ?? 1_000,
      idleMs: idleMs === 0 ? Number.POSITIVE_INFINITY : idleMs,
      closeIdleMs: this.#options.closeIdleMs ?? Number.POSITIVE_INFINITY,
      maxAheadMs: this.#options.maxAheadMs ?? Time.hours(1),
      sessionTimeoutMs: this.#options.sessionTimeoutMs ?? 10_000,
      restartStrategy: this.#options.restartStrategy ?? { type: "none" },
      onError: this.#options.onError ?? (store === undefined ? "fail" : "dead-letter"),
      onWindowError: this.#options.onWindowError ?? "fail",
      maxDead: this.#options.maxDead ?? {},
      logger,
      signal: this.#options.signal ?? new AbortController().signal,
      clock: this.#options.clock ?? SYSTEM_CLOCK,
      faultPoint: this.#options.faultPoint,
    });
  }

  /**
   * Apart, so that tools can look into the job that runs.
   * @internal
   */
  protected run(graph: StreamGraph, options: JobRunOptions): Promise<JobExecutionResult> {
    return executeJob(graph, options);
  }

  /**
   * Adds an operator to the job, and returns the stream behind it.
   * @internal
   */
  addOperator<R>(node: OperatorParts): SingleOutputStreamOperator<R> {
    const added = this.graph.add<OperatorNode>({ kind: "operator", ...node }, node.operation);
    return new SingleOutputStreamOperator<R>(this, [{ node: added, tag: undefined }]);
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
 * What an operator is described by.
 * @internal
 */
export type OperatorParts = Pick<OperatorNode, "operation" | "inputs" | "pairs" | "create">;

/** A job that reads what it writes never ends, and doubles what there is. */
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
