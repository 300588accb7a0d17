import { assert } from "@std/assert";

/** Looks again and again until the condition holds. @param what is waited for, for the message when that takes too long */
export async function until(condition: () => Promise<boolean>, what: string, withinMs = 60_000): Promise<void> {
  for (const deadline = performance.now() + withinMs; !await condition();) {
    assert(performance.now() < deadline, `not within ${withinMs / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
