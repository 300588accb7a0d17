import { AsyncWaitOperator } from "../operators/async/async_wait.ts";
import type { AsyncFunction, AsyncWaitOptions, RichAsyncFunction } from "../functions/async_function.ts";
import { checkFunction, checkHas } from "./checks.ts";
import type { DataStream, SingleOutputStreamOperator } from "./data_stream.ts";

/**
 * Asks something outside about each record of a stream, a service or a database, with many calls on their way at a time.
 *
 * Both methods take a function that returns a promise of an array of results, each of which gets its record's timestamp, and
 * `{ timeoutMs, capacity, retry, onTimeout }`. What is thrown is an error at the record, unless `retry` says to ask again; so
 * is it to have no results in time, unless `onTimeout` gives others. The job's `onError` decides then (in Flink the job fails).
 *
 * Results come exactly once, also after a crash: records at work are kept in the commit (so they must survive JSON), and their
 * calls are made again. The end of a bounded input waits for all of them, pauses before a retry included (Flink makes one last
 * call at once).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { AsyncDataStream } from "./async_data_stream.ts";
 * import { StreamExecutionEnvironment } from "./environment.ts";
 *
 * const lookUp = (iata: string) => Promise.resolve(iata === "ATL" ? ["Atlanta"] : []);
 *
 * const airports = new StreamExecutionEnvironment().fromCollection(["ATL", "XXX"]);
 * const cities = AsyncDataStream.orderedWait(airports, lookUp, { timeoutMs: 1_000 });
 * assertEquals(await cities.executeAndCollect(), ["Atlanta"]);
 * ```
 * @see Flink: AsyncDataStream
 */
export const AsyncDataStream = { orderedWait, unorderedWait } as const;

/**
 * Results in the order of the records: one that takes long holds up those behind it.
 * @throws {TypeError|RangeError} if the options are not as {@link AsyncWaitOptions} says
 */
function orderedWait<IN, OUT>(
  stream: DataStream<IN>,
  asyncFunction: AsyncFunction<IN, OUT> | RichAsyncFunction<IN, OUT>,
  options: AsyncWaitOptions<IN, OUT>,
): SingleOutputStreamOperator<OUT> {
  return asyncWait("ordered", stream, asyncFunction, options);
}

/**
 * Results as they come. Event time keeps its place: none of a record before a watermark comes after it, nor the other way
 * round. Watermarks that come while one waits are gathered into one, else each would keep the records around it in order.
 * @throws {TypeError|RangeError} likewise
 */
function unorderedWait<IN, OUT>(
  stream: DataStream<IN>,
  asyncFunction: AsyncFunction<IN, OUT> | RichAsyncFunction<IN, OUT>,
  options: AsyncWaitOptions<IN, OUT>,
): SingleOutputStreamOperator<OUT> {
  return asyncWait("unordered", stream, asyncFunction, options);
}

function asyncWait<IN, OUT>(
  order: "ordered" | "unordered",
  stream: DataStream<IN>,
  asyncFunction: AsyncFunction<IN, OUT> | RichAsyncFunction<IN, OUT>,
  options: AsyncWaitOptions<IN, OUT>,
): SingleOutputStreamOperator<OUT> {
  const method = `${order}Wait`;
  const rich = typeof asyncFunction === "function" ? { asyncInvoke: asyncFunction } : asyncFunction;
  checkRich(method, rich);
  checkOptions(method, options);
  return stream.transform(`async wait, ${order}`, () => new AsyncWaitOperator(order, rich, options));
}

function checkRich<IN, OUT>(method: string, rich: RichAsyncFunction<IN, OUT>): void {
  checkHas(method, "a function, or an object", rich, "asyncInvoke");
  const { asyncInvoke, open } = rich;
  if (typeof asyncInvoke.prototype?.asyncInvoke === "function") {
    throw new TypeError(`Cannot describe ${method}(): it was given a class: write new ${asyncInvoke.name}()`);
  }
  if (open?.constructor.name === "AsyncFunction") {
    throw new TypeError(
      `Cannot describe ${method}(): open() is async, and nothing waits for it; keep its promise and await it in asyncInvoke()`,
    );
  }
}

function checkOptions<IN, OUT>(method: string, options: AsyncWaitOptions<IN, OUT>): void {
  const { timeoutMs, capacity = 1, retry, onTimeout } = options ?? {};
  if (!(timeoutMs > 0)) {
    throw new RangeError(`Cannot describe ${method}() as timeoutMs must be > 0: current value is ${timeoutMs}`);
  }
  if (!(Number.isInteger(capacity) && capacity > 0)) {
    throw new RangeError(
      `Cannot describe ${method}() as capacity must be a whole number > 0: current value is ${capacity}`,
    );
  }
  if (retry !== undefined) checkHas(method, "a retry strategy", retry, "canRetry");
  if (onTimeout !== undefined) checkFunction(`${method}({ onTimeout })`, onTimeout);
}
