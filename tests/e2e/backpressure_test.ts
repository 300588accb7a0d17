/** A sink that is slower than its source: the source waits, and nothing piles up between them. */
import { assert, assertEquals } from "@std/assert";
import type { Fetcher } from "../../src/connectors/broker.ts";
import { TopicSource } from "../../src/connectors/source.ts";
import { type Sink, type SinkWriter, StreamExecutionEnvironment, WatermarkStrategy } from "../../src/engine/mod.ts";
import { ObservedBroker, textRecord } from "../memory_broker/observed_broker.ts";
import { later } from "../later.ts";

const PARTITIONS = 3;
const RECORDS = 60_000;
/** What the broker gives at a time, of each partition. */
const FETCH_RECORDS = 500;
/** See `src/connectors/source.ts`: below it a partition asks for more. */
const LOW_WATER_RECORDS = 1_000;

/** Takes what is written, and goes on when the test says so. */
class ManualSink implements Sink<string> {
  readonly description = "a sink that the test holds";
  readonly taken: string[] = [];
  /** Set while it makes the job wait. */
  release: (() => void) | undefined;
  #new = 0;

  exactlyOnceWith(): boolean {
    return true;
  }

  open(): Promise<SinkWriter<string>> {
    return Promise.resolve({
      write: (value) => {
        this.taken.push(value);
        this.#new++;
      },
      flush: () => {
        if (this.#new === 0) return;
        this.#new = 0;
        return new Promise<void>((resolve) => this.release = resolve);
      },
    });
  }
}

/** Counts the records that its fetches bring. */
class CountingBroker extends ObservedBroker {
  fetched = 0;

  override async fetcher(): Promise<Fetcher> {
    const fetcher = await super.fetcher();
    return {
      fetch: async (positions, maxWaitMs) => {
        const batches = await fetcher.fetch(positions, maxWaitMs);
        for (const { records } of batches) this.fetched += records.length;
        return batches;
      },
      close: () => fetcher.close(),
    };
  }
}

Deno.test("a slow sink slows its source: what is read ahead has a limit, and all of it arrives once", async () => {
  const broker = new CountingBroker().addTopic("in", PARTITIONS);
  broker.fetchRecords = FETCH_RECORDS;
  for (let i = 0; i < RECORDS; i++) broker.appendTo("in", i % PARTITIONS, textRecord(i, String(i)));
  const sink = new ManualSink();
  const decoder = new TextDecoder();
  const source = new TopicSource(
    broker,
    { topic: "in", createDecode: () => ({ value }) => decoder.decode(value!) },
  );
  const env = new StreamExecutionEnvironment({ from: "earliest", bounded: true });
  env.fromSource(source, WatermarkStrategy.noWatermarks(), "in").sinkTo(sink).name("out");
  let over = false;
  const running = later(env.execute().finally(() => over = true));

  let held = 0;
  let furthest = 0;
  while (!over) {
    // All that can happen without the sink happens here.
    for (let i = 0; i < 5 && !over; i++) await new Promise((resolve) => setTimeout(resolve, 0));
    if (sink.release === undefined) continue;
    const ahead = broker.fetched - sink.taken.length;
    furthest = Math.max(furthest, ahead);
    held++;
    const { release } = sink;
    sink.release = undefined;
    release();
  }
  const { books } = await running;
  assertEquals(sink.taken, Array.from({ length: RECORDS }, (_, i) => String(i)));
  assertEquals([books.recordsIn, books.recordsOut], [RECORDS, RECORDS]);
  assert(held >= RECORDS / 2_000, `the sink held the job only ${held} times`);
  // A partition asks when it has less than the mark, and gets one answer; more than that never waits in memory.
  const most = PARTITIONS * (LOW_WATER_RECORDS + FETCH_RECORDS);
  assert(furthest <= most && furthest > 0, `${furthest} records were read ahead, the limit is ${most}`);
});
