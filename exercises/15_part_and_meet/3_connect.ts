import type { DataStream } from "@stream-apps/deno";
import {
  type Collector,
  KeyedCoProcessFunction,
  type KeyedProcessContext,
  type KeyedRuntimeContext,
} from "@stream-apps/deno/functions";
import { type ValueState, ValueStateDescriptor } from "@stream-apps/deno/state";

export interface Booking {
  readonly confirmation: string;
  readonly email: string;
}

export interface Payment {
  readonly confirmation: string;
  readonly euros: number;
}

/** A line for each payment, once its booking is there, too: "SKY1: anna has paid 700". */
export function defineWorkflow(bookings: DataStream<Booking>, payments: DataStream<Payment>): DataStream<string> {
  return bookings.keyBy(({ confirmation }) => confirmation)
    .connect(payments.keyBy(({ confirmation }) => confirmation))
    .process(new Meet());
}

class Meet extends KeyedCoProcessFunction<string, Booking, Payment, string> {
  /** The booking, once it has come. */
  #booking!: ValueState<Booking>;
  /** A payment that waits for its booking; at most one does. */
  #payment!: ValueState<Payment>;

  override open(context: KeyedRuntimeContext): void {
    this.#booking = context.getState(new ValueStateDescriptor<Booking>("booking"));
    this.#payment = context.getState(new ValueStateDescriptor<Payment>("payment"));
  }

  override processElement1(booking: Booking, _context: KeyedProcessContext<string>, out: Collector<string>): void {
    // Your work: a booking has come.
    void [booking, out, this.#booking]; // not used yet: remove this line
  }

  override processElement2(payment: Payment, _context: KeyedProcessContext<string>, out: Collector<string>): void {
    // Your work: a payment has come.
    void [payment, out, this.#payment]; // not used yet: remove this line
  }
}

export function line({ confirmation, email }: Booking, { euros }: Payment): string {
  return `${confirmation}: ${email} has paid ${euros}`;
}
