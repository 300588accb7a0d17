import { assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { StreamExecutionEnvironment } from "../../../src/engine/api/environment.ts";
import { OperatorError } from "../../../src/engine/errors.ts";
import { CollectionSource } from "../../../src/engine/sources/collection_source.ts";
import { FunctionSink, type FunctionSinkOptions, type SinkFunction } from "../../../src/engine/sinks/function_sink.ts";
import type { SinkWriter } from "../../../src/engine/sink.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { SteppedJob } from "../stepped_job.ts";
import { sinkContext } from "../sink_context.ts";

function open<T>(fn: SinkFunction<T>, options?: FunctionSinkOptions): Promise<SinkWriter<T>> {
  return new FunctionSink(fn, options).open(sinkContext());
}

/** A function whose promises the test settles. */
class Calls {
  readonly begun: string[] = [];
  readonly ended: string[] = [];
  readonly #settlers = new Map<string, PromiseWithResolvers<void>>();

  readonly fn = (value: string): Promise<void> => {
    this.begun.push(value);
    const settlers = Promise.withResolvers<void>();
    this.#settlers.set(value, settlers);
    return settlers.promise.then(() => void this.ended.push(value));
  };

  async end(value: string): Promise<void> {
    this.#settlers.get(value)!.resolve();
    await turn();
  }

  async fail(value: string, error: Error): Promise<void> {
    this.#settlers.get(value)!.reject(error);
    await turn();
  }
}

async function turn(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/** Whether a promise is settled, later. */
function watch(promise: void | Promise<void>): { done: boolean } {
  const state = { done: false };
  Promise.resolve(promise).then(() => state.done = true, () => state.done = true);
  return state;
}

Deno.test("FunctionSink calls its function at once for each record, in order, with its time", async () => {
  const seen: unknown[] = [];
  const writer = await open((value: string, timestampMs) => void seen.push([value, timestampMs]));
  writer.write("a", 1);
  writer.write("b", 2);

  assertEquals(seen, [["a", 1], ["b", 2]]);
  assertStrictEquals(writer.flush!(), undefined); // nothing to wait for
});

Deno.test("FunctionSink begins a call when the one before has ended, and flush() waits for all", async () => {
  const calls = new Calls();
  const writer = await open(calls.fn);
  for (const value of ["a", "b", "c"]) writer.write(value, 0);
  assertEquals(calls.begun, ["a"]);
  const flushed = watch(writer.flush!());
  await turn();
  assertEquals([calls.begun, flushed.done], [["a"], false]);
  await calls.end("a");
  assertEquals([calls.begun, flushed.done], [["a", "b"], false]);
  await calls.end("b");
  assertEquals([calls.begun, flushed.done], [["a", "b", "c"], false]);
  await calls.end("c");

  assertEquals([calls.ended, flushed.done], [["a", "b", "c"], true]);
});

Deno.test("maxInFlight: so many promises are unsettled at a time, and calls begin in the order of the records", async () => {
  const calls = new Calls();
  const writer = await open(calls.fn, { maxInFlight: 2 });
  for (const value of ["a", "b", "c", "d"]) writer.write(value, 0);
  const flushed = watch(writer.flush!());
  await turn();
  assertEquals(calls.begun, ["a", "b"]);
  await calls.end("b");
  assertEquals(calls.begun, ["a", "b", "c"]);
  await calls.end("c");
  await calls.end("d");
  assertEquals(flushed.done, false);
  await calls.end("a");

  assertEquals([calls.ended, flushed.done], [["b", "c", "d", "a"], true]);
});

Deno.test("a call that waits for its turn is not overtaken by a later record", async () => {
  const calls = new Calls();
  const writer = await open(calls.fn);
  writer.write("a", 0);
  writer.write("b", 0);
  await calls.end("a");
  writer.write("c", 0);
  assertEquals(calls.begun, ["a"]);
  const flushed = watch(writer.flush!());
  await turn();
  await calls.end("b");
  await calls.end("c");

  assertEquals([calls.begun, flushed.done], [["a", "b", "c"], true]);
});

Deno.test("what the function throws is thrown by write(), where it has a record", async () => {
  const writer = await open((value: string) => {
    if (value === "bad") throw new RangeError("no such city");
  });
  writer.write("a", 0);
  assertThrows(() => writer.write("bad", 0), RangeError, "no such city");
  writer.write("b", 0);

  assertStrictEquals(writer.flush!(), undefined);
});

Deno.test("a promise that rejects is thrown by flush(), the first one if there are several, and no call begins after it", async () => {
  const calls = new Calls();
  const writer = await open(calls.fn, { maxInFlight: 2 });
  for (const value of ["a", "b", "c"]) writer.write(value, 0);
  await calls.fail("b", new Error("b is refused")); // before anybody waits
  await calls.fail("a", new Error("a is refused"));
  writer.write("d", 0);

  await assertRejects(async () => await writer.flush!(), Error, "b is refused");
  assertEquals(calls.begun, ["a", "b"]);
});

Deno.test("close() waits for calls that have begun, whatever becomes of them, and begins no other", async () => {
  const calls = new Calls();
  const writer = await open(calls.fn);
  writer.write("a", 0);
  writer.write("b", 0);
  const closed = watch(writer.close!());
  await turn();
  assertEquals(closed.done, false);
  await calls.fail("a", new Error("a is refused"));

  assertEquals([closed.done, calls.begun], [true, ["a"]]);
});

Deno.test("a job commits its position when the function's promises are settled, and repeats what they rejected", async () => {
  const seen: number[] = [];
  let fails = true;
  const job = new SteppedJob((env) => {
    const sink = new FunctionSink(async (value: number) => {
      await Promise.resolve();
      if (value === 3 && fails) throw new Error("3 is refused");
      seen.push(value);
    });
    env.fromSource(new CollectionSource([1, 2, 3, 4]), WatermarkStrategy.noWatermarks<number>(), "numbers").sinkTo(
      sink,
    );
  });
  await assertRejects(() => job.execute({ onError: "fail" }), Error, "3 is refused");
  assertEquals(seen, [1, 2]);
  fails = false;
  await job.execute();

  assertEquals(seen, [1, 2, 1, 2, 3, 4]);
});

Deno.test("a row that is refused later is a dead letter of its own, and those behind it come out", async () => {
  const seen: number[] = [];
  const job = new SteppedJob((env) => {
    // The first call is made in write(), the others wait for their turn; 4 throws there, 3 rejects.
    const sink = new FunctionSink((value: number) => {
      if (value === 4) throw new RangeError("4 is too much");
      return Promise.resolve().then(() => {
        if (value % 3 === 0) throw new Error(`${value} is refused`);
        seen.push(value);
      });
    });
    env.fromSource(new CollectionSource([3, 1, 3, 4, 5]), WatermarkStrategy.noWatermarks<number>(), "numbers").sinkTo(
      sink,
    )
      .name("rows");
  });
  const { books } = await job.run();

  assertEquals(seen, [1, 5]);
  assertEquals(
    job.store.letters.map((
      { operator, errorClass, message, value, origin },
    ) => [operator, errorClass, message, value, origin]),
    [
      ["rows", "Error", "3 is refused", 3, undefined],
      ["rows", "Error", "3 is refused", 3, undefined],
      ["rows", "RangeError", "4 is too much", 4, undefined],
    ],
  );
  assertEquals([books.recordsIn, books.recordsOut, books.dead], [5, 2, 3]);
});

Deno.test("an error that says that trying again can help is no record's: the job fails, and no other call begins", async () => {
  const seen: number[] = [];
  let isAway = true;
  const away = Object.assign(new Error("the database is away"), { retriable: true });
  const job = new SteppedJob((env) => {
    const sink = new FunctionSink((value: number) => {
      seen.push(value);
      if (value !== 2 || !isAway) return Promise.resolve();
      isAway = false;
      return Promise.reject(away);
    });
    env.fromSource(new CollectionSource([1, 2, 3]), WatermarkStrategy.noWatermarks<number>(), "numbers").sinkTo(sink);
  });
  // What can heal is tried again, from the last commit.
  await job.execute({ bounded: true }, () => {}, () => {});

  assertEquals([seen, job.store.letters], [[1, 2, 1, 2, 3], []]);
});

Deno.test("an error that says that trying again can help makes no dead letter, also when it is thrown at once", async () => {
  const seen: number[] = [];
  let isAway = true;
  const job = new SteppedJob((env) => {
    const sink = new FunctionSink((value: number) => {
      if (value === 2 && isAway) {
        isAway = false;
        throw Object.assign(new Error("the database is away"), { retriable: true });
      }
      seen.push(value);
    });
    env.fromSource(new CollectionSource([1, 2, 3]), WatermarkStrategy.noWatermarks<number>(), "numbers").sinkTo(sink);
  });
  await job.execute({ bounded: true }, () => {}, () => {});

  assertEquals([seen, job.store.letters], [[1, 1, 2, 3], []]);
});

Deno.test("FunctionSink is part of no commit, and is called what its function is", () => {
  function post(): void {}

  assertEquals([new FunctionSink(post).exactlyOnceWith(), new FunctionSink(post).description], [
    false,
    'function "post"',
  ]);
  assertEquals(new FunctionSink(() => {}).description, "a function");
});

Deno.test("FunctionSink refuses what it cannot call, and no promise at all", () => {
  assertThrows(
    () => new FunctionSink("post" as never),
    TypeError,
    "Cannot create a function sink as it needs a function: current value is post",
  );
  for (const maxInFlight of [0, 1.5, NaN]) {
    assertThrows(
      () => new FunctionSink(() => {}, { maxInFlight }),
      RangeError,
      `Cannot create a function sink as maxInFlight must be a whole number >= 1: current value is ${maxInFlight}`,
    );
  }
});

Deno.test("takeBack() keeps back calls that have not been made", async () => {
  const seen: number[] = [];
  const writer = await new FunctionSink<number>((n) => {
    seen.push(n);
    return Promise.resolve();
  }).open(sinkContext());
  for (const n of [1, 2, 3, 4]) writer.write(n, 0);
  writer.takeBack!(2);
  writer.write(5, 0);
  writer.takeBack!(9);
  writer.write(6, 0);
  await writer.flush!();

  assertEquals(seen, [1, 6]);
});

Deno.test("FunctionSink fails the job with the sink's name when its promise is rejected", async () => {
  const env = new StreamExecutionEnvironment();
  env.fromCollection([1]).sinkTo(new FunctionSink(() => Promise.reject(new Error("the server is full")))).name("posts");
  await assertRejects(() => env.execute(), OperatorError, 'Operator "posts" failed: Error: the server is full');
});
