/** Lines of a stream, one after the other, as they are asked for. */
export class Lines<L extends string> {
  readonly #waiting: (L | undefined)[] = [];
  #news = Promise.withResolvers<void>();
  #onNext: (() => void) | undefined;

  constructor(stream: ReadableStream<Uint8Array>) {
    void this.#read(stream);
  }

  /** Takes the next line. @returns undefined at the end of the stream, and when the signal is aborted */
  async next(signal: AbortSignal): Promise<L | undefined> {
    const aborted = Promise.withResolvers<void>();
    const onAbort = () => aborted.resolve();
    signal.addEventListener("abort", onAbort);
    try {
      while (this.#waiting.length === 0 && !signal.aborted) await Promise.race([this.#news.promise, aborted.promise]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
    // The end stays the end.
    return signal.aborted ? undefined : this.#waiting.length > 1 ? this.#waiting.shift() : this.#take();
  }

  /** Calls `listener` once, when there is a next line or the end; at once if there is. */
  onNext(listener: () => void): void {
    if (this.#waiting.length > 0) listener();
    else this.#onNext = listener;
  }

  #take(): L | undefined {
    const [line] = this.#waiting;
    if (line !== undefined) this.#waiting.shift();
    return line;
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    let rest = "";
    const texts = stream.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>);
    for await (const text of texts) {
      const lines = `${rest}${text}`.split("\n");
      rest = lines.pop()!;
      for (const line of lines) this.#add(line as L);
    }
    this.#add(undefined);
  }

  #add(line: L | undefined): void {
    this.#waiting.push(line);
    const news = this.#news;
    this.#news = Promise.withResolvers();
    news.resolve();
    const listener = this.#onNext;
    this.#onNext = undefined;
    listener?.();
  }
}
