import type { DataStream } from "@stream-apps/deno";
import {
  type Collector,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type KeyedRuntimeContext,
  type OnTimerContext,
} from "@stream-apps/deno/functions";
import { type ValueState, ValueStateDescriptor } from "@stream-apps/deno/state";

export interface Purchase {
  readonly customer: string;
  readonly euros: number;
}

/** What each customer has spent in the ten seconds from a first purchase on. */
export function defineWorkflow(purchases: DataStream<Purchase>): DataStream<Purchase> {
  return purchases.keyBy((purchase) => purchase.customer).process(new TenSeconds());
}

class TenSeconds extends KeyedProcessFunction<string, Purchase, Purchase> {
  #sum!: ValueState<number>;

  override open(context: KeyedRuntimeContext): void {
    this.#sum = context.getState(new ValueStateDescriptor<number>("sum"));
  }

  override processElement(purchase: Purchase, context: KeyedProcessContext<string>): void {
    // Your work: add up, and register a timer with the first purchase.
    void [this.#sum, purchase, context]; // not used yet: remove this line
  }

  override onTimer(_timestampMs: number, context: OnTimerContext<string>, out: Collector<Purchase>): void {
    // Your work: emit the sum, and begin anew.
    void [context, out]; // not used yet: remove this line
  }
}
