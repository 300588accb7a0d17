/**
 * Topics whose last offsets no batch covers: compaction may drop a commit's marker, and the last records of a topic. Whoever
 * reads to the end comes to it all the same.
 */
import { assertEquals } from "@std/assert";
import { type Batch, DeadTail, WireProxy } from "../../chaos/wire/mod.ts";
import { byTraveller, expectedFlights, expectedStatistics, format } from "../../chaos/oracle.ts";
import { kafkaBroker, mayRunPrograms, read, succeed, type TestBroker } from "./programs.ts";

const NOW = "2026-01-10T00:00:00.000";
const GEN = ["--seed", "7", "--rate", "max", "--start", "2026-01-01T00:00:00", "--count", "300"];
const S16 = ["--bounded", "--from", "earliest", "--now", NOW];
const S20 = ["--bounded", "--from", "earliest"];
const kafka = kafkaBroker();

/** Registers a test behind a proxy in which these batches, at the end of a partition, are gone. */
function deadTailTest(
  name: string,
  isGone: (batch: Batch) => boolean,
  fn: (dead: TestBroker, tail: DeadTail) => Promise<void>,
): void {
  Deno.test({
    name: `${name}${kafka === undefined ? " (skipped: no TEST_BOOTSTRAP_SERVERS)" : ""}`,
    ignore: kafka === undefined || !mayRunPrograms(),
    fn: async () => {
      const tail = new DeadTail(isGone);
      await using proxy = await WireProxy.start(kafka!.env.BOOTSTRAP_SERVERS!, { filters: [tail] });
      await fn({ name: "dead tails", env: { BOOTSTRAP_SERVERS: proxy.bootstrapServers } }, tail);
    },
  });
}

deadTailTest(
  "bounded runs, restores and tools come to the end of topics whose last commit marker is gone",
  ({ control }) => control,
  async (dead, tail) => {
    await succeed(kafka!, "gen", ["--create", ...GEN]);
    for (let round = 1; round <= 2; round++) {
      // The second round restores from a changelog with a dead tail, and reads on behind the dead tail of its input.
      if (round === 2) await succeed(kafka!, "gen", GEN);
      await succeed(dead, "s16", S16);
      await succeed(dead, "s20", S20);
      const flights = await read(dead, "flightdata");
      assertEquals(
        flights.map(format).sort(),
        expectedFlights(await read(dead, "skyone"), await read(dead, "sunset"), NOW).sort(),
      );
      if (round === 1) assertEquals(byTraveller(await read(dead, "userstatistics")), expectedStatistics(flights));
      const [ofDead, expected] = await Promise.all([dead, kafka!].map((broker) => {
        return succeed(broker, "state", ["user_statistics", "list"]);
      }));
      // The first line says how long ago the commit was.
      const [, ...found] = ofDead!.stdout.split("\n");
      assertEquals(found, expected!.stdout.split("\n").slice(1));
    }
    assertEquals(tail.taken > 0, true);
  },
);

deadTailTest(
  "bounded runs and topics read come to the end of a compacted topic whose last records are gone",
  ({ topic, firstOffset, lastOffset }) => topic === "skyone" && firstOffset > 0 && lastOffset >= 20,
  async (dead, tail) => {
    await succeed(kafka!, "gen", ["--create", "--count", "0"]);
    // In batches of their own, so that some of them can be gone.
    for (const hour of ["01", "02", "03"]) {
      await succeed(kafka!, "gen", ["--rate", "max", "--start", `2026-01-01T${hour}:00:00`, "--count", "60"]);
    }
    const left = await read(dead, "skyone");
    assertEquals(left.length > 0 && left.length < 180, true, `${left.length} are left`);
    await succeed(dead, "s16", S16);
    assertEquals(
      (await read(dead, "flightdata")).map(format).sort(),
      expectedFlights(left, await read(dead, "sunset"), NOW).sort(),
    );
    assertEquals(tail.taken > 0, true);
  },
);
