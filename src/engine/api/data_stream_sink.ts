import type { SinkNode } from "../graph.ts";
import { setName, setUid } from "./graph_builder.ts";

/** The end of a stream, which can be named. */
export class DataStreamSink {
  readonly #node: SinkNode;

  /** @internal */
  constructor(node: SinkNode) {
    this.#node = node;
  }

  /** Names the sink in messages. */
  name(name: string): this {
    setName(this.#node, name);
    return this;
  }

  /** Identifies the sink over restarts; unique in the job. */
  uid(uid: string): this {
    setUid(this.#node, uid);
    return this;
  }
}
