/** A record at work, as a queue sees it. */
export interface Queued {
  /** Whether its results are there. */
  readonly done: boolean;
  /** For {@link UnorderedQueue}. */
  segment?: Segment;
}

/** Records at work and the watermarks between them: decides what may go on. */
export interface AsyncWaitQueue<C extends Queued> {
  /** Records in it. */
  readonly size: number;
  add(call: C): void;
  /** Behind all that is in it. */
  addWatermark(watermarkMs: number): void;
  /** To be called when a record in it is done. */
  onDone(call: C): void;
  /** Takes out what may go on next: a record that is done or a watermark; undefined if nothing may. */
  take(): C | number | undefined;
}

/** All in the order in which they came. @see Flink: OrderedStreamElementQueue */
export class OrderedQueue<C extends Queued> implements AsyncWaitQueue<C> {
  size = 0;
  readonly #items = new Fifo<C | number>();

  add(call: C): void {
    this.#items.push(call);
    this.size++;
  }

  addWatermark(watermarkMs: number): void {
    this.#items.push(watermarkMs);
  }

  onDone(): void {}

  take(): C | number | undefined {
    const { first } = this.#items;
    if (first === undefined) return undefined;
    if (typeof first !== "number") {
      if (!first.done) return undefined;
      this.size--;
    }
    return this.#items.shift();
  }
}

/**
 * Records in the order in which they are done. None goes past a watermark, nor a watermark past a record.
 *
 * At most one watermark stands in it: those that come meanwhile are gathered into one, behind the records of that time. Here
 * nearly every record brings a watermark (in Flink one comes each 200 ms), and each as a bound of its own would keep the
 * order as it is.
 * @see Flink: UnorderedStreamElementQueue
 */
export class UnorderedQueue<C extends Queued> implements AsyncWaitQueue<C> {
  size = 0;
  #front = new Segment<C>();
  #back = new Segment<C>();
  /** Stands between the two; undefined: all records are in the first. */
  #boundMs: number | undefined;
  /** Stands behind both. */
  #gatheredMs: number | undefined;

  add(call: C): void {
    const segment = this.#boundMs === undefined ? this.#front : this.#back;
    call.segment = segment;
    segment.open++;
    this.size++;
  }

  addWatermark(watermarkMs: number): void {
    if (this.#boundMs === undefined) this.#boundMs = watermarkMs;
    else this.#gatheredMs = watermarkMs;
  }

  onDone(call: C): void {
    const segment = call.segment as Segment<C>;
    segment.open--;
    segment.done.push(call);
  }

  take(): C | number | undefined {
    const call = this.#front.done.shift();
    if (call !== undefined) {
      this.size--;
      return call;
    }
    const boundMs = this.#boundMs;
    if (boundMs === undefined || this.#front.open > 0) return undefined;
    [this.#front, this.#back] = [this.#back, this.#front];
    this.#boundMs = this.#gatheredMs;
    this.#gatheredMs = undefined;
    return boundMs;
  }
}

/** Records between two watermarks. */
export class Segment<C = unknown> {
  /** How many are not done. */
  open = 0;
  readonly done = new Fifo<C>();
}

/** First in, first out; `Array.shift()` would cost the array's length. */
export class Fifo<T> {
  #items: T[] = [];
  #next = 0;

  get size(): number {
    return this.#items.length - this.#next;
  }

  get first(): T | undefined {
    return this.#items[this.#next];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    if (this.size === 0) return undefined;
    const item = this.#items[this.#next++];
    if (this.#next > 64 && this.#next * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#next);
      this.#next = 0;
    }
    return item;
  }
}
