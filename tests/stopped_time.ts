/** Stops the machine's time of day until it is disposed of; the test moves it. */
export class StoppedTime implements Disposable {
  nowMs = Date.UTC(2024, 2, 1, 12);
  readonly #now = Date.now;

  constructor() {
    Date.now = () => this.nowMs;
  }

  [Symbol.dispose](): void {
    Date.now = this.#now;
  }
}
