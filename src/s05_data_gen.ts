/**
 * Lesson 5: make up bookings of two airlines, so that there is something to stream.
 *
 *     bookings() ──┬── skyone, keyed by ref (its confirmation)
 *                  └── sunset, keyed by ref (its reference_number)
 *
 * A few travellers book again and again, else no total would ever grow. Their flights leave some days before or after the
 * booking.
 *
 * New here: a record has a key, a value and a timestamp, which is its event time: when the booking was made.
 * Run `deno task gen --create` for a slow, endless trickle; `--start 2026-01-01T00:00:00 --rate max --count 36000` makes an
 * hour of bookings in a second.
 */
import { type Broker, openBroker } from "./connectors/mod.ts";
import { type Clock, SYSTEM_CLOCK } from "./engine/mod.ts";
import { Chance, genOptions, jsonRecord, Pace, type PaceOptions, prepareTopics, Progress } from "./gen/mod.ts";
import { flightDurationMinutes, SKYONE, type SkyoneData, SUNSET, type SunsetData, type Topic } from "./models.ts";
import { brokerSettings, createLogger, formatCount, runMain } from "./utils.ts";

/** One booking of each airline, made at the same moment. */
export interface BookingPair {
  readonly skyone: SkyoneData;
  readonly sunset: SunsetData;
  /** Event time of both, ms since the Unix epoch. */
  readonly timestampMs: number;
}

/** What decides over bookings: with the same seed, users, start and step they are the same, byte for byte. */
export interface BookingsOptions {
  readonly seed: number;
  /** How many travellers there are; default 100. */
  readonly users?: number;
  /** Event time of the first pair, ms since the Unix epoch; left out, event time is the clock. */
  readonly startMs?: number | undefined;
  /** Event time between two pairs from `startMs` on; default 100. */
  readonly stepMs?: number | undefined;
  /** The clock, ms since the Unix epoch. */
  readonly now?: () => number;
}

/** Bookings without end. */
export function* bookings(options: BookingsOptions): Generator<BookingPair, never> {
  const { seed, users = 100, startMs, stepMs = 100, now = Date.now } = options;
  const chance = new Chance(seed);
  const travellers = chance.travellers(users);
  for (let i = 0;; i++) {
    const timestampMs = startMs === undefined ? now() : startMs + i * stepMs;
    yield {
      skyone: bookSkyone(chance, travellers, timestampMs),
      sunset: bookSunset(chance, travellers, timestampMs),
      timestampMs,
    };
  }
}

function bookSkyone(chance: Chance, travellers: readonly string[], timestampMs: number): SkyoneData {
  const [departure, arrival] = chance.flight(timestampMs);
  return {
    email_address: chance.oneOf(travellers),
    flight_departure_time: departure,
    iata_departure_code: chance.airport(),
    flight_arrival_time: arrival,
    iata_arrival_code: chance.airport(),
    flight_number: `SKY1${chance.between(0, 999)}`,
    confirmation: `SKY1${chance.letters(6)}`,
    ticket_price: chance.between(500, 1499),
    aircraft: `Aircraft${chance.letters(3)}`,
    booking_agency_email: chance.oneOf(travellers),
  };
}

function bookSunset(chance: Chance, travellers: readonly string[], timestampMs: number): SunsetData {
  const [departure, arrival] = chance.flight(timestampMs);
  return {
    customer_email_address: chance.oneOf(travellers),
    departure_time: departure,
    departure_airport: chance.airport(),
    arrival_time: arrival,
    arrival_airport: chance.airport(),
    flight_duration: flightDurationMinutes({ departure_time: departure, arrival_time: arrival }),
    flight_id: `SUN${chance.between(0, 999)}`,
    reference_number: `SUN${chance.letters(6)}`,
    total_price: chance.between(300, 1799),
    aircraft_details: `Aircraft${chance.letters(4)}`,
  };
}

/** How bookings are sent. */
export interface GenerateOptions extends Pick<PaceOptions, "rate" | "seed"> {
  readonly bookings: Iterator<BookingPair>;
  /** Where they go; default `skyone` and `sunset`. */
  readonly topics?: { readonly skyone: Topic<SkyoneData, unknown>; readonly sunset: Topic<SunsetData, unknown> };
  /** Records of each airline; default: until the signal is aborted. */
  readonly count?: number;
  /** Called after each send: how many records of each airline have been sent, and the event time of the last. */
  readonly onProgress?: (sent: number, timestampMs: number) => void;
  readonly clock?: Clock;
  readonly signal: AbortSignal;
}

/**
 * Sends bookings until `count` is reached or the signal aborted, no faster than the broker takes them.
 * @throws {BrokerError} if a topic is missing or the broker fails
 */
export async function generate(broker: Broker, options: GenerateOptions): Promise<void> {
  const { bookings: pairs, topics = { skyone: SKYONE, sunset: SUNSET }, count = Infinity, onProgress, signal } =
    options;
  const pace = new Pace({ clock: SYSTEM_CLOCK, ...options });
  const producer = await broker.producer();
  let sending = Promise.resolve();
  let drawn = 0;
  try {
    while (!signal.aborted && drawn < count) {
      const due = Array.from({ length: pace.due(count - drawn) }, () => pairs.next().value);
      const sent = drawn += due.length;
      const records = due.flatMap(({ skyone, sunset, timestampMs }) => [
        jsonRecord(topics.skyone, skyone, timestampMs),
        jsonRecord(topics.sunset, sunset, timestampMs),
      ]);
      await sending; // while it was under way, these were made
      const last = due.at(-1);
      if (last) sending = producer.send(records).then(() => onProgress?.(sent, last.timestampMs));
      if (pace.isHurried) continue;
      await sending;
      if (drawn < count) await pace.wait(signal);
    }
    await sending;
  } finally {
    await producer.close();
  }
}

async function main(signal: AbortSignal): Promise<void> {
  const { create, replicas, rate, count, seed, users, startMs, stepMs } = genOptions(Deno.args);
  const progress = new Progress({ count, showTime: startMs !== undefined });
  const logger = createLogger({ write: (line) => progress.writeLine(line), now: Date.now });
  await using broker = await openBroker({ settings: brokerSettings(), logger });
  await prepareTopics(broker.port, { create, logger, replicas, signal });
  logger.info(`Bookings of ${formatCount(users)} travellers, --seed ${seed}`);
  const pairs = bookings({ seed, users, startMs, stepMs });
  const onProgress = progress.start();
  try {
    await generate(broker.port, { bookings: pairs, rate, seed, count, signal, onProgress });
  } finally {
    logger.info(progress.summary());
  }
}

if (import.meta.main) await runMain(main);
