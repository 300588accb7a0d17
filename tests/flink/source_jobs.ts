/** Jobs whose sources make up their records, or take event time from functions of the job. */
import {
  DataGeneratorSource,
  type DataStream,
  SequenceSource,
  TumblingEventTimeWindows,
  WatermarkStrategy,
} from "../../src/engine/mod.ts";
import { defineWorkflow as branches } from "../../src/s15_branching.ts";
import { type Input, type Job, OUT, type Reading, READINGS, readings, REST, source, START_MS } from "./stage_jobs.ts";

const generated = new DataGeneratorSource<Reading>({
  generate: (index, random) => ({ sensor: `s${index % 7}`, level: Math.floor(random() * 100) }),
  timestamp: (index) => START_MS + index * 500 - (index % 3) * 700,
  count: 400,
  ratePerSecond: 100_000,
  seed: 5,
});

/** The highest level of each sensor every ten seconds, of a stream with event time. */
function highest(stream: DataStream<Reading>) {
  return stream.keyBy(({ sensor }) => sensor).window(TumblingEventTimeWindows.of(10_000)).maxBy("level");
}

/** Nearly one partition after the other: what a subtask gets that catches up. */
function byPartition(records: readonly Input[]): Input[] {
  const ofPartition = (partition: number, count: number) =>
    records.filter((record) => record.partition === partition).slice(0, count);
  const first = [0, 1, 2].map((partition) => ofPartition(partition, 100));
  return [...first.flat(), ...records.filter((record) => !first.flat().includes(record))];
}

const outOfOrder = WatermarkStrategy.forBoundedOutOfOrderness<Reading>(2_000);

/** Else the time would be that of the machine when a record is written. */
const noon = WatermarkStrategy.noWatermarks().withTimestampAssigner(() => START_MS);

export const SOURCE_JOBS: Readonly<Record<string, Job>> = {
  "a generator with times of its own": {
    define: (env, broker) => {
      highest(env.fromSource(generated, outOfOrder, "generated")).name("highest").sinkTo(broker.sink(OUT)).name("out");
    },
    inputs: [],
    outputs: ["out"],
  },
  "a generator and a topic as one stream": {
    define: (env, broker) => {
      highest(env.fromSource(generated, outOfOrder, "generated").union(source(env, broker))).name("highest")
        .sinkTo(broker.sink(OUT)).name("out");
    },
    inputs: readings,
    outputs: ["out"],
  },
  "a sequence whose times are assigned, and a generator of watermarks": {
    define: (env, broker) => {
      const strategy = WatermarkStrategy.forGenerator<number>(() => ({
        // Every tenth number says how far event time has come.
        onEvent: (number, timestampMs) => number % 10 === 0 ? timestampMs - 3_000 : Number.NEGATIVE_INFINITY,
      })).withTimestampAssigner((number) => START_MS + number * 300);
      const numbers = env.fromSource(new SequenceSource(5, 404), strategy, "numbers");
      highest(numbers.map((number) => ({ sensor: `s${number % 5}`, level: (number * 37) % 101 })).name("read"))
        .name("highest").sinkTo(broker.sink(OUT)).name("out");
    },
    inputs: [],
    outputs: ["out"],
  },
  "times that are assigned in a topic's source, out of order": {
    define: (env, broker) => {
      const strategy = WatermarkStrategy.forBoundedOutOfOrderness<Reading>(4_000)
        .withTimestampAssigner(({ level }, timestampMs) => timestampMs - level * 30);
      highest(env.fromSource(broker.source(READINGS), strategy, "readings")).name("highest")
        .sinkTo(broker.sink(OUT)).name("out");
    },
    inputs: readings,
    outputs: ["out"],
  },
  "two ways of one stream, of which one has event time of its own": {
    define: (env, broker) => {
      const all = source(env, broker);
      // Behind that of the other way, and both leave one worker: no record here is late.
      const own = WatermarkStrategy.forBoundedOutOfOrderness<Reading>(4_000)
        .withTimestampAssigner(({ level }, timestampMs) => timestampMs - level * 30);
      highest(all.assignTimestampsAndWatermarks(own).name("own_time")).name("highest_of_own").sinkTo(broker.sink(REST))
        .name("rest");
      highest(all).name("highest").sinkTo(broker.sink(OUT)).name("out");
    },
    inputs: readings,
    outputs: ["out", "rest"],
    options: { maxDead: { share: 1 } },
    inOrder: true,
  },
  "a generator of watermarks for each partition of a topic": {
    define: (env, broker) => {
      // One for all partitions would let those that are ahead make the others late.
      const strategy = WatermarkStrategy.forGenerator<Reading>(() => {
        let records = 0;
        return { onEvent: (_value, timestampMs) => ++records % 5 === 0 ? timestampMs - 1 : Number.NEGATIVE_INFINITY };
      });
      highest(env.fromSource(broker.source(READINGS), strategy, "readings")).name("highest")
        .sinkTo(broker.sink(OUT)).name("out");
    },
    inputs: byPartition(readings),
    outputs: ["out"],
    options: { maxDead: { share: 1 } },
  },
  "s15, collections that part, and two streams without a key": {
    define: (env, broker) => {
      const numbers = env.fromCollection(Array.from({ length: 60 }, (_, i) => i)).name("numbers");
      const names = env.fromCollection(
        Array.from({ length: 20 }, (_, i) => ({ of: 3 * i, name: `number ${3 * i}` })),
      ).name("names");
      for (const [way, stream] of Object.entries(branches(numbers, names))) {
        (stream as DataStream<unknown>).map((value) => `${way} ${value}`).name(`name_${way}`)
          .assignTimestampsAndWatermarks(noon).name(`date_${way}`).sinkTo(broker.sink(OUT)).name(way);
      }
    },
    inputs: [],
    outputs: ["out"],
  },
};
