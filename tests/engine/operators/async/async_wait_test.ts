import { assert, assertEquals, assertThrows } from "@std/assert";
import { OperatorError } from "../../../../src/engine/errors.ts";
import { AsyncWaitOperator } from "../../../../src/engine/operators/async/async_wait.ts";
import type {
  AsyncContext,
  AsyncWaitOptions,
  RichAsyncFunction,
} from "../../../../src/engine/functions/async_function.ts";
import type { RuntimeContext } from "../../../../src/engine/functions/functions.ts";
import { AsyncRetryStrategies } from "../../../../src/engine/functions/async_retry_strategies.ts";
import { MAX_WATERMARK, NO_TIMESTAMP } from "../../../../src/engine/record.ts";
import type { ErrorPolicy } from "../../../../src/engine/runtime/error_policy.ts";
import { JOB_ENTRY, type JobRecord, jobText } from "../../../../src/engine/commit_format.ts";
import { AsyncCalls, settled } from "../../async_calls.ts";
import type { Flow } from "../../../../src/engine/testing/probe.ts";
import { OperatorHarness } from "../../../../src/engine/testing/operator_harness.ts";

type Order = "ordered" | "unordered";

/** An operator whose calls the test answers. */
class AsyncRig {
  calls = new AsyncCalls<string, string>();
  rig: OperatorHarness<string, string>;

  constructor(order: Order, options: Partial<AsyncWaitOptions<string, string>> = {}, onError: ErrorPolicy = "fail") {
    // The function of the rig that is at work: a restart gives it new calls.
    const rich = { asyncInvoke: (...args: Parameters<typeof this.calls.function>) => this.calls.function(...args) };
    this.rig = new OperatorHarness(
      () => new AsyncWaitOperator<string, string>(order, rich, { timeoutMs: 1_000, ...options }),
      { name: "lookup", onError },
    );
  }

  /** Records at their own time each: "a1" at 1. */
  records(...values: string[]): this {
    for (const value of values) this.rig.record(value, Number(value.slice(1)));
    return this;
  }

  watermark(watermarkMs: number): this {
    this.rig.watermark(watermarkMs);
    return this;
  }

  /** What the job's loop does between batches. @returns what has come out */
  async turn(): Promise<Flow[]> {
    await settled();
    this.rig.task.emitReady();
    return this.rig.take();
  }

  /** Answers with the upper case of the input. */
  async answer(...inputs: string[]): Promise<Flow[]> {
    for (const input of inputs) this.calls.of(input).answer(input.toUpperCase());
    return await this.turn();
  }

  restart(): void {
    this.calls = new AsyncCalls();
    this.rig = this.rig.restart();
  }

  get pendingResults() {
    return this.rig.task.operator.pendingResults!;
  }
}

const ORDERS: readonly Order[] = ["ordered", "unordered"];

/** One test for both orders. */
function testBoth(name: string, test: (order: Order) => Promise<void>): void {
  for (const order of ORDERS) Deno.test(`${name} (${order})`, () => test(order));
}

// ---------------------------------------------------------------------------------------------------------- order

Deno.test("AsyncWaitOperator gives results in the order of the records when that is asked for", async () => {
  const job = new AsyncRig("ordered").records("a1", "b2", "c3");
  await job.turn();

  assertEquals(await job.answer("c3"), []);
  assertEquals(await job.answer("a1"), [["A1", 1]]);
  assertEquals(await job.answer("b2"), [["B2", 2], ["C3", 3]]);
});

Deno.test("AsyncWaitOperator gives results as they come when that is asked for", async () => {
  const job = new AsyncRig("unordered").records("a1", "b2", "c3");
  await job.turn();

  assertEquals(await job.answer("c3"), [["C3", 3]]);
  assertEquals(await job.answer("b2", "a1"), [["B2", 2], ["A1", 1]]);
});

Deno.test("AsyncWaitOperator gives no result past a watermark, nor a watermark past a record (unordered)", async () => {
  const job = new AsyncRig("unordered").records("a1", "b2").watermark(2).records("c3", "d4").watermark(4);
  await job.turn();

  assertEquals(await job.answer("d4", "b2"), [["B2", 2]]);
  assertEquals(await job.answer("a1"), [["A1", 1], { watermark: 2 }, ["D4", 4]]);
  assertEquals(await job.answer("c3"), [["C3", 3], { watermark: 4 }]);
});

