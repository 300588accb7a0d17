import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { AsyncDataStream } from "../../../src/engine/api/async_data_stream.ts";
import { StreamExecutionEnvironment } from "../../../src/engine/api/environment.ts";
import { OperatorError } from "../../../src/engine/errors.ts";
import type { AsyncContext, RichAsyncFunction } from "../../../src/engine/functions/async_function.ts";
import { ManualClock } from "../../../src/engine/testing/manual_clock.ts";

/** A job whose clock stands still, and sleeps only until it is woken. */
function newEnv(): StreamExecutionEnvironment {
  const clock = new ManualClock();
  clock.onSleep = () => {};
  return new StreamExecutionEnvironment({ clock });
}

const newStream = () => newEnv().fromCollection(["a", "bb", "ccc"]);
const options = { timeoutMs: 1_000 };

/** The length of each of three texts, once all are asked for and the last one first. */
function lastFirst(): (text: string) => Promise<number[]> {
  const answers: (() => void)[] = [];
  return (text) => {
    const { promise, resolve } = Promise.withResolvers<number[]>();
    answers.unshift(() => resolve([text.length]));
    if (answers.length === 3) queueMicrotask(() => answers.forEach((answer) => answer()));
    return promise;
  };
}

Deno.test("orderedWait() gives what calls come to in the order of the records", async () => {
  const lengths = AsyncDataStream.orderedWait(newStream(), lastFirst(), options);

  assertEquals(await lengths.executeAndCollect(), [1, 2, 3]);
});

Deno.test("unorderedWait() gives them as they come", async () => {
  const lengths = AsyncDataStream.unorderedWait(newStream(), lastFirst(), options);

  assertEquals(await lengths.executeAndCollect(), [3, 2, 1]);
});

Deno.test("orderedWait() takes an object with open() and close(), anew for each run", async () => {
  class Lookup implements RichAsyncFunction<string, string> {
    opened = 0;
    closed = 0;
    open() {
      this.opened++;
    }
    // deno-lint-ignore require-await
    async asyncInvoke(text: string, _context: AsyncContext) {
      return [text, `${text} of ${this.opened}`].slice(0, text.length);
    }
    close() {
      this.closed++;
    }
  }
  const lookup = new Lookup();
  const stream = AsyncDataStream.orderedWait(newStream(), lookup, options);

  assertEquals(await stream.executeAndCollect(), ["a", "bb", "bb of 1", "ccc", "ccc of 1"]);
  assertEquals([lookup.opened, lookup.closed], [1, 1]);
  assertEquals((await stream.executeAndCollect()).at(-1), "ccc of 2");
});

Deno.test("orderedWait() forgets the key of a keyed stream, whose records come as they are", async () => {
  const keyed = newStream().keyBy((text) => text.length);
  const stream = AsyncDataStream.orderedWait(keyed, (text) => Promise.resolve([text]), options);

  assertEquals(await stream.executeAndCollect(), ["a", "bb", "ccc"]);
});

Deno.test("orderedWait() fails the job with a call that fails, by its name", async () => {
  const stream = AsyncDataStream.orderedWait(
    newStream(),
    (text) => (text === "bb" ? Promise.reject(new RangeError("too long")) : Promise.resolve([text])),
    options,
  ).name("lookup").uid("lookup-1");

  await assertRejects(
    () => stream.executeAndCollect(),
    OperatorError,
    'Operator "lookup" failed: RangeError: too long',
  );
});

Deno.test("orderedWait() and unorderedWait() keep types from one end to the other", () => {
  const stream = newStream();
  const lengths = AsyncDataStream.unorderedWait(stream, (text) => Promise.resolve([text.length]), options);
  lengths.map((length) => length.toFixed());
  // @ts-expect-error: the function takes the stream's records
  AsyncDataStream.orderedWait(stream, (n: number) => Promise.resolve([n]), options);
  // @ts-expect-error: a text is no array of results
  AsyncDataStream.orderedWait(stream, (text) => Promise.resolve(text), options);
  // @ts-expect-error: what onTimeout() gives is of one type with what the function gives
  AsyncDataStream.orderedWait(stream, (text) => Promise.resolve([text.length]), { ...options, onTimeout: () => ["?"] });
});

Deno.test("orderedWait() and unorderedWait() refuse what they cannot use, at the line that was written", () => {
  class Lookup {
    asyncInvoke(text: string): Promise<string[]> {
      return Promise.resolve([text]);
    }
    async open(): Promise<void> {}
  }
  const lookup = (text: string) => Promise.resolve([text]);
  const cases: readonly [unknown, unknown, typeof TypeError | typeof RangeError, string][] = [
    ["lookup", options, TypeError, "it takes a function, or an object, which has asyncInvoke()"],
    [Lookup, options, TypeError, "it was given a class: write new Lookup()"],
    [new Lookup(), options, TypeError, "open() is async, and nothing waits for it"],
    [lookup, undefined, RangeError, "as timeoutMs must be > 0: current value is undefined"],
    [lookup, { timeoutMs: 0 }, RangeError, "as timeoutMs must be > 0: current value is 0"],
    [lookup, { ...options, capacity: 0 }, RangeError, "as capacity must be a whole number > 0: current value is 0"],
    [lookup, { ...options, capacity: 1.5 }, RangeError, "as capacity must be a whole number > 0: current value is 1.5"],
    [lookup, { ...options, retry: {} }, TypeError, "it takes a retry strategy, which has canRetry()"],
    [lookup, { ...options, onTimeout: "x" }, TypeError, "it takes a function, it was given string"],
  ];
  for (const method of ["orderedWait", "unorderedWait"] as const) {
    for (const [given, options, type, message] of cases) {
      const describe = () =>
        AsyncDataStream[method](newStream(), given as typeof lookup, options as { timeoutMs: number });
      const error = assertThrows(describe, type) as Error;
      assertEquals(
        error.message.includes(`Cannot describe ${method}(`) && error.message.includes(message),
        true,
        error.message,
      );
    }
  }
});
