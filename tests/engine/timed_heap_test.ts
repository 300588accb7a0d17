import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { TimedHeap } from "../../src/engine/timed_heap.ts";

const places = fc.tuple(fc.integer({ min: -9, max: 9 }), fc.nat(99));

Deno.test("TimedHeap has the first by time, and of one time by order, at hand, also when that moves", () => {
  fc.assert(fc.property(fc.array(places), fc.array(fc.nat(5)), (items, moves) => {
    const heap = new TimedHeap<string>();
    let expected: (readonly [timeMs: number, order: number, item: string])[] = [];
    const sort = () => expected.sort(([a, i], [b, j]) => a - b || i - j);
    const checkFirst = () =>
      assertEquals([heap.firstTimeMs, heap.firstOrder], expected[0]?.slice(0, 2) ?? [undefined, undefined]);
    for (const [i, [timeMs, order]] of items.entries()) {
      // Different orders: which of two equal ones comes first is not promised.
      heap.push(timeMs, order * 100 + i, `${i}`);
      expected.push([timeMs, order * 100 + i, `${i}`]);
      sort();
      checkFirst();
    }
    for (const byMs of moves.slice(0, items.length)) {
      const [timeMs, order, item] = expected[0]!;
      heap.moveFirst(timeMs + byMs, order);
      expected = [[timeMs + byMs, order, item], ...expected.slice(1)];
      sort();
      checkFirst();
    }
    for (const [, , item] of expected) assertEquals(heap.pop(), item);
    assertEquals([heap.first, heap.pop()], [undefined, undefined]);
  }));
});
