// What does not compile is the promise here: a `@ts-expect-error` that expects nothing is an error of its own, so the type
// check of this file is the test. What stands in functions is not run.

import { assertEquals } from "@std/assert";
import {
  BroadcastProcessFunction,
  type Collector,
  CoProcessFunction,
  type DataStream,
  type KeyedBroadcastContext,
  KeyedBroadcastProcessFunction,
  KeyedCoProcessFunction,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type KeyedReadOnlyBroadcastContext,
  type KeyedRuntimeContext,
  type KeyedStream,
  OutputTag,
  type ProcessContext,
  ProcessFunction,
  type ReadOnlyBroadcastContext,
  type RuntimeContext,
  type Sink,
  StreamExecutionEnvironment,
} from "../../../src/engine/mod.ts";
import { ListStateDescriptor, MapStateDescriptor, ValueStateDescriptor } from "../../../src/engine/state/state.ts";
import { ManualClock } from "../../../src/engine/testing/manual_clock.ts";

interface Flight {
  readonly number: string;
  readonly price: number;
  readonly seats?: number;
  readonly via: string | number;
}

interface Booking {
  readonly flight: string;
  readonly email: string;
}

const env = new StreamExecutionEnvironment({ clock: new ManualClock() });
const flights = env.fromCollection<Flight>([]);
const bookings = env.fromCollection<Booking>([]);
const mixed = env.fromCollection<string | number>([]);
const byNumber = flights.keyBy(({ number }) => number);
const byFlight = bookings.keyBy(({ flight }) => flight);

const EMAILS = new OutputTag<{ readonly email: string }>("emails");
const COUNT = new ValueStateDescriptor<number>("count");
const RULES = new MapStateDescriptor<string, number>("rules");

function takes<T>(_stream: DataStream<T>): void {}

type Equal<A, B> = (<X>() => X extends A ? 1 : 2) extends (<X>() => X extends B ? 1 : 2) ? true : false;

/** True if the stream's records are of that very type. */
type Is<S, T> = S extends DataStream<infer R> ? Equal<R, T> : false;

function is<T extends true>(): T | undefined {
  return undefined;
}

class Words extends ProcessFunction<string, string> {
  processElement(value: string, _context: ProcessContext, out: Collector<string>): void {
    out.collect(value);
  }
}

class Count extends KeyedProcessFunction<string, Flight, number> {
  override open(context: KeyedRuntimeContext): void {
    context.getState(COUNT);
  }

  processElement(_value: Flight, _context: KeyedProcessContext<string>, out: Collector<number>): void {
    out.collect(1);
  }
}

Deno.test("streams keep the types of their records", () => {
  const numbers = flights.map(({ price }) => price);
  const letters = flights.flatMap(({ number }, out: Collector<string>) => out.collect(number));
  is<Is<typeof numbers, number>>();
  is<Is<typeof letters, string>>();
  is<Is<ReturnType<typeof byNumber.reduce>, Flight>>();
  const cheapest = byNumber.minBy("price");
  is<Is<typeof cheapest, Flight>>();

  // @ts-expect-error a length is no text
  const texts: DataStream<string> = numbers;
  assertEquals(typeof texts, "object");
});

Deno.test("filter() and split() narrow types by their type guards", () => {
  const texts = mixed.filter((value) => typeof value === "string");
  const all = mixed.filter((value) => value !== "");
  is<Is<typeof texts, string>>();
  is<Is<typeof all, string | number>>();

  const branches = mixed.split({
    text: (value) => typeof value === "string",
    small: (value) => typeof value === "number" && value < 10,
    named: (value): value is "a" | "b" => value === "a" || value === "b",
  });
  is<Is<typeof branches.text, string>>();
  is<Is<typeof branches.small, string | number>>();
  is<Is<typeof branches.named, "a" | "b">>();
  // @ts-expect-error no such branch
  assertEquals(branches.large, undefined);
});

Deno.test("a stream of flights is one of records that have what flights have, and not the other way round", () => {
  const takesNumbers = (stream: DataStream<{ readonly number: string }>) => stream;
  const takesKeyed = (stream: KeyedStream<{ readonly number: string }, string>) => stream;
  function firsts<T extends { readonly number: string }>(stream: DataStream<T>): DataStream<T> {
    takesNumbers(stream);
    takesNumbers(stream.map((value) => value));
    takesKeyed(stream.keyBy(({ number }) => number));
    return stream.filter(({ number }) => number !== "");
  }
  const same = firsts(flights);
  is<Is<typeof same, Flight>>();
  assertEquals([takesNumbers(flights.map((flight) => flight)), takesKeyed(byNumber)].length, 2);

  // @ts-expect-error a number alone is no flight
  takes<Flight>(env.fromCollection([{ number: "SKY1" }]));
});

