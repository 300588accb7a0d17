import type { Output, StreamRecord } from "../record.ts";
import type { KeyedStateBackend } from "../state/keyed_state_backend.ts";
import type { Timer, TimerQueue } from "../time/timer_queue.ts";

/**
 * A record in, records out. The runtime sets the current key, forwards watermarks, names errors and counts; an operator
 * repeats none of that.
 */
export interface Operator<IN, OUT> {
  /** Called once, before the first record and after state and timers are restored. */
  open?(context: OperatorContext): void;
  processElement(record: StreamRecord<IN>, output: Output<OUT>): void;
  /** A timer has come due. The current key is the timer's. */
  onEventTime?(timer: Timer, output: Output<OUT>): void;
  /**
   * For operators that make event time themselves: watermarks from above, but the last one, go no further. Called after each
   * record for the watermark to be given now, ms.
   */
  readonly ownWatermark?: () => number;
  /** What stored state depends on, by name: another text for the same name can not read it. */
  stamps?(): Record<string, string>;
}

/** What an operator may use. */
export interface OperatorContext {
  /** For messages. */
  readonly name: string;
  readonly state: KeyedStateBackend;
  readonly timers: TimerQueue;
  /** ms since the Unix epoch */
  processingTime(): number;
  /** The operator's event time, ms. */
  currentWatermark(): number;
  /**
   * Counts the record at work as late and keeps it from vanishing.
   * @param message one sentence: what it missed
   */
  late(value: unknown, timestampMs: number, message: string): void;
}
