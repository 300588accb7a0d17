import { assertEquals } from "@std/assert";
import { untilReadable } from "../../bench/topics.ts";
import type { Broker, PartitionEnd } from "../../src/connectors/broker.ts";

Deno.test("untilReadable() waits until no partition has records that readers do not see yet", async () => {
  const answers: PartitionEnd[][] = [
    [{ committed: 5, written: 5 }, { committed: 0, written: 9 }],
    [{ committed: 6, written: 6 }, { committed: 0, written: 10 }],
    [{ committed: 6, written: 6 }, { committed: 10, written: 10 }],
  ];
  let asked = 0;
  const port = { partitionEnds: () => Promise.resolve(answers[asked++]) } as unknown as Broker;
  await untilReadable(port, "flightdata");
  assertEquals(asked, 3);
});
