/**
 * What lesson 16 writes on a real cluster is in the order of time, also where all partitions were silent and then get records at once. With
 * TEST_FLINK_BURSTS there are so many bursts.
 */
import { assertEquals } from "@std/assert";
import { Feed } from "../../chaos/flink/bookings.ts";
import { Committed } from "../../chaos/flink/committed.ts";
import { behindLater } from "../../chaos/oracle.ts";
import { openKafkaBroker } from "../../src/connectors/kafka/mod.ts";
import { SYSTEM_CLOCK } from "../../src/engine/mod.ts";
import { FLIGHTDATA, SKYONE, SUNSET } from "../../src/models.ts";
import { succeed } from "../e2e/programs.ts";
import { liveTest } from "./live.ts";
import { until } from "./until.ts";

const WITHIN_MS = 180_000;
const BURSTS = Number(
  Deno.permissions.querySync({ name: "env" }).state === "granted" ? Deno.env.get("TEST_FLINK_BURSTS") ?? 3 : 3,
);
const PAIRS = 200;
/** Long enough that nothing is on its way any more, and that partitions count as idle. */
const SILENCE_MS = 2_500;

liveTest("flights of bursts that come after a silence are in the order of time", async ({ broker: env, kafka }) => {
  await using broker = await openKafkaBroker({ brokers: [kafka.bootstrapServers], log: () => {} });
  await broker.createTopics([SKYONE, SUNSET, FLIGHTDATA].map(({ name }) => ({ name, partitions: 5 })));
  // A booking that has landed is no flight: here all are still to land.
  const flags = ["--parallelism", "2", "--detached", "--", "--from", "earliest", "--now", "2020-01-01T00:00:00"];
  const id = (await succeed(env, "flink", ["run", "src/s16_merge.ts", ...flags])).stdout.trim();
  const feed = new Feed({ withBroker: (work) => work(broker) }, { seed: 5, stepMs: 1_000 });
  const committed = new Committed();
  for (let i = 1; i <= BURSTS; i++) {
    await feed.write(PAIRS);
    const written = async () => (await committed.read(broker, FLIGHTDATA.name)).length >= 2 * PAIRS * i;
    await until(written, `all flights of burst ${i}`, WITHIN_MS);
    await SYSTEM_CLOCK.sleep(SILENCE_MS);
  }
  await succeed(env, "flink", ["stop", id]);
  const flights = await committed.read(broker, FLIGHTDATA.name);
  assertEquals([flights.length, behindLater(flights)], [2 * PAIRS * BURSTS, 0]);
});
