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
    const sum = this.#sum.value();
    if (sum === undefined) context.timerService().registerEventTimeTimer(context.timestamp()! + 10_000);
    this.#sum.update((sum ?? 0) + purchase.euros);
  }

  override onTimer(_timestampMs: number, context: OnTimerContext<string>, out: Collector<Purchase>): void {
    out.collect({ customer: context.currentKey(), euros: this.#sum.value()! });
    this.#sum.clear();
  }
}
