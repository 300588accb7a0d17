import { AsyncWaitOperator } from "../operators/async/async_wait.ts";
import type { AsyncFunction, AsyncWaitOptions, RichAsyncFunction } from "../functions/async_function.ts";
import { checkFunction, checkHas } from "./checks.ts";
import type { DataStream, SingleOutputStreamOperator } from "./data_stream.ts";

/**
 * Calls a service or a database for each record of a stream, with many calls open at a time.
 *
 * Both methods take a function that returns a promise of an array of results, which get their record's timestamp, and
 * `{ timeoutMs, capacity, retry, onTimeout }`. If the promise rejects, unless `retry` makes another call, or has not settled
 * in time, unless `onTimeout` returns other results, the record has failed: what happens then is the job's `onError` (in Flink
 * the job fails).
 *
 * Results are emitted exactly once, also after a crash: records with open calls are kept in the commit (so they must survive
 * JSON), and their calls are made again. At the end of a bounded input all calls are awaited, with the pauses before retries
 * (Flink makes one last call at once).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { AsyncDataStream, StreamExecutionEnvironment } from "@stream-apps/deno";
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
 * Emits results in the order of the records: a slow call delays the results behind it.
 * @throws {TypeError|RangeError} if an option is not what {@link AsyncWaitOptions} describes
 */
function orderedWait<IN, OUT>(
  stream: DataStream<IN>,
  asyncFunction: AsyncFunction<IN, OUT> | RichAsyncFunction<IN, OUT>,
  options: AsyncWaitOptions<IN, OUT>,
): SingleOutputStreamOperator<OUT> {
  return asyncWait("ordered", stream, asyncFunction, options);
}

/**
 * Emits results as soon as they are there. Watermarks keep their places: a result of a record before a watermark is emitted
 * before it, a result of a record behind it after it. Watermarks that arrive while one waits are merged into one, so that not
 * every watermark orders the records around it.
 * @throws {TypeError|RangeError} if an option is not what {@link AsyncWaitOptions} describes
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
