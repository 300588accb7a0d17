/**
 * What the lessons have not: broadcast state, asynchronous calls behind it, and event time by functions of the job.
 *
 *     flightdata ──┬── keyBy ── name_airports ── look_up ── vocabulary-named
 *     names ───────│───────────────┘ (broadcast)
 *                  └── keyBy ── windows of a minute ── vocabulary-counts
 */
import { openBroker, type Topic } from "../../../src/connectors/mod.ts";
import {
  AsyncDataStream,
  type Collector,
  type KeyedBroadcastContext,
  KeyedBroadcastProcessFunction,
  type KeyedReadOnlyBroadcastContext,
  type KeyedRuntimeContext,
  type ListState,
  ListStateDescriptor,
  MapStateDescriptor,
  StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  WatermarkStrategy,
} from "../../../src/engine/mod.ts";
import { FLIGHTDATA, type FlightData } from "../../../src/models.ts";
import { jobOptions, runMain } from "../../../src/utils.ts";
import { z } from "zod";

interface Name {
  readonly code: string;
  readonly name: string;
}

const CODES =
  "ATL DFW DEN ORD LAX CLT MCO LAS PHX MIA SEA IAH JFK EWR FLL MSP SFO DTW BOS SLC PHL BWI TPA SAN LGA MDW BNA IAD DCA AUS"
    .split(" ");
const NAMES = new MapStateDescriptor<string, string>("names");
const UNNAMED = new ListStateDescriptor<string>("unnamed");

/** Says where each flight goes from. Flights that come before the name of their airport wait for it, so no order matters. */
class NameAirports extends KeyedBroadcastProcessFunction<string, FlightData, Name, string> {
  #unnamed!: ListState<string>;

  override open(context: KeyedRuntimeContext): void {
    this.#unnamed = context.getListState(UNNAMED);
  }

  override processElement(
    { confirmation, departure_airport_code: code }: FlightData,
    context: KeyedReadOnlyBroadcastContext<string>,
    out: Collector<string>,
  ): void {
    const name = context.getBroadcastState(NAMES).get(code);
    if (name === undefined) this.#unnamed.add(confirmation);
    else out.collect(`${confirmation} from ${name}`);
  }

  override processBroadcastElement(
    { code, name }: Name,
    context: KeyedBroadcastContext<string>,
    out: Collector<string>,
  ): void {
    context.getBroadcastState(NAMES).put(code, name);
    out.collect(`${code} is ${name}`);
    context.applyToKeyedState(UNNAMED, (key, unnamed) => {
      if (key !== code) return;
      for (const confirmation of unnamed.get()) out.collect(`${confirmation} from ${name}`);
      unnamed.clear();
    });
  }
}

function topic(name: string): Topic<string, string> {
  return { name, schema: z.string(), key: (text) => text.split(" ")[0]! };
}

async function main(): Promise<void> {
  const options = jobOptions("vocabulary_job", Deno.args);
  await using broker = await openBroker(options);
  const env = new StreamExecutionEnvironment({ ...options, store: broker });
  const time = WatermarkStrategy.forBoundedOutOfOrderness<FlightData>(1_000)
    .withTimestampAssigner((_flight, timestampMs) => timestampMs + 1);
  const flights = env.fromSource(broker.source(FLIGHTDATA), time, "flights").keyBy((flight) =>
    flight.departure_airport_code
  );
  const names = env.fromCollection(CODES.map((code): Name => ({ code, name: `airport ${code.toLowerCase()}` })));

  const named = flights.connect(names.name("names").broadcast(NAMES)).process(new NameAirports()).name("name_airports");
  const lookUp = async (text: string) => {
    await new Promise((resolve) => setTimeout(resolve, text.length % 5));
    return [`${text}!`];
  };
  AsyncDataStream.unorderedWait(named, lookUp, { timeoutMs: 60_000, capacity: 20 }).name("look_up")
    .sinkTo(broker.sink(topic("vocabulary-named"))).name("named");

  flights.window(TumblingEventTimeWindows.of(60_000))
    .aggregate({
      createAccumulator: () => 0,
      add: (_flight, count) => count + 1,
      getResult: (count) => count,
      merge: (a, b) => a + b,
    }, { process: (code, _context, [count], out) => out.collect(`${code} ${count}`) })
    .name("count").sinkTo(broker.sink(topic("vocabulary-counts"))).name("counts");
  await env.execute();
}

if (import.meta.main) await runMain(main);
