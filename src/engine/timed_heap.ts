/**
 * Items by their times, and those of one time by their orders: the first one is at hand.
 *
 * Times lie in an array of numbers and not in objects: an item costs no object of its own, and most comparisons look at no item.
 */
export class TimedHeap<T> {
  readonly #times: number[] = [];
  readonly #orders: number[] = [];
  readonly #items: T[] = [];

  get firstTimeMs(): number | undefined {
    return this.#times[0];
  }

  get firstOrder(): number | undefined {
    return this.#orders[0];
  }

  get first(): T | undefined {
    return this.#items[0];
  }

  push(timeMs: number, order: number, item: T): void {
    let at = this.#times.length;
    this.#times.push(timeMs);
    this.#orders.push(order);
    this.#items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBehind(parent, timeMs, order)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, timeMs, order, item);
  }

  /** Removes the first item. */
  pop(): T | undefined {
    const first = this.#items[0];
    const timeMs = this.#times.pop();
    const order = this.#orders.pop();
    const last = this.#items.pop();
    if (this.#times.length > 0) this.#sinkFromTop(timeMs!, order!, last!);
    return first;
  }

  /** Moves the first item to a later place. */
  moveFirst(timeMs: number, order: number): void {
    this.#sinkFromTop(timeMs, order, this.#items[0]!);
  }

  #sinkFromTop(timeMs: number, order: number, item: T): void {
    const size = this.#times.length;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#isBehind(child, this.#times[child + 1]!, this.#orders[child + 1]!)) child++;
      if (this.#isBehind(child, timeMs, order)) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(at, timeMs, order, item);
  }

  /** Whether what stands there comes after that time and order. */
  #isBehind(at: number, timeMs: number, order: number): boolean {
    const its = this.#times[at]!;
    return its > timeMs || (its === timeMs && this.#orders[at]! > order);
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#times[from]!, this.#orders[from]!, this.#items[from]!);
  }

  #put(at: number, timeMs: number, order: number, item: T): void {
    this.#times[at] = timeMs;
    this.#orders[at] = order;
    this.#items[at] = item;
  }
}
