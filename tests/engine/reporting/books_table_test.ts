import { assertEquals } from "@std/assert";
import type { Books } from "../../../src/engine/reporting/books.ts";
import { formatBooks } from "../../../src/engine/reporting/books_table.ts";

Deno.test("formatBooks() says in one line what happened, and leaves out what did not", () => {
  const none: Books = {
    ahead: 0,
    recordsIn: 0,
    recordsOut: 0,
    filtered: 0,
    late: 0,
    dead: 0,
    failed: 0,
    pendingTimers: 0,
    sources: [],
    operators: [],
  };
  assertEquals(formatBooks(none), "0 in, 0 out");
  assertEquals(
    formatBooks({
      ...none,
      recordsIn: 1_204,
      recordsOut: 1_000_000,
      filtered: 210,
      late: 3,
      dead: 2,
      pendingTimers: 5,
    }),
    "1,204 in, 1,000,000 out, 210 filtered out, 3 late, 2 bad",
  );
});
