/**
 * Stands in for `Deno.test` in other runtimes, and for nothing else of Deno: whatever else a test or the code it tests asks of
 * Deno fails. Tests that are registered are run one after the other by {@link runTests}.
 */

interface Registered {
  readonly name: string;
  readonly ignore?: boolean;
  readonly fn: (context: { step: (name: string, fn: () => unknown) => Promise<boolean> }) => unknown;
}

const tests: Registered[] = [];

function test(name: string | Registered, fn?: Registered["fn"]): void {
  tests.push(typeof name === "string" ? { name, fn: fn! } : name);
}

Object.assign(globalThis, { Deno: { test } });

/** What came of the tests. */
export interface Outcome {
  readonly passed: number;
  /** Of each that failed, its name and what it threw. */
  readonly failed: readonly string[];
}

/** Runs all tests that were registered. */
export async function runTests(): Promise<Outcome> {
  const failed: string[] = [];
  const due = tests.filter(({ ignore }) => !ignore);
  for (const { name, fn } of due) {
    try {
      await fn({ step: async (_name, step) => (await step(), true) });
    } catch (error) {
      failed.push(`${name}: ${error instanceof Error ? error.stack : error}`);
    }
  }
  return { passed: due.length - failed.length, failed };
}