Deno.test("union() takes streams of one type", () => {
  const texts = mixed.filter((value) => typeof value === "string");
  assertEquals(typeof mixed.union(texts), "object");

  // @ts-expect-error bookings are no flights
  assertEquals(typeof flights.union(bookings), "object");
  // @ts-expect-error what is wider is another type
  assertEquals(typeof texts.union(mixed), "object");
});

Deno.test("sinkTo() takes a sink of the stream's type", () => {
  const sinkOf = <T>(): Sink<T> => ({
    description: "nowhere",
    exactlyOnceWith: () => false,
    open: () => Promise.resolve({ write() {} }),
  });
  flights.sinkTo(sinkOf<Flight>());
  flights.sinkTo(sinkOf<{ readonly number: string }>());
  flights.sinkTo(sinkOf<unknown>());
  flights.map(({ number }) => number).sinkTo(sinkOf<string>());

  // @ts-expect-error a sink of bookings takes no flights
  assertEquals(typeof flights.sinkTo(sinkOf<Booking>()), "object");
});

Deno.test("keyBy() takes keys that can be stored", () => {
  flights.keyBy(({ price }) => price);
  flights.keyBy(({ number, price }) => [number, price]);
  flights.keyBy(({ number, price }) => ({ number, price }));

  // @ts-expect-error undefined is no key
  flights.keyBy(({ seats }) => seats);
  // @ts-expect-error a date is no key
  flights.keyBy(() => new Date(0));
});

Deno.test("sum() takes fields that are numbers, min() and its like numbers or texts", () => {
  byNumber.sum("price");
  byNumber.min("price");
  byNumber.max("number");
  byNumber.minBy("number");
  byNumber.maxBy("price", false);
  const words = env.fromCollection<readonly [string, number]>([]).keyBy(([word]) => word);
  words.sum(1);
  words.maxBy(0);

  // @ts-expect-error a text has no sum
  byNumber.sum("number");
  // @ts-expect-error a field that may be missing
  byNumber.sum("seats");
  // @ts-expect-error a field that is not there
  byNumber.min("arrival");
  // @ts-expect-error now a number, now a text
  byNumber.max("via");
  // @ts-expect-error texts have no field of a name
  mixed.filter((value) => typeof value === "string").keyBy((text) => text).min("price");
  // @ts-expect-error a text has no sum
  words.sum(0);
  // @ts-expect-error the tuple has two
  assertEquals(typeof words.min(2), "object");
});

Deno.test("process() infers what its function gives, and takes what fits the stream", () => {
  const texts = mixed.filter((value) => typeof value === "string");
  const words = texts.process(new Words());
  const counts = byNumber.process(new Count());
  const inline = flights.process({
    processElement: ({ price }, _context, out: Collector<number>) => out.collect(price),
  });
  const annotated = byNumber.process<string>({
    processElement: ({ number }, context, out) => out.collect(number + context.currentKey().length),
    onTimer: (timestampMs, context, out) => out.collect(`${timestampMs} ${context.timeDomain()}`),
  });
  is<Is<typeof words, string>>();
  is<Is<typeof counts, number>>();
  is<Is<typeof inline, number>>();
  is<Is<typeof annotated, string>>();
  is<Is<ReturnType<typeof texts.process<string>>, string>>();

  // @ts-expect-error a function of texts takes no numbers
  mixed.process(new Words());
  // @ts-expect-error it needs a key
  flights.process(new Count());
  // @ts-expect-error it needs a key that is a text
  flights.keyBy(({ price }) => price).process(new Count());
  // @ts-expect-error a function of flights takes no bookings
  byFlight.process(new Count());
  // @ts-expect-error it collects texts
  byNumber.process<string>({ processElement: (_value, _context, out) => out.collect(1) });
});

Deno.test("there is no state and there are no timers without key", () => {
  class Stateful extends ProcessFunction<Flight, Flight> {
    override open(context: RuntimeContext): void {
      // @ts-expect-error no state
      context.getState(COUNT);
    }

    processElement(_value: Flight, context: ProcessContext): void {
      context.timerService().currentWatermark();
      // @ts-expect-error no timers
      context.timerService().registerEventTimeTimer(1);
      // @ts-expect-error no timers
      context.timerService().registerProcessingTimeTimer(1);
      // @ts-expect-error no key
      context.currentKey();
    }

    // @ts-expect-error there is nothing that would call it
    override onTimer(): void {}
  }
  class Merge extends CoProcessFunction<Flight, Booking, string> {
    override open(context: RuntimeContext): void {
      // @ts-expect-error no state
      context.getMapState(RULES);
    }

    processElement1(_value: Flight, context: ProcessContext): void {
      // @ts-expect-error no timers
      context.timerService().deleteEventTimeTimer(1);
    }

    processElement2(): void {}
  }
  flights.process(new Stateful());
  flights.connect(bookings).process(new Merge());
  flights.connect(bookings).map({
    // @ts-expect-error no state
    open: (context) => context.getState(COUNT),
    map1: () => 1,
    map2: () => 2,
  });
  // @ts-expect-error its open() wants state
  flights.connect(bookings).map({ open: (context: KeyedRuntimeContext) => void context, map1: () => 1, map2: () => 2 });
});