// Else a watermark behind each record would keep the order as it is.
Deno.test("AsyncWaitOperator gathers watermarks behind one that waits (unordered)", async () => {
  const job = new AsyncRig("unordered").records("a1").watermark(1);
  job.records("b2").watermark(2).records("c3").watermark(3);
  await job.turn();
  assertEquals(await job.answer("a1"), [["A1", 1], { watermark: 1 }]);

  // What comes now is behind the watermark 3, which is behind c3.
  job.records("d4").watermark(4);
  await job.turn();
  assertEquals(await job.answer("d4"), []);
  assertEquals(await job.answer("c3"), [["C3", 3]]);
  assertEquals(await job.answer("b2"), [["B2", 2], { watermark: 3 }, ["D4", 4], { watermark: 4 }]);
});

Deno.test("AsyncWaitOperator gives each watermark in its place among the records (ordered)", async () => {
  const job = new AsyncRig("ordered").records("a1").watermark(1).watermark(2).records("b3").watermark(3);
  await job.turn();

  assertEquals(await job.answer("b3", "a1"), [["A1", 1], { watermark: 1 }, { watermark: 2 }, ["B3", 3], {
    watermark: 3,
  }]);
});

testBoth("AsyncWaitOperator hands a watermark on at once when no record is at work", async (order) => {
  const job = new AsyncRig(order).watermark(5);
  assertEquals(job.rig.take(), [{ watermark: 5 }]);

  job.records("a6");
  await job.turn();
  await job.answer("a6");
  assertEquals(job.watermark(6).rig.take(), [{ watermark: 6 }]);
});

testBoth("AsyncWaitOperator holds the end back as well", async (order) => {
  const job = new AsyncRig(order).records("a1").watermark(MAX_WATERMARK);
  await job.turn();

  assertEquals([job.rig.take(), job.pendingResults.pending], [[], 1]);
  assertEquals(await job.answer("a1"), [["A1", 1], { watermark: MAX_WATERMARK }]);
  assertEquals(job.pendingResults.pending, 0);
});

testBoth("AsyncWaitOperator gives several results of a record one after the other, or none", async (order) => {
  const job = new AsyncRig(order).records("a1", "b2", "c3");
  await job.turn();
  job.calls.of("a1").answer("x", "y");
  job.calls.of("b2").answer();
  job.calls.of("c3").answer("z");

  assertEquals(await job.turn(), [["x", 1], ["y", 1], ["z", 3]]);
  assertEquals(job.pendingResults.pending, 0);
});

testBoth("AsyncWaitOperator leaves records without a time without one", async (order) => {
  const job = new AsyncRig(order);
  job.rig.record("a");
  await job.turn();
  assertEquals(job.rig.commit(), [['["state","lookup","at work","",0]', '{"value":"a","timestampMs":null}']]);
  job.restart();
  await job.turn();

  assertEquals(await job.answer("a"), [["A", NO_TIMESTAMP]]);
});

// Seen in Flink: it says at once that it is idle, and what comes then is late where streams come together.
testBoth("AsyncWaitOperator is not idle while records are at work", async (order) => {
  const job = new AsyncRig(order).records("a1").watermark(1);
  await job.turn();
  job.rig.idle(true);
  assertEquals(job.rig.take(), []);
  assertEquals(await job.answer("a1"), [["A1", 1], { watermark: 1 }, "idle"]);

  job.rig.idle(false);
  assertEquals(job.rig.take(), ["active"]);
});

testBoth("AsyncWaitOperator says nothing of an idleness that is over before its records are through", async (order) => {
  const job = new AsyncRig(order).records("a1");
  await job.turn();
  job.rig.idle(true).idle(false);

  assertEquals(await job.answer("a1"), [["A1", 1]]);
});

// ------------------------------------------------------------------------------------------------------- capacity

testBoth("AsyncWaitOperator is full when as many records are at work as its capacity says", async (order) => {
  const job = new AsyncRig(order, { capacity: 2 }).records("a1");
  assertEquals(job.pendingResults.full, false);
  job.records("b2");
  assertEquals(job.pendingResults.full, true);

  await job.turn();
  await job.answer("a1");
  assertEquals(job.pendingResults.full, false);
});

testBoth(
  "AsyncWaitOperator makes no more calls than its capacity when more records come all the same",
  async (order) => {
    const job = new AsyncRig(order, { capacity: 2 }).records("a1", "b2", "c3", "d4");
    await job.turn();
    assertEquals(job.calls.inputs, ["a1", "b2"]);

    await job.answer("a1");
    assertEquals(job.calls.inputs, ["a1", "b2", "c3"]);
    await job.answer("b2", "c3");
    await job.answer("d4");
    assertEquals([job.calls.inputs, job.pendingResults.pending], [["a1", "b2", "c3", "d4"], 0]);
  },
);

