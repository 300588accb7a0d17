import { assertEquals } from "@std/assert";
import { BinaryHeap } from "../../src/engine/binary_heap.ts";

function heapOf(...items: readonly number[]): BinaryHeap<number> {
  const heap = new BinaryHeap<number>((a, b) => a < b);
  for (const item of items) heap.push(item);
  return heap;
}

function drain<T>(heap: BinaryHeap<T>): T[] {
  const items: T[] = [];
  for (let item = heap.pop(); item !== undefined; item = heap.pop()) items.push(item);
  return items;
}

Deno.test("BinaryHeap gives its items smallest first, equal ones as often as they were put in", () => {
  assertEquals(drain(heapOf(5, 3, 8, 1, 9, 2, 3, 7)), [1, 2, 3, 3, 5, 7, 8, 9]);
  assertEquals(drain(heapOf(1, 2, 3)), [1, 2, 3]);
  assertEquals(drain(heapOf(3, 2, 1)), [1, 2, 3]);
});

Deno.test("BinaryHeap keeps its order while items come and go", () => {
  const heap = heapOf(4, 2, 6);

  assertEquals(heap.pop(), 2);
  heap.push(1);
  heap.push(5);
  assertEquals([heap.pop(), heap.pop()], [1, 4]);
  heap.push(3);
  assertEquals(drain(heap), [3, 5, 6]);
});

Deno.test("peek() shows the smallest item and leaves it", () => {
  const heap = heapOf(2, 1);

  assertEquals([heap.peek(), heap.peek(), heap.size], [1, 1, 2]);
});

Deno.test("pop() and peek() give undefined when the heap is empty, also after clear()", () => {
  const heap = heapOf(1, 2);
  heap.clear();

  assertEquals([heap.pop(), heap.peek(), heap.size], [undefined, undefined, 0]);
});

Deno.test("second() shows the smallest of all but the first", () => {
  assertEquals([heapOf().second(), heapOf(1).second(), heapOf(2, 1).second()], [undefined, undefined, 2]);
  for (const items of [[1, 2, 3], [1, 3, 2], [5, 4, 3, 2, 1], [2, 2, 2]]) {
    const heap = heapOf(...items);
    assertEquals([heap.second(), heap.size], [items.toSorted()[1], items.length]);
  }
});

Deno.test("firstChanged() puts a first item that has become larger where it belongs", () => {
  const heap = new BinaryHeap<{ at: number }>((a, b) => a.at < b.at);
  for (const at of [3, 1, 5, 2, 4]) heap.push({ at });
  const seen: number[] = [];
  for (let i = 0; i < 10; i++) {
    const first = heap.peek()!;
    seen.push(first.at);
    first.at += 5;
    heap.firstChanged();
  }

  assertEquals(seen, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assertEquals(drain(heap).map(({ at }) => at), [11, 12, 13, 14, 15]);
});

Deno.test("BinaryHeap drops all but those that it is to keep, and gives these smallest first", () => {
  const heap = heapOf(5, 3, 8, 1, 9, 2, 3, 7);
  heap.keep((item) => item % 2 === 1);
  assertEquals([heap.size, drain(heap)], [6, [1, 3, 3, 5, 7, 9]]);
});