Deno.test("output() takes what the tag says, and getSideOutput() gives it", () => {
  const processed = flights.process<string>({
    processElement({ number }, context) {
      context.output(EMAILS, { email: number });
      // @ts-expect-error a text is no record with an email
      context.output(EMAILS, number);
      // @ts-expect-error the tag says email
      context.output(EMAILS, { mail: number });
      const maybe = { email: number } as { readonly email?: string };
      // @ts-expect-error what may lack it is wider
      context.output(EMAILS, maybe);
    },
  });
  const emails = processed.getSideOutput(EMAILS);
  is<Is<typeof emails, { readonly email: string }>>();

  // @ts-expect-error they are no flights
  takes<Flight>(processed.getSideOutput(EMAILS));
  // @ts-expect-error only an operator has side outputs, a union has none
  const united = () => flights.union(flights.map((flight) => flight)).getSideOutput(EMAILS);
  assertEquals(typeof united, "function");
});

Deno.test("connect() takes streams whose keys are of one type", () => {
  class Pair extends KeyedCoProcessFunction<string, Flight, Booking, string> {
    processElement1(_flight: Flight, context: KeyedProcessContext<string>, out: Collector<string>): void {
      out.collect(context.currentKey());
    }

    processElement2(): void {}
  }
  const pairs = byNumber.connect(byFlight).process(new Pair());
  const others = flights.connect(bookings).keyBy(({ number }) => number, ({ flight }) => flight).process(new Pair());
  const mapped = byNumber.connect(byFlight).map({ map1: ({ price }) => price, map2: ({ email }) => email.length });
  is<Is<typeof pairs, string>>();
  is<Is<typeof others, string>>();
  is<Is<typeof mapped, number>>();

  // @ts-expect-error keys are texts here and numbers there
  byNumber.connect(bookings.keyBy(({ email }) => email.length));
  // @ts-expect-error a key here and none there
  const half = () => byNumber.connect(bookings);
  // @ts-expect-error the keys of the two streams differ here too
  flights.connect(bookings).keyBy(({ number }) => number, ({ email }) => email.length);
  // @ts-expect-error it needs a key
  flights.connect(bookings).process(new Pair());
  // @ts-expect-error the other way round
  byFlight.connect(byNumber).process(new Pair());
  assertEquals(typeof half, "function");
});

Deno.test("only the broadcast stream writes broadcast state", () => {
  const rules = env.fromCollection<number>([]).broadcast(RULES);
  class Ruled extends KeyedBroadcastProcessFunction<string, Flight, number, string> {
    processElement(_value: Flight, context: KeyedReadOnlyBroadcastContext<string>, out: Collector<string>): void {
      const limit: number | undefined = context.getBroadcastState(RULES).get("limit");
      out.collect(`${limit} ${context.currentKey()}`);
      context.timerService().registerEventTimeTimer(1);
      // @ts-expect-error read-only
      context.getBroadcastState(RULES).put("limit", 1);
      // @ts-expect-error its own key's only
      context.applyToKeyedState(COUNT, () => {});
    }

    processBroadcastElement(value: number, context: KeyedBroadcastContext<string>): void {
      context.getBroadcastState(RULES).put("limit", value);
      context.applyToKeyedState(COUNT, (key, count) => count.update(key.length));
      context.applyToKeyedState(new ListStateDescriptor<number>("list"), (_key, list) => list.add(value));
      // @ts-expect-error limits are numbers
      context.getBroadcastState(RULES).put("limit", "1");
      // @ts-expect-error no key
      context.currentKey();
      // @ts-expect-error no timers
      context.timerService().registerEventTimeTimer(1);
    }
  }
  class Plain extends BroadcastProcessFunction<Flight, number, string> {
    processElement(_value: Flight, context: ReadOnlyBroadcastContext, out: Collector<string>): void {
      out.collect([...context.getBroadcastState(RULES).keys()].join());
      // @ts-expect-error no timers
      context.timerService().registerEventTimeTimer(1);
    }

    processBroadcastElement(): void {}
  }
  const keyed = byNumber.connect(rules).process(new Ruled());
  const plain = flights.connect(rules).process(new Plain());
  is<Is<typeof keyed, string>>();
  is<Is<typeof plain, string>>();

  // @ts-expect-error it needs a key
  flights.connect(rules).process(new Ruled());
  // @ts-expect-error a broadcast stream is to be connected
  const mapped = () => rules.map((rule: number) => rule);
  // @ts-expect-error it needs a state that keeps its records
  const nothing = () => flights.broadcast();
  // @ts-expect-error of a map
  const value = () => flights.broadcast(COUNT);
  assertEquals([mapped, nothing, value].length, 3);
});