// As in Flink, where the queue has the capacity and not the calls.
Deno.test("AsyncWaitOperator counts results that wait for those before them (ordered)", async () => {
  const job = new AsyncRig("ordered", { capacity: 2 }).records("a1", "b2", "c3");
  await job.turn();
  await job.answer("b2");

  assertEquals(job.calls.inputs, ["a1", "b2"]);
});

Deno.test("AsyncWaitOperator has room for 100 when nothing is said", () => {
  const job = new AsyncRig("ordered");
  for (let n = 0; n < 99; n++) job.records(`r${n}`);
  assertEquals(job.pendingResults.full, false);
  job.records("r99");
  assertEquals(job.pendingResults.full, true);
});

testBoth("AsyncWaitOperator wakes the job when there is news, and not for nothing", async (order) => {
  const retry = AsyncRetryStrategies.fixedDelay<string>(1, 100);
  const job = new AsyncRig(order, { retry });
  let wakes = 0;
  job.rig.attempt.wake = () => void wakes++;
  const news = async (act: () => void) => {
    wakes = 0;
    act();
    await settled();
    return wakes;
  };
  job.records("a1", "b2");
  await job.turn();
  assertEquals(wakes, 0);

  assertEquals(await news(() => job.calls.of("a1").answer("x")), 1);
  // The time to ask again, and then the error.
  assertEquals(await news(() => job.calls.of("b2").refuse(new Error("busy"))), 1);
  job.rig.processingTime(100);
  await job.turn();
  assertEquals(await news(() => job.calls.of("b2").refuse(new Error("busy"))), 1);
});

// ------------------------------------------------------------------------------------------------ errors and time

testBoth("AsyncWaitOperator fails when a call fails, as soon as its results would go on", async (order) => {
  const job = new AsyncRig(order).records("a1", "b2");
  await job.turn();
  const cause = new RangeError("no such city");
  job.calls.of("b2").refuse(cause);
  if (order === "ordered") {
    assertEquals(await job.turn(), []);
    job.calls.of("a1").answer("A1");
  }
  await settled();

  const error = assertThrows(() => job.rig.task.emitReady(), OperatorError) as OperatorError;
  assertEquals(error.message, 'Operator "lookup" failed: RangeError: no such city');
  assertEquals(error.cause, cause);
});

testBoth(
  "AsyncWaitOperator makes a dead letter of the record of a call that fails, if that is the job's policy, and goes on",
  async (order) => {
    const job = new AsyncRig(order, {}, "dead-letter").records("a1", "b2", "c3");
    await job.turn();
    job.calls.of("a1").refuse(new RangeError("no such city"));
    const out = await job.answer("b2", "c3");

    assertEquals(out, [["B2", 2], ["C3", 3]]);
    assertEquals(job.rig.deadLetters, [
      {
        origin: undefined,
        value: "a1",
        timestampMs: 1,
        operator: "lookup",
        errorClass: "RangeError",
        message: "no such city",
      },
    ]);
    assertEquals([job.rig.task.counts.in, job.rig.task.counts.dead, job.pendingResults.pending], [3, 1, 0]);
    job.rig.commit();
    job.restart();
    assertEquals(job.pendingResults.pending, 0);
  },
);

testBoth("AsyncWaitOperator takes what a function throws at once like a rejection", async (order) => {
  const job = new AsyncRig(order);
  const broken: RichAsyncFunction<string, string> = {
    asyncInvoke: () => {
      throw new Error("no connection");
    },
  };
  job.calls = { function: broken.asyncInvoke } as unknown as typeof job.calls;
  job.records("a1");
  job.rig.task.emitReady();
  await settled();

  assertThrows(() => job.rig.task.emitReady(), OperatorError, 'Operator "lookup" failed: Error: no connection');
});

testBoth("AsyncWaitOperator refuses results that are no array", async (order) => {
  const cases: readonly [unknown, string][] = [["text", "string"], [undefined, "undefined"], [null, "null"]];
  for (const [results, found] of cases) {
    const job = new AsyncRig(order);
    job.calls = { function: () => Promise.resolve(results) } as unknown as typeof job.calls;
    job.records("a1");
    job.rig.task.emitReady();
    await settled();

    assertThrows(
      () => job.rig.task.emitReady(),
      OperatorError,
      `TypeError: The asynchronous function returned ${found}: it must return an array of results, empty if there are none`,
    );
  }
});

