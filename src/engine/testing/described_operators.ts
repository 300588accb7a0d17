import { DataStream } from "../api/data_stream.ts";
import { StreamExecutionEnvironment } from "../api/environment.ts";
import type { NodeInput, OperatorNode, Outlet, SourceNode, StreamNode } from "../graph.ts";
import type { KeySelector } from "../functions/functions.ts";
import type { Operator, TwoInputOperator } from "../operators/operator.ts";
import type { ErrorPolicy, WindowErrorPolicy } from "../runtime/error_policy.ts";
import type { Source } from "../source.ts";
import { WatermarkStrategy } from "../time/watermark_strategy.ts";
import type { ManualClock } from "./manual_clock.ts";
import { TestSink } from "./test_sink.ts";

/** Makes a new operator, without anything of an earlier one. */
export type CreateOperator<IN, OUT, IN2> = () => Operator<IN, OUT> | TwoInputOperator<IN, IN2, OUT>;

/** The place of an operator in its job. */
export interface OperatorHarnessOptions<IN, IN2 = never> {
  /** Its name and uid; default "operator". */
  readonly name?: string;
  /** The key selector of a keyed stream. */
  readonly keyBy?: KeySelector<IN, unknown>;
  /** The key selector of the second input, which the operator then has. */
  readonly keyBy2?: KeySelector<IN2, unknown>;
  /** Whether the operator has two inputs; needed only if the second is not keyed. */
  readonly twoInputs?: boolean;
  /** How many streams the first input has, as with `union()`; default 1. */
  readonly inputs?: number;
  /** The clock; left out: one at 0. */
  readonly clock?: ManualClock;
  /** Default "fail": an error at a record is thrown to the test. */
  readonly onError?: ErrorPolicy;
  /** Default "fail": an error in a window or timer that fires is thrown to the test. */
  readonly onWindowError?: WindowErrorPolicy;
}

/** Operators between placeholders for sources, and their output. */
export interface DescribedOperators {
  readonly operators: readonly OperatorNode[];
  /** A placeholder for each stream of the first input. */
  readonly sources: readonly StreamNode[];
  readonly second: StreamNode | undefined;
  readonly outlet: Outlet;
}

/** The job of an operator alone. */
export function describedBy<IN, OUT, IN2>(
  create: CreateOperator<IN, OUT, IN2>,
  options: OperatorHarnessOptions<IN, IN2>,
): DescribedOperators {
  const { name = "operator", keyBy, keyBy2, inputs = 1, twoInputs = keyBy2 !== undefined } = options;
  const sources = Array.from({ length: inputs }, (_, index) => noSource(`first-${index}`));
  const second = twoInputs ? noSource("second") : undefined;
  const inputOf = (nodes: readonly StreamNode[], keySelector: unknown): NodeInput => ({
    from: nodes.map((node) => ({ node, tag: undefined })),
    keySelector: keySelector as KeySelector<unknown, unknown> | undefined,
  });
  const operator: OperatorNode = {
    kind: "operator",
    operation: "operator",
    name,
    uid: name,
    explicitUid: false,
    inputs: second === undefined ? [inputOf(sources, keyBy)] : [inputOf(sources, keyBy), inputOf([second], keyBy2)],
    create: create as OperatorNode["create"],
  };
  return { operators: [operator], sources, second, outlet: { node: operator, tag: undefined } };
}

/** The operators that the API makes of a function that describes them on streams. */
export function describedOnStreams<IN, OUT, IN2>(
  describe: (stream: DataStream<IN>, second: DataStream<IN2>) => DataStream<OUT>,
): DescribedOperators {
  const env = new StreamExecutionEnvironment();
  const streamOf = <T>(name: string): DataStream<T> =>
    env.fromSource(noSource(name).source as Source<T>, WatermarkStrategy.noWatermarks<T>(), name);
  const result: unknown = describe(streamOf<IN>("first"), streamOf<IN2>("second"));
  if (!(result instanceof DataStream)) {
    throw new TypeError(
      "Cannot test what is described: the function must return the stream that it makes, (stream) => stream.map(…)",
    );
  }
  result.sinkTo(new TestSink("out"));
  const { nodes } = env.graph;
  const operators = nodes.filter((node) => node.kind === "operator");
  const sinks = nodes.filter((node) => node.kind === "sink");
  const sources = nodes.filter((node) => node.kind === "source");
  const outlets = sinks.at(-1)!.inputs[0].from;
  if (operators.length === 0 || sinks.length > 1 || sources.length > 2 || outlets.length > 1) {
    throw new TypeError(
      "Cannot test what is not one way from the streams through operators to a result: return what one call such as map() " +
        "or process() makes of them, and take a JobHarness for a job with sources, sinks or a union at its end",
    );
  }
  return { operators, sources: sources.slice(0, 1), second: sources[1], outlet: outlets[0]! };
}

/** A placeholder for a source: the test itself passes the records in. */
function noSource(name: string): SourceNode {
  return {
    kind: "source",
    name,
    uid: name,
    explicitUid: false,
    source: {
      description: "the test",
      open: () => Promise.reject(new TypeError("Cannot open the source of an operator's test: it has none")),
    },
    strategy: WatermarkStrategy.noWatermarks(),
  };
}
