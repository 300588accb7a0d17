/** Lets things happen at the same time, or one of them while nothing else does. */
export class Gate {
  readonly #inside = new Set<Promise<unknown>>();
  #alone: Promise<unknown> | undefined;

  /** Whether something happens alone, or waits to. */
  get closed(): boolean {
    return this.#alone !== undefined;
  }

  /** @param alone waits until all others are over, and lets no other begin meanwhile */
  async pass<T>(alone: boolean, act: () => Promise<T>): Promise<T> {
    while (this.#alone !== undefined) await this.#alone;
    const over = Promise.withResolvers<void>();
    if (alone) {
      this.#alone = over.promise;
      await Promise.all(this.#inside);
    } else this.#inside.add(over.promise);
    try {
      return await act();
    } finally {
      if (alone) this.#alone = undefined;
      else this.#inside.delete(over.promise);
      over.resolve();
    }
  }
}