testBoth(
  "AsyncWaitOperator fails when a record has no results in time, naming both, and aborts the call",
  async (order) => {
    const job = new AsyncRig(order, { timeoutMs: 500 }).records("a1");
    await job.turn();
    const { signal } = job.calls.of("a1");
    assertEquals(job.pendingResults.nextTimeMs, 500);
    job.rig.processingTime(499);
    assertEquals(signal.aborted, false);

    assertThrows(
      () => job.rig.processingTime(500),
      OperatorError,
      'Operator "lookup" failed: TimeoutError: No results within 500 ms, after 1 call: ' +
        "raise timeoutMs, or have onTimeout() return others in their place",
    );
    assertEquals((signal.reason as DOMException).name, "TimeoutError");
  },
);

testBoth("AsyncWaitOperator takes what has come in time, however late it looks", async (order) => {
  const job = new AsyncRig(order, { timeoutMs: 500 }).records("a1");
  await job.turn();
  job.calls.of("a1").answer("x");
  await settled();
  job.rig.processingTime(9_999);

  assertEquals(await job.turn(), [["x", 1]]);
  assertEquals(job.pendingResults.nextTimeMs, Number.POSITIVE_INFINITY);
});

testBoth(
  "AsyncWaitOperator gives what onTimeout() says, and nothing of an answer that comes after all",
  async (order) => {
    const job = new AsyncRig(order, { timeoutMs: 500, onTimeout: (input) => [`${input} unknown`, "!"] }).records(
      "a1",
      "b2",
    );
    await job.turn();
    await job.answer("b2");
    const late = job.calls.of("a1");
    job.rig.processingTime(500);
    const given: Flow[] = [["a1 unknown", 1], ["!", 1]];
    assertEquals((await job.turn()).slice(0, 2), given);

    late.answer("late");
    assertEquals([await job.turn(), job.pendingResults.pending], [[], 0]);
    assertEquals(late.signal.aborted, true);
  },
);

testBoth("AsyncWaitOperator counts the time of a record from its call on, not from its coming", async (order) => {
  const job = new AsyncRig(order, { timeoutMs: 500, capacity: 1 }).records("a1", "b2");
  await job.turn();
  job.rig.processingTime(400);
  await job.answer("a1");

  assertEquals([job.calls.inputs, job.pendingResults.nextTimeMs], [["a1", "b2"], 900]);
});

testBoth("AsyncWaitOperator waits for ever when it is asked to", async (order) => {
  const job = new AsyncRig(order, { timeoutMs: Number.POSITIVE_INFINITY }).records("a1");
  await job.turn();
  job.rig.processingTime(1e15);

  assertEquals([job.pendingResults.nextTimeMs, await job.answer("a1")], [Number.POSITIVE_INFINITY, [["A1", 1]]]);
});

testBoth("AsyncWaitOperator fails when onTimeout() throws", async (order) => {
  const onTimeout = () => {
    throw new Error("nothing instead");
  };
  const job = new AsyncRig(order, { timeoutMs: 500, onTimeout }).records("a1");
  await job.turn();

  assertThrows(() => job.rig.processingTime(500), OperatorError, 'Operator "lookup" failed: Error: nothing instead');
});

// ---------------------------------------------------------------------------------------------------------- retry

const THREE_MORE = AsyncRetryStrategies.fixedDelay<string>(3, 100);

testBoth("AsyncWaitOperator asks again after an error, when its time has come", async (order) => {
  const job = new AsyncRig(order, { retry: THREE_MORE }).records("a1", "b2");
  await job.turn();
  job.calls.of("a1").refuse(new Error("busy"));
  await job.turn();
  assertEquals([job.calls.inputs, job.pendingResults.nextTimeMs], [["a1", "b2"], 100]);

  job.rig.processingTime(99);
  await job.turn();
  assertEquals(job.calls.inputs, ["a1", "b2"]);
  job.rig.processingTime(100);
  await job.turn();
  assertEquals(job.calls.inputs, ["a1", "b2", "a1"]);
  assertEquals(await job.answer("a1"), [["A1", 1]]);
});

