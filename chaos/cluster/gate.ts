/** Runs actions at the same time, or one of them alone. */
export class Gate {
  readonly #inside = new Set<Promise<unknown>>();
  #alone: Promise<unknown> | undefined;

  /** Whether an action runs alone, or waits to. */
  get closed(): boolean {
    return this.#alone !== undefined;
  }

  /** @param alone waits until all other actions have ended, and lets no other begin meanwhile */
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
