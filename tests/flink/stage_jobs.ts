/** Jobs to be run through stages as at home, and what they are made of. */
import type { JobBroker, OutgoingRecord, Topic } from "../../src/connectors/mod.ts";
import {
  type Collector,
  type EnvironmentOptions,
  EventTimeSessionWindows,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type KeyedRuntimeContext,
  type MapState,
  MapStateDescriptor,
  type OnTimerContext,
  OutputTag,
  type ProcessContext,
  ProcessFunction,
  type StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  type ValueState,
  ValueStateDescriptor,
  WatermarkStrategy,
} from "../../src/engine/mod.ts";
import { z } from "zod";
import { defineWorkflow as merge } from "../../src/s16_merge.ts";
import { defineWorkflow as statistics } from "../../src/s20_manage_state.ts";
import { FLIGHTDATA, SKYONE, SUNSET, USERSTATISTICS } from "../../src/models.ts";
import { buildFlight, buildSkyone, buildSunset } from "../builders.ts";
import type { DefineJob } from "./stage_rig.ts";

export const PARTITIONS = 3;
export const START_MS = Date.UTC(2026, 9, 19, 12);
export const utf8 = (text: string) => new TextEncoder().encode(text);

export type Input = OutgoingRecord & { readonly partition: number };

/** So many records in order of time; those of a key are in one partition. */
export function records(
  topic: string,
  count: number,
  value: (i: number) => unknown,
  keyOf = (i: number) => i % 7,
): Input[] {
  return Array.from({ length: count }, (_, i) => ({
    topic,
    partition: keyOf(i) % PARTITIONS,
    key: utf8(`k${keyOf(i)}`),
    value: utf8(JSON.stringify(value(i))),
    timestampMs: START_MS + i * 500,
  }));
}

export interface Job {
  readonly define: DefineJob;
  readonly inputs: readonly Input[];
  readonly outputs: readonly string[];
  readonly options?: EnvironmentOptions;
  /** Set if which record comes before which of another topic matters: what is fed next waits for what was fed before. */
  readonly inTurns?: boolean;
  /** Set if which record comes when matters, as where some are late: all is fed in the order of home. */
  readonly inOrder?: boolean;
}

export interface Reading {
  readonly sensor: string;
  readonly level: number;
}

export function topic<T>(name: string): Topic<T, string> {
  return { name, schema: z.any() as never, key: (value) => String((value as { sensor?: string }).sensor ?? value) };
}

export const READINGS: Topic<Reading, string> = {
  name: "readings",
  schema: z.object({ sensor: z.string(), level: z.number() }),
  key: ({ sensor }) => sensor,
};
export const LIMITS = topic<Reading>("limits");
export const OUT = topic<unknown>("out");
export const REST = topic<unknown>("rest");

export const reading = (i: number): Reading => ({ sensor: `s${i % 7}`, level: (i * 37) % 101 });
export const readings = records("readings", 400, reading);

export function source(env: StreamExecutionEnvironment, broker: JobBroker, from: Topic<Reading, string> = READINGS) {
  return env.fromSource(broker.source(from), WatermarkStrategy.forMonotonousTimestamps(), from.name);
}

const LARGE = new OutputTag<Reading>("large");

/** Takes large ones aside. */
class TakeAside extends ProcessFunction<Reading, Reading> {
  override processElement(value: Reading, context: ProcessContext, out: Collector<Reading>): void {
    if (value.level > 60) context.output(LARGE, value);
    else out.collect(value);
  }
}

/** Counts in steps of three seconds, and emits each count when its step is over; beside it the number of all so far. */
class CountSteps extends KeyedProcessFunction<string, Reading, string> {
  #all!: ValueState<number>;
  #steps!: MapState<string, number>;

  override open(context: KeyedRuntimeContext): void {
    this.#all = context.getState(new ValueStateDescriptor<number>("all"));
    this.#steps = context.getMapState(new MapStateDescriptor<string, number>("steps"));
  }

  override processElement(_value: Reading, context: KeyedProcessContext<string>, out: Collector<string>): void {
    const endMs = Math.floor(context.timestamp()! / 3_000) * 3_000 + 2_999;
    context.timerService().registerEventTimeTimer(endMs);
    this.#steps.put(String(endMs), (this.#steps.get(String(endMs)) ?? 0) + 1);
    this.#all.update((this.#all.value() ?? 0) + 1);
    out.collect(`${context.currentKey()} ${this.#all.value()}`);
  }

  override onTimer(timerMs: number, context: OnTimerContext<string>, out: Collector<string>): void {
    out.collect(`${context.currentKey()} ${this.#steps.get(String(timerMs))} until ${timerMs}`);
    this.#steps.remove(String(timerMs));
  }
}

const airline = (i: number) => ({
  flight_departure_time: `2026-10-2${i % 9}T10:00:00`,
  flight_arrival_time: `2026-10-2${i % 9}T11:00:00`,
});

