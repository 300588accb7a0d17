/**
 * An alert for each device that has been silent for too long, in event time, and a word when it is back.
 *
 * A timer per device fires when nothing has come for `silentMs`; each signal moves it. Event time goes on with the signals of
 * other devices, so that a device is not reported because the whole topic is late: for one that may be silent as a whole, the
 * job's `closeIdleMs` lets event time go on with the clock.
 */
import type { DataStream } from "@stream-apps/deno";
import {
  type Collector,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type KeyedRuntimeContext,
  type OnTimerContext,
} from "@stream-apps/deno/functions";
import { type ValueState, ValueStateDescriptor } from "@stream-apps/deno/state";

/** Of one device. */
export interface Alert {
  readonly device: string;
  readonly state: "silent" | "back";
  /** When its last signal was, ms of event time. */
  readonly lastSignalMs: number;
}

/** "silent" once for each silence that lasts `silentMs`, and "back" with the signal that ends it. */
export function silenceAlerts<T extends { readonly device: string }>(
  signals: DataStream<T>,
  silentMs: number,
): DataStream<Alert> {
  return signals.keyBy(({ device }) => device).process<Alert>(new SilenceAlerts<T>(silentMs)).name("silence_alerts");
}

class SilenceAlerts<T extends { readonly device: string }> extends KeyedProcessFunction<string, T, Alert> {
  readonly #silentMs: number;
  #lastMs!: ValueState<number>;
  #silent!: ValueState<boolean>;

  constructor(silentMs: number) {
    super();
    this.#silentMs = silentMs;
  }

  override open(context: KeyedRuntimeContext): void {
    this.#lastMs = context.getState(new ValueStateDescriptor<number>("last"));
    this.#silent = context.getState(new ValueStateDescriptor<boolean>("silent"));
  }

  override processElement({ device }: T, context: KeyedProcessContext<string>, out: Collector<Alert>): void {
    const nowMs = context.timestamp()!;
    const lastMs = this.#lastMs.value();
    if (lastMs !== undefined && nowMs <= lastMs) return; // out of order: a later signal has been here
    if (lastMs !== undefined) context.timerService().deleteEventTimeTimer(lastMs + this.#silentMs);
    if (this.#silent.value()) {
      this.#silent.clear();
      out.collect({ device, state: "back", lastSignalMs: nowMs });
    }
    this.#lastMs.update(nowMs);
    context.timerService().registerEventTimeTimer(nowMs + this.#silentMs);
  }

  override onTimer(_timestampMs: number, context: OnTimerContext<string>, out: Collector<Alert>): void {
    this.#silent.update(true);
    out.collect({ device: context.currentKey(), state: "silent", lastSignalMs: this.#lastMs.value()! });
  }
}
