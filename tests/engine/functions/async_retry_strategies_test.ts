import { assertEquals, assertThrows } from "@std/assert";
import { AsyncRetryStrategies, RetryPredicates } from "../../../src/engine/functions/async_retry_strategies.ts";

const { EMPTY_RESULT_PREDICATE, HAS_EXCEPTION_PREDICATE } = RetryPredicates;

const delays = { initialDelayMs: 10, maxRetryDelayMs: 55, multiplier: 2 };

// In Flink's own test canRetry(maxAttempts) is true, and one more is not: the first call is not one of them.
Deno.test("AsyncRetryStrategies allow as many calls as they say after the first", () => {
  for (
    const strategy of [AsyncRetryStrategies.fixedDelay(3, 10), AsyncRetryStrategies.exponentialBackoff(3, delays)]
  ) {
    assertEquals([1, 2, 3, 4].map((attempts) => strategy.canRetry(attempts)), [true, true, true, false]);
  }
});

Deno.test("fixedDelay() waits the same time each time", () => {
  const strategy = AsyncRetryStrategies.fixedDelay(3, 10);

  assertEquals([1, 2, 3].map((attempts) => strategy.getBackoffTimeMillis(attempts)), [10, 10, 10]);
});

Deno.test("exponentialBackoff() waits longer from call to call, up to its bound, and anew for each record", () => {
  const strategy = AsyncRetryStrategies.exponentialBackoff(9, delays);

  assertEquals([1, 2, 3, 4, 5, 1, 2].map((attempts) => strategy.getBackoffTimeMillis(attempts)), [
    10,
    20,
    40,
    55,
    55,
    10,
    20,
  ]);
});

Deno.test("AsyncRetryStrategies ask again after every error unless a predicate decides", () => {
  const both = (strategy: ReturnType<typeof AsyncRetryStrategies.fixedDelay<string>>) => [
    strategy.ifResult([]),
    strategy.ifResult(["x"]),
    strategy.ifException(new Error()),
  ];

  assertEquals(both(AsyncRetryStrategies.fixedDelay(1, 1)), [false, false, true]);
  assertEquals(both(AsyncRetryStrategies.fixedDelay(1, 1, { ifResult: EMPTY_RESULT_PREDICATE })), [true, false, false]);
  assertEquals(both(AsyncRetryStrategies.fixedDelay(1, 1, { ifException: HAS_EXCEPTION_PREDICATE })), [
    false,
    false,
    true,
  ]);
  assertEquals(
    both(AsyncRetryStrategies.exponentialBackoff(1, delays, { ifException: (error) => error instanceof TypeError })),
    [false, false, false],
  );
});

Deno.test("AsyncRetryStrategies refuse numbers that make no sense, naming them", () => {
  const cases: readonly [() => unknown, string][] = [
    [() => AsyncRetryStrategies.fixedDelay(0, 1), "maxAttempts must be a whole number > 0: current value is 0"],
    [() => AsyncRetryStrategies.fixedDelay(1.5, 1), "maxAttempts must be a whole number > 0: current value is 1.5"],
    [() => AsyncRetryStrategies.fixedDelay(1, 0), "backoffTimeMillis must be > 0: current value is 0"],
    [
      () => AsyncRetryStrategies.exponentialBackoff(1, { ...delays, initialDelayMs: -1 }),
      "initialDelayMs must be > 0: current value is -1",
    ],
    [
      () => AsyncRetryStrategies.exponentialBackoff(1, { ...delays, maxRetryDelayMs: Number.NaN }),
      "maxRetryDelayMs must be > 0: current value is NaN",
    ],
    [
      () => AsyncRetryStrategies.exponentialBackoff(1, { ...delays, multiplier: 0.5 }),
      "multiplier must be >= 1: current value is 0.5",
    ],
  ];
  for (const [create, message] of cases) {
    assertThrows(create, RangeError, `Cannot create a retry strategy as ${message}`);
  }
});
