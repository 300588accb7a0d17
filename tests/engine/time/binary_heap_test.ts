import { assertEquals } from "@std/assert";
import { BinaryHeap } from "../../../src/engine/time/binary_heap.ts";

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