testBoth("AsyncWaitOperator fails with the last error when it may not ask again", async (order) => {
  const job = new AsyncRig(order, { retry: AsyncRetryStrategies.fixedDelay(2, 100) }).records("a1");
  await job.turn();
  for (let call = 1; call <= 2; call++) {
    job.calls.of("a1").refuse(new Error(`busy ${call}`));
    await job.turn();
    job.rig.processingTime(call * 100);
    await job.turn();
  }
  job.calls.of("a1").refuse(new Error("busy 3"));
  await settled();

  assertThrows(() => job.rig.task.emitReady(), OperatorError, 'Operator "lookup" failed: Error: busy 3');
  assertEquals(job.calls.inputs.length, 3);
});

testBoth("AsyncWaitOperator takes results that are a reason to ask again when it may not any more", async (order) => {
  const retry = AsyncRetryStrategies.fixedDelay<string>(1, 100, { ifResult: (results) => results.includes("wait") });
  const job = new AsyncRig(order, { retry }).records("a1");
  await job.turn();
  job.calls.of("a1").answer("wait");
  assertEquals(await job.turn(), []);
  job.rig.processingTime(100);
  await job.turn();
  job.calls.of("a1").answer("wait", "still");

  assertEquals(await job.turn(), [["wait", 1], ["still", 1]]);
});

testBoth("AsyncWaitOperator lets all calls of a record share its time", async (order) => {
  const job = new AsyncRig(order, { timeoutMs: 150, retry: THREE_MORE }).records("a1");
  await job.turn();
  job.calls.of("a1").refuse(new Error("busy"));
  await job.turn();
  job.rig.processingTime(100);
  await job.turn();
  const { signal } = job.calls.of("a1");
  assertEquals(job.pendingResults.nextTimeMs, 150);

  assertThrows(() => job.rig.processingTime(150), OperatorError, "No results within 150 ms, after 2 calls");
  assertEquals(signal.aborted, true);
});

testBoth("AsyncWaitOperator does not ask again for a record whose time is over", async (order) => {
  const job = new AsyncRig(order, { timeoutMs: 50, retry: THREE_MORE, onTimeout: () => ["none"] }).records("a1");
  await job.turn();
  job.calls.of("a1").refuse(new Error("busy"));
  await job.turn();
  job.rig.processingTime(50);
  assertEquals(await job.turn(), [["none", 1]]);
  job.rig.processingTime(1_000);
  await job.turn();

  assertEquals(job.calls.inputs, ["a1"]);
});

testBoth("AsyncWaitOperator fails when a predicate throws", async (order) => {
  const ifResult = () => {
    throw new Error("no idea");
  };
  const job = new AsyncRig(order, { retry: AsyncRetryStrategies.fixedDelay(1, 1, { ifResult }) }).records("a1");
  await job.turn();
  job.calls.of("a1").answer("x");
  await settled();

  assertThrows(() => job.rig.task.emitReady(), OperatorError, 'Operator "lookup" failed: Error: no idea');
});

// ------------------------------------------------------------------------------------------------- state, and end

testBoth("AsyncWaitOperator stores records at work one by one, and forgets them with their results", async (order) => {
  const job = new AsyncRig(order).records("a1", "b2");
  await job.turn();
  assertEquals(job.rig.commit(), [
    ['["state","lookup","at work","",0]', '{"value":"a1","timestampMs":1}'],
    ['["state","lookup","at work","",1]', '{"value":"b2","timestampMs":2}'],
  ]);
  await job.answer("a1");
  assertEquals(job.rig.commit(), [['["state","lookup","at work","",0]', null]]);

  // What comes and goes between two commits leaves no trace.
  job.records("c3");
  await job.turn();
  await job.answer("c3", "b2");
  assertEquals(job.rig.commit(), [['["state","lookup","at work","",1]', null]]);
});

testBoth(
  "AsyncWaitOperator makes calls again that were at work when it died, in the order of the records",
  async (order) => {
    const job = new AsyncRig(order).records("a1", ..."bcdefghijkl".split("").map((letter) => `${letter}2`));
    await job.turn();
    await job.answer("a1", "c2");
    job.rig.commit();
    job.restart();
    await job.turn();
    const left = order === "ordered" ? "bcdefghijkl" : "bdefghijkl";
    assertEquals(job.calls.inputs, left.split("").map((letter) => `${letter}2`));

    // New records come behind them, under new numbers.
    job.records("z9");
    await job.turn();
    assertEquals(job.calls.inputs.at(-1), "z9");
    const changes = job.rig.commit();
    assertEquals(changes, [['["state","lookup","at work","",12]', '{"value":"z9","timestampMs":9}']]);
  },
);

