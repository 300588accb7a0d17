import type { Outlet, SinkNode } from "../graph.ts";
import type { Sink } from "../sink.ts";
import { CollectSink } from "../sinks/collect_sink.ts";
import { PrintSink } from "../sinks/print_sink.ts";
import { checkHas } from "./checks.ts";
import { DataStreamSink } from "./data_stream_sink.ts";
import type { StreamExecutionEnvironment } from "./environment.ts";

/** What every stream has: its origin, and the ways to end it. The operators in between are methods of `DataStream`. */
export abstract class BaseStream<out T> {
  /** @internal */
  protected readonly env: StreamExecutionEnvironment;
  /** @internal */
  protected readonly from: readonly Outlet[];

  /** Made by an environment, and by the methods of other streams. */
  constructor(env: StreamExecutionEnvironment, from: readonly Outlet[]) {
    this.env = env;
    this.from = from;
  }

  /** Writes the records to a sink. */
  sinkTo(sink: Sink<T>): DataStreamSink {
    checkHas("sinkTo", "a sink", sink, "open");
    const node = this.env.graph.add<SinkNode>(
      { kind: "sink", inputs: [{ from: this.from, keySelector: undefined }], sink: sink as Sink<unknown> },
      "sink",
    );
    return new DataStreamSink(node);
  }

  /** Prints the records on standard output, one on each line: text as it is, all else as JSON. */
  print(prefix = ""): DataStreamSink {
    return this.sinkTo(new PrintSink<T>(prefix)).name(
      prefix === "" ? `print-${this.env.graph.nodes.length}` : `print ${prefix}`,
    );
  }

  /** Runs the whole job and returns this stream's records in an array. For bounded inputs. */
  async executeAndCollect(): Promise<T[]> {
    const sink = new CollectSink<T>();
    this.sinkTo(sink);
    await this.env.execute();
    return [...sink.values];
  }
}
