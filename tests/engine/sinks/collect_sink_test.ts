import { assertEquals } from "@std/assert";
import { CollectSink } from "../../../src/engine/sinks/collect_sink.ts";

Deno.test("CollectSink keeps values in order, and is part of no commit", async () => {
  const sink = new CollectSink<string>();
  const writer = await sink.open();
  writer.write("a", 1);
  writer.write("b", 2);

  assertEquals([sink.values, sink.exactlyOnceWith()], [["a", "b"], false]);
});
