import type { AsyncContext, AsyncFunction } from "../../src/engine/functions/async_function.ts";

/** A call that waits for its answer. */
export interface OpenCall<IN, OUT> {
  readonly input: IN;
  readonly signal: AbortSignal;
  answer(...results: OUT[]): void;
  refuse(error: unknown): void;
}

/** An asynchronous function whose calls the test answers. */
export class AsyncCalls<IN, OUT> {
  /** All there were, in order. */
  readonly inputs: IN[] = [];
  /** Those without an answer. */
  readonly open: OpenCall<IN, OUT>[] = [];

  readonly function: AsyncFunction<IN, OUT> = (input: IN, context: AsyncContext) => {
    const { promise, resolve, reject } = Promise.withResolvers<readonly OUT[]>();
    const close = () => void this.open.splice(this.open.indexOf(call), 1);
    const call: OpenCall<IN, OUT> = {
      input,
      signal: context.signal(),
      answer: (...results) => {
        close();
        resolve(results);
      },
      refuse: (error) => {
        close();
        reject(error);
      },
    };
    this.inputs.push(input);
    this.open.push(call);
    return promise;
  };

  /** The oldest call for `input` without an answer. */
  of(input: IN): OpenCall<IN, OUT> {
    const call = this.open.find((call) => call.input === input);
    if (call === undefined) throw new Error(`Nobody asks for ${input}`);
    return call;
  }
}

/** Lets settled promises wake those who wait for them. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
}
