/** The ends of a stage, as sinks of its graph: they write rows. */
import type { TopicSink } from "../../connectors/sink.ts";
import { recordTime } from "../../connectors/records/record_time.ts";
import { isPlainJson, lossInJson } from "../../engine/internal.ts";
import { RecordError, type Sink, type SinkWriter } from "../../engine/mod.ts";
import type { TopicPlace } from "../exchange.ts";
import { keyText } from "../key_text.ts";
import type { StageOutlet } from "../stages.ts";
import type { ResultRows } from "./result_rows.ts";

/** What the ends of a stage write to. */
export interface OutletTarget {
  readonly rows: ResultRows;
  /** The record of a topic that the record at work was made of. */
  readonly place: () => TopicPlace | undefined;
}

/** The sink for an outlet. @param index of the outlet */
export function outletSink(outlet: StageOutlet, index: number, target: OutletTarget): Sink<unknown> {
  const write = outlet.kind === "exchange" ? exchange(outlet, index, target) : toTopic(outlet, index, target);
  const writer: SinkWriter<unknown> = {
    write,
    takeBack(records) {
      for (let i = 0; i < records; i++) target.rows.takeBack(index);
    },
  };
  return {
    description: outlet.kind === "exchange" ? `the exchange to "${outlet.to.name}"` : outlet.to.sink.description,
    exactlyOnceWith: () => true,
    open: () => Promise.resolve(writer),
  };
}

type Write = SinkWriter<unknown>["write"];

function exchange(
  { to, input }: StageOutlet & { readonly kind: "exchange" },
  index: number,
  { rows, place }: OutletTarget,
): Write {
  const { keySelector } = to.inputs[input]!;
  return (value, timestampMs) => {
    if (!isPlainJson(value)) {
      const loss = lossInJson(value, "state") ?? "the class of an object";
      throw new RecordError(`Cannot send a value to "${to.name}" as JSON, which would lose ${loss}`);
    }
    const key = keySelector === undefined ? null : keyText(keySelector(value));
    rows.exchange(index, { input, timestampMs, key, value: JSON.stringify(value), place: place() });
  };
}

function toTopic({ to }: StageOutlet & { readonly kind: "sink" }, index: number, { rows }: OutletTarget): Write {
  const { topic, encode } = to.sink as TopicSink<unknown>;
  return (value, timestampMs) => rows.record(index, encode(value, recordTime(topic, timestampMs)));
}
