/**
 * A schema change with `migrate`: what the job keeps gets another shape, and what earlier versions have stored comes along.
 *
 * Version 1 kept a number of euros for each customer, version 2 a whole number of cents, version 3 the number of orders too. The
 * job reads the commit of either, converts its entries, and stores them in the new shape with its first commit. Stop the old
 * version, start the new one: nothing else is to be done.
 */
import type { DataStream } from "@stream-apps/deno";
import {
  type Collector,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type KeyedRuntimeContext,
} from "@stream-apps/deno/functions";
import { type ValueState, ValueStateDescriptor } from "@stream-apps/deno/state";

export interface Order {
  readonly customer: string;
  readonly cents: number;
}

/** What is kept of a customer, and emitted after each order. */
export interface Turnover {
  readonly cents: number;
  /** Of those since version 3; what came before was not counted. */
  readonly orders: number;
}

/** The versions stay, one case each, for as long as a commit or a savepoint of them may be around. */
const TURNOVER = new ValueStateDescriptor<Turnover>("turnover", {
  version: 3,
  migrate: (old, { version }) => {
    switch (version) {
      case 1:
        return { cents: Math.round((old as number) * 100), orders: 0 };
      case 2:
        return { cents: (old as { cents: number }).cents, orders: 0 };
      default:
        throw new Error(`nothing is known of version ${version}`);
    }
  },
});

/** The turnover of each customer after each order. */
export function turnoverOf(orders: DataStream<Order>): DataStream<Turnover> {
  return orders.keyBy(({ customer }) => customer).process(new AddUp()).name("turnover");
}

class AddUp extends KeyedProcessFunction<string, Order, Turnover> {
  #turnover!: ValueState<Turnover>;

  override open(context: KeyedRuntimeContext): void {
    // Asked for here, and not at the first order: all is converted before the first record is taken.
    this.#turnover = context.getState(TURNOVER);
  }

  override processElement(order: Order, _context: KeyedProcessContext<string>, out: Collector<Turnover>): void {
    const { cents, orders } = this.#turnover.value() ?? { cents: 0, orders: 0 };
    const next = { cents: cents + order.cents, orders: orders + 1 };
    this.#turnover.update(next);
    out.collect(next);
  }
}
