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
  return { approved, notes: approved.getSideOutput(NOTES) };
}

class Approve extends ProcessFunction<number, number> {
  override processElement(price: number, context: ProcessContext, out: Collector<number>): void {
    if (price <= 1000) out.collect(price);
    else context.output(NOTES, `${price} needs a signature`);
  }
}
