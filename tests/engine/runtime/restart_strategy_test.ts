import { assertEquals, assertThrows } from "@std/assert";
import { StreamExecutionEnvironment } from "../../../src/engine/api/environment.ts";
import { type RestartStrategy, startRestarts } from "../../../src/engine/runtime/restart_strategy.ts";

type Numbers = Record<string, number>;
const fixed = (numbers: Numbers) => ({ type: "fixed-delay", ...numbers }) as unknown as RestartStrategy;
const rate = (numbers: Numbers) => ({ type: "failure-rate", ...numbers }) as unknown as RestartStrategy;
const growing = (numbers: Numbers) => ({ type: "exponential-delay", ...numbers }) as unknown as RestartStrategy;

/** Pauses after failures at these times of attempts that worked for `workedMs` each. */
function pauses(strategy: RestartStrategy, failedMs: readonly number[], workedMs = 0): (number | undefined)[] {
  const restarts = startRestarts(strategy);
  return failedMs.map((ms) => restarts.nextDelayMs(ms, ms - workedMs));
}

Deno.test("none() gives up at once", () => {
  assertEquals(pauses({ type: "none" }, [0]), [undefined]);
});

Deno.test("fixedDelay() begins again so many times, and counts afresh for each execution", () => {
  const strategy = fixed({ attempts: 2, delayMs: 500 });
  assertEquals(pauses(strategy, [0, 1, 2]), [500, 500, undefined]);
  assertEquals(pauses(strategy, [0]), [500]);
});

Deno.test("failureRate() gives up when more failures than allowed fall into the interval", () => {
  const strategy = rate({ maxFailures: 2, intervalMs: 1_000, delayMs: 10 });
  assertEquals(pauses(strategy, [0, 100, 999]), [10, 10, undefined]);
  assertEquals(pauses(strategy, [0, 100, 1_000, 1_101, 1_102]), [10, 10, 10, 10, undefined]);
});

Deno.test("exponentialDelay() waits longer each time up to a limit, and begins anew after good work", () => {
  const strategy = growing({ initialMs: 100, maxMs: 350, factor: 2, resetAfterMs: 5_000 });
  const restarts = startRestarts(strategy);
  const after = (workedMs: number) => restarts.nextDelayMs(10_000, 10_000 - workedMs);
  assertEquals([after(0), after(0), after(0), after(4_999), after(5_000), after(0)], [100, 200, 350, 350, 100, 200]);
});

Deno.test("RestartStrategy refuses numbers that make no sense, naming them", () => {
  const refused = (strategy: RestartStrategy, message: string) =>
    assertThrows(() => new StreamExecutionEnvironment({ restartStrategy: strategy }), RangeError, message);
  refused(
    fixed({ attempts: 0, delayMs: 1 }),
    "attempts must be a whole number > 0: current value is 0",
  );
  refused(fixed({ attempts: 1, delayMs: -1 }), "delayMs must be >= 0: current value is -1");
  refused(rate({ maxFailures: 1.5, intervalMs: 1, delayMs: 1 }), "maxFailures must be");
  refused(rate({ maxFailures: 1, intervalMs: 0, delayMs: 1 }), "intervalMs must be > 0");
  refused(growing({ initialMs: 0 }), "initialMs must be > 0");
  refused(
    growing({ initialMs: 10, maxMs: 9 }),
    "maxMs must be >= 10: current value is 9",
  );
  refused(growing({ factor: 0.5 }), "factor must be >= 1");
  refused(growing({ maxMs: Number.POSITIVE_INFINITY }), "maxMs must be");
  refused(growing({ resetAfterMs: Number.NaN }), "resetAfterMs must be > 0");
  assertThrows(
    () => new StreamExecutionEnvironment({ restartStrategy: { type: "sometimes" } as never }),
    TypeError,
    'Cannot restart a job by "sometimes": a restart strategy',
  );
});