testBoth("AsyncWaitOperator takes records of a commit in their order, whatever that of the store is", async (order) => {
  const job = new AsyncRig(order);
  const entries = Array.from({ length: 12 }, (_, n) => n).reverse().map((n) =>
    [`["state","lookup","at work","",${n}]`, `{"value":"r${n}","timestampMs":${n}}`] as const
  );
  const create = () =>
    new AsyncWaitOperator<string, string>(order, { asyncInvoke: job.calls.function }, { timeoutMs: 1 });
  const record: JobRecord = {
    format: 1,
    watermarks: {},
    compatibility: {},
    versions: { lookup: job.rig.task.state.versions() },
    bounds: null,
    finishedAtMs: null,
  };
  const restored = { entries: new Map([...entries, [JOB_ENTRY, jobText(record)]]), watermarks: new Map() };
  new OperatorHarness(create, { name: "lookup" }, restored).task.emitReady();
  await settled();

  assertEquals(job.calls.inputs, Array.from({ length: 12 }, (_, n) => `r${n}`));
});

testBoth("AsyncWaitOperator holds watermarks behind records that it has from a commit", async (order) => {
  const job = new AsyncRig(order).watermark(1).records("a2").watermark(2);
  await job.turn();
  job.rig.commit();
  job.restart();
  // As a job's start does first of all.
  job.watermark(2);
  assertEquals(job.rig.take(), []);
  await job.turn();

  assertEquals(await job.answer("a2"), [["A2", 2], { watermark: 2 }]);
});

testBoth("AsyncWaitOperator makes no call for a record that dies further on", async (order) => {
  const job = new AsyncRig(order);
  const { journal } = job.rig.attempt.changes;
  journal.begin();
  job.records("a1");
  journal.undo();
  job.records("b2").watermark(2);
  await job.turn();

  assertEquals(job.calls.inputs, ["b2"]);
  assertEquals([await job.answer("b2"), job.pendingResults.pending], [[["B2", 2], { watermark: 2 }], 0]);
});

testBoth(
  "AsyncWaitOperator aborts its calls when it is closed, and takes no notice of what they come to",
  async (order) => {
    const job = new AsyncRig(order, { retry: THREE_MORE }).records("a1", "b2", "c3");
    await job.turn();
    job.calls.of("c3").refuse(new Error("busy"));
    await job.turn();
    const [a, b] = [job.calls.of("a1"), job.calls.of("b2")];
    let wakes = 0;
    job.rig.attempt.wake = () => void wakes++;
    job.rig.task.operator.close!();
    assertEquals([a.signal.aborted, b.signal.aborted], [true, true]);

    a.answer("x");
    // Deno's own check sees to it that this is handled.
    b.refuse(new Error("aborted"));
    job.rig.clock.advance(1_000);
    assertEquals([await job.turn(), wakes, job.calls.inputs.length], [[], 0, 3]);
  },
);

Deno.test("AsyncWaitOperator opens and closes its function, and calls it between the two", async () => {
  const events: string[] = [];
  class Lookup implements RichAsyncFunction<string, string> {
    #pool = "";
    open(context: RuntimeContext) {
      this.#pool = "pool";
      events.push(`open ${context.name()} ${context.signal().aborted}`);
    }
    asyncInvoke(input: string, context: AsyncContext) {
      events.push(`call ${input} of ${this.#pool}`);
      context.signal().addEventListener("abort", () => events.push("abort"));
      return new Promise<string[]>(() => {});
    }
    close() {
      events.push("close");
      return Promise.resolve();
    }
  }
  const rig = new OperatorHarness(
    () => new AsyncWaitOperator<string, string>("ordered", new Lookup(), { timeoutMs: 1 }),
    { name: "lookup" },
  );
  rig.record("a").task.emitReady();
  const closing: unknown = rig.task.operator.close!();
  assert(closing instanceof Promise);
  await closing;

  assertEquals(events, ["open lookup false", "call a of pool", "abort", "close"]);
});

Deno.test("AsyncWaitOperator gives a function that asks for it late a signal that is aborted already", () => {
  let context: AsyncContext | undefined;
  const rich: RichAsyncFunction<string, string> = {
    asyncInvoke: (_input, given) => {
      context = given;
      return new Promise(() => {});
    },
  };
  const rig = new OperatorHarness(() => new AsyncWaitOperator("ordered", rich, { timeoutMs: 1 }));
  rig.record("a").task.emitReady();
  rig.task.operator.close!();

  assertEquals(context!.signal().aborted, true);
});