export const JOBS: Readonly<Record<string, Job>> = {
  "s16, a union of two sources": {
    define: (env, broker) => {
      const [skyone, sunset] = [SKYONE, SUNSET].map((from) =>
        env.fromSource(broker.source(from as typeof SKYONE), WatermarkStrategy.noWatermarks(), from.name)
      );
      merge(skyone as never, sunset as never, () => Date.UTC(2026, 9, 24)).sinkTo(broker.sink(FLIGHTDATA)).name("sink");
    },
    inputs: [
      ...records("skyone", 120, (i) => buildSkyone({ confirmation: `SKY${i}`, ...airline(i) })),
      ...records("sunset", 120, (i) => {
        const { flight_departure_time: departure_time, flight_arrival_time: arrival_time } = airline(i);
        return buildSunset({ reference_number: `SUN${i}`, departure_time, arrival_time });
      }),
    ],
    outputs: ["flightdata"],
  },
  "s20, windows with state that outlives them": {
    define: (env, broker) => {
      const flights = env.fromSource(broker.source(FLIGHTDATA), WatermarkStrategy.forMonotonousTimestamps(), "flights");
      statistics(flights, 10_000).sinkTo(broker.sink(USERSTATISTICS)).name("sink");
    },
    inputs: records(
      "flightdata",
      300,
      (i) => buildFlight({ email_address: `${i % 7}@email.com`, confirmation: `C${i}` }),
    ),
    outputs: ["userstatistics"],
  },
  "sessions behind a second key": {
    define: (env, broker) => {
      source(env, broker).keyBy(({ sensor }) => sensor)
        .window(TumblingEventTimeWindows.of(2_000)).maxBy("level").name("highest")
        .keyBy(({ level }) => level % 9).window(EventTimeSessionWindows.withGap(1_000))
        .reduce((a, b) => ({ sensor: a.sensor < b.sensor ? a.sensor : b.sensor, level: a.level + b.level })).name(
          "sessions",
        )
        .sinkTo(broker.sink(OUT)).name("out");
    },
    inputs: readings,
    outputs: ["out"],
  },
  "timers, state and side outputs that go their own ways": {
    define: (env, broker) => {
      const small = source(env, broker).process(new TakeAside()).name("take_aside");
      small.getSideOutput(LARGE).keyBy(({ sensor }) => sensor).process(new CountSteps()).name("count_steps")
        .sinkTo(broker.sink(OUT)).name("out");
      small.sinkTo(broker.sink(REST)).name("rest");
    },
    inputs: readings,
    outputs: ["out", "rest"],
  },
  "two keyed streams joined by time": {
    define: (env, broker) => {
      source(env, broker).keyBy(({ sensor }) => sensor)
        .intervalJoin(source(env, broker, LIMITS).keyBy(({ sensor }) => sensor)).between(-2_000, 1_000)
        .process({
          processElement: (left, right, _context, out) => out.collect(`${left.sensor} ${left.level}/${right.level}`),
        })
        .name("join").sinkTo(broker.sink(OUT)).name("out");
    },
    inputs: [...readings.slice(0, 150), ...records("limits", 150, (i) => reading(3 * i), (i) => (3 * i) % 7)]
      .sort((a, b) => a.timestampMs - b.timestampMs),
    outputs: ["out"],
  },
  "keys with fields, in any order, are one key": {
    define: (env, broker) => {
      let turn = 0;
      source(env, broker).keyBy(({ sensor, level }): { s: string; l?: number } => {
        const l = level % 2;
        return turn++ % 2 === 0 ? { s: sensor, l } : { l, s: sensor } as { s: string; l: number };
      }).window(TumblingEventTimeWindows.of(5_000))
        .reduce((a, b) => ({ sensor: a.sensor, level: a.level + b.level })).name("sum").sinkTo(broker.sink(OUT)).name(
          "out",
        );
    },
    inputs: readings,
    outputs: ["out"],
  },
  "dead letters, and functions that throw after they have emitted": {
    define: (env, broker) => {
      source(env, broker).flatMap((value: Reading, out: Collector<Reading>) => {
        out.collect(value);
        // One value alone of those at which a function throws behind the exchange, over which nothing is taken back.
        if (value.level < 50) out.collect({ ...value, level: value.level + 1_000 });
      }).name("twice").map((value) => {
        if (value.level === 1_037) throw new TypeError("37 is bad");
        return value;
      }).name("check").keyBy(({ sensor }) => sensor).reduce((_before, value) => {
        if (value.level === 74) throw new RangeError("74 is too much");
        return value;
      }).name("keyed_check").sinkTo(broker.sink(OUT)).name("out");
    },
    inputs: readings.map((record, i) => i % 50 === 9 ? { ...record, value: utf8("<html>") } : record),
    outputs: ["out", "job.dead-letters"],
  },
};
