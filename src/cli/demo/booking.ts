import type { Broker, OutgoingRecord, Producer } from "../../connectors/broker.ts";
import { BrokerError } from "../../connectors/broker_errors.ts";
import type { Clock } from "../../engine/mod.ts";
import type { Topic } from "../../models.ts";
import { type BookingPair, bookings } from "../../s05_data_gen.ts";
import { encodeJson, type Logger } from "../../utils.ts";
import { DEMO_TOPICS } from "./topics.ts";

/** One for all demos: a later one has the same travellers, and goes on with their bookings where the last one stopped. */
const SEED = 20;
const TICK_MS = 50;
const RETRY_MS = 1000;
/** So many bookings are passed over at a time; some ms. */
const SKIP_PAIRS = 2000;

/** How bookings are sent. */
export interface BookingOptions {
  /** Records a second of each airline. */
  readonly rate: number;
  /** Asked before each send: bookings pause while it says no. */
  readonly isWanted: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/**
 * Sends bookings of both airlines until the signal is aborted.
 *
 * `generate()` of lesson 5 begins anew each time it is called. A demo goes on: it passes over as many bookings as its topics
 * hold, else each run would book the same flights under the same confirmations again.
 *
 * @throws {BrokerError} if the broker fails and trying again will not help
 */
export async function sendBookings(broker: Broker, options: BookingOptions): Promise<void> {
  const { isWanted, clock, logger, signal } = options;
  while (!signal.aborted) {
    try {
      if (isWanted()) await sendWhileWanted(broker, options);
    } catch (error) {
      if (!(error instanceof BrokerError) || !error.retriable) throw error;
      logger.warn(`${error.message}; books on in ${RETRY_MS / 1000} s`);
      await clock.sleep(RETRY_MS, signal);
    }
    await clock.sleep(TICK_MS, signal);
  }
}

async function sendWhileWanted(broker: Broker, options: BookingOptions): Promise<void> {
  const { rate, isWanted, clock, signal } = options;
  const producer: Producer = await broker.producer();
  try {
    const source = await followingBookings(broker, clock, signal);
    for (let nextMs = clock.monotonicMs(); !signal.aborted && isWanted();) {
      const nowMs = clock.monotonicMs();
      // A machine that slept: go on from here, do not make up for it.
      nextMs = Math.max(nextMs, nowMs - 1000);
      const pairs: BookingPair[] = [];
      for (; nextMs <= nowMs; nextMs += 1000 / rate) pairs.push(source.next().value);
      if (pairs.length > 0) await producer.send(pairs.flatMap(toRecords));
      await clock.sleep(TICK_MS, signal);
    }
  } finally {
    await producer.close();
  }
}

/** The bookings that come after those which have been sent, by whomever. */
async function followingBookings(
  broker: Broker,
  clock: Clock,
  signal: AbortSignal,
): Promise<Generator<BookingPair, never>> {
  const topics = await broker.describeTopics([DEMO_TOPICS.skyone.name, DEMO_TOPICS.sunset.name]);
  const sent = Math.max(...topics.map(({ endOffsets }) => endOffsets.reduce((sum, end) => sum + end, 0)));
  const source = bookings({ seed: SEED, now: clock.now });
  for (let passed = 0; passed < sent && !signal.aborted; passed++) {
    source.next();
    if (passed % SKIP_PAIRS === 0) await clock.sleep(0); // the screen and Ctrl-C have their turn
  }
  return source;
}

function toRecords({ skyone, sunset, timestampMs }: BookingPair): OutgoingRecord[] {
  return [
    toRecord(DEMO_TOPICS.skyone, skyone, timestampMs),
    toRecord(DEMO_TOPICS.sunset, sunset, timestampMs),
  ];
}

function toRecord<T, K>(topic: Topic<T, K>, value: T, timestampMs: number): OutgoingRecord {
  return { topic: topic.name, key: encodeJson(topic.key(value)), value: encodeJson(value), timestampMs };
}
