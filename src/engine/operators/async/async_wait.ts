import { AT_WORK } from "../../commit_format.ts";
import { NO_TIMESTAMP, type Output, type StreamRecord } from "../../record.ts";
import { NO_NAMESPACE } from "../../state/namespace_index.ts";
import type { ValueTable } from "../../state/value_table.ts";
import { BinaryHeap } from "../../binary_heap.ts";
import { AsyncCall, type AsyncCallOwner } from "./async_call.ts";
import { runtimeContext } from "../function_context.ts";
import type { AsyncWaitOptions, RichAsyncFunction } from "../../functions/async_function.ts";
import { type AsyncWaitQueue, Fifo, OrderedQueue, UnorderedQueue } from "./async_queue.ts";
import type { Operator, OperatorContext, PendingResults } from "../operator.ts";

/** A record at work, as it is stored. */
interface Stored<T> {
  readonly value: T;
  /** null: it has none */
  readonly timestampMs: number | null;
}

/**
 * Asks something outside about each record, with many calls on their way at a time.
 *
 * In: `IN`. Out: what the calls come to, any number of `OUT`, each at the timestamp of its record; in the order of the records
 * or as results come. Watermarks wait for the records before them.
 * State: `at work`, one record per call that has not given its results yet, under its number. So positions are committed while
 * calls are on their way, and a restart makes those calls again, in order.
 * More records than the capacity (one above made many) wait here without being called.
 */
export class AsyncWaitOperator<IN, OUT> implements Operator<IN, OUT>, PendingResults<OUT>, AsyncCallOwner<IN, OUT> {
  readonly pendingResults: PendingResults<OUT> = this;
  readonly #function: RichAsyncFunction<IN, OUT>;
  readonly #options: AsyncWaitOptions<IN, OUT>;
  readonly #capacity: number;
  readonly #queue: AsyncWaitQueue<AsyncCall<IN, OUT>>;
  /** Not called yet. */
  readonly #waiting = new Fifo<AsyncCall<IN, OUT>>();
  /** Called and not done. All have the same time, so the first to be called is the first whose time is over. */
  readonly #called = new Set<AsyncCall<IN, OUT>>();
  readonly #retries = new BinaryHeap<Retry<IN, OUT>>((a, b) => a.timeMs < b.timeMs);
  #context!: OperatorContext;
  #atWork!: ValueTable<Stored<IN>>;
  #sequence = 0;

  constructor(
    order: "ordered" | "unordered",
    asyncFunction: RichAsyncFunction<IN, OUT>,
    options: AsyncWaitOptions<IN, OUT>,
  ) {
    this.#function = asyncFunction;
    this.#options = options;
    this.#capacity = options.capacity ?? 100;
    this.#queue = order === "ordered" ? new OrderedQueue() : new UnorderedQueue();
  }

  get userFunction(): unknown {
    return this.#function;
  }

  open(context: OperatorContext): void {
    this.#context = context;
    this.#function.open?.(runtimeContext(context));
    this.#atWork = context.state.valueTable<Stored<IN>>(AT_WORK, 1);
    const sequences = ([...this.#atWork.keys()] as number[]).sort((a, b) => a - b);
    for (const sequence of sequences) {
      const { value, timestampMs } = this.#atWork.get(NO_NAMESPACE, sequence)!;
      this.#enqueue(new AsyncCall(sequence, value, timestampMs ?? NO_TIMESTAMP));
      this.#sequence = sequence + 1;
    }
  }

  close(): void | Promise<void> {
    for (const call of this.#called) call.abandon();
    return this.#function.close?.();
  }

  processElement({ value, timestampMs }: StreamRecord<IN>): void {
    const sequence = this.#sequence++;
    const stored = { value, timestampMs: timestampMs === NO_TIMESTAMP ? null : timestampMs };
    this.#atWork.set(NO_NAMESPACE, sequence, sequence, stored);
    const call = new AsyncCall<IN, OUT>(sequence, value, timestampMs);
    // A function further on may still throw: so the call itself is made between batches, and not at all if the record dies.
    this.#context.journal.log(call, undefined);
    this.#context.trace.keep(call);
    this.#enqueue(call);
  }

  get pending(): number {
    return this.#queue.size;
  }

  get full(): boolean {
    return this.#queue.size >= this.#capacity;
  }

  get nextTimeMs(): number {
    const [first] = this.#called;
    return Math.min(
      first?.deadlineMs ?? Number.POSITIVE_INFINITY,
      this.#retries.peek()?.timeMs ?? Number.POSITIVE_INFINITY,
    );
  }

  takeWatermark(watermarkMs: number): void {
    if (this.#queue.size === 0) this.#context.emitWatermark(watermarkMs);
    else this.#queue.addWatermark(watermarkMs);
  }

  emitReady(output: Output<OUT>): void {
    this.#lookAtClock();
    this.#callWaiting();
    for (let next = this.#queue.take(); next !== undefined; next = this.#queue.take()) {
      if (typeof next === "number") {
        this.#context.emitWatermark(next);
        if (this.#context.isPaused) break;
        continue;
      }
      const { sequence, timestampMs } = next;
      // Its record is counted where it died.
      if (next.takenBack) continue;
      this.#context.asRecord(next, () => {
        for (const result of next.results()) output.collect(result, timestampMs);
      });
      this.#atWork.set(NO_NAMESPACE, sequence, sequence, undefined);
    }
    this.#callWaiting();
  }

  onDone(call: AsyncCall<IN, OUT>): void {
    this.#called.delete(call);
    this.#queue.onDone(call);
    this.#context.wake();
  }

  onRetry(call: AsyncCall<IN, OUT>, delayMs: number): void {
    this.#retries.push({ call, timeMs: this.#context.monotonicMs() + delayMs });
    // The job's loop has to learn the new time.
    this.#context.wake();
  }

  #enqueue(call: AsyncCall<IN, OUT>): void {
    this.#queue.add(call);
    this.#waiting.push(call);
  }

  #callWaiting(): void {
    // Results that wait for those before them count as well, as in Flink.
    while (this.#waiting.size > 0 && this.#queue.size - this.#waiting.size < this.#capacity) {
      const call = this.#waiting.shift()!;
      if (call.takenBack) {
        call.skip(this);
        continue;
      }
      call.deadlineMs = this.#context.monotonicMs() + this.#options.timeoutMs;
      this.#called.add(call);
      call.invoke(this.#function, this.#options.retry, this);
    }
  }

  /** Ends calls whose time is over, and makes those again that have waited long enough. */
  #lookAtClock(): void {
    const now = this.#context.monotonicMs();
    if (this.nextTimeMs > now) return;
    for (const call of this.#called) {
      if (call.deadlineMs > now) break;
      call.timeOut(this.#options, this);
    }
    for (let next = this.#retries.peek(); next !== undefined && next.timeMs <= now; next = this.#retries.peek()) {
      this.#retries.pop();
      next.call.invoke(this.#function, this.#options.retry, this);
    }
  }
}

interface Retry<IN, OUT> {
  readonly call: AsyncCall<IN, OUT>;
  readonly timeMs: number;
}
