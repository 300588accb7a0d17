import { type DataStream, OutputTag } from "@stream-apps/deno";
import { type Collector, type ProcessContext, ProcessFunction } from "@stream-apps/deno/functions";

const NOTES = new OutputTag<string>("notes");

export interface Ways {
  readonly approved: DataStream<number>;
  /** "1200 needs a signature" */
  readonly notes: DataStream<string>;
}

/** Prices of up to 1000 are approved; of each higher one there is a note. */
export function defineWorkflow(prices: DataStream<number>): Ways {
  const approved = prices.process(new Approve());
  // Your work: the notes are a side output of approved.
  return { approved, notes: approved.map(() => "?") };
}

class Approve extends ProcessFunction<number, number> {
  override processElement(price: number, context: ProcessContext, out: Collector<number>): void {
    // Your work: a note, and not the price, if it is above 1000.
    void [context, NOTES]; // not used yet: remove this line
    out.collect(price);
  }
}
