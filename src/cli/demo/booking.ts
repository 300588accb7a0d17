import { isRetriable } from "../../engine/internal.ts";
import { type Broker, BrokerError } from "../../connectors/mod.ts";
import type { Clock } from "../../engine/mod.ts";
import { type BookingPair, bookings, generate } from "../../s05_data_gen.ts";
import type { Logger } from "../../utils.ts";
import { DEMO_TOPICS } from "./topics.ts";

/** The same for all demos: a later one has the same travellers, and continues with their bookings. */
const SEED = 20;
/** How often to check whether bookings are wanted, ms. */
const TICK_MS = 50;
const RETRY_MS = 1000;
/** How many bookings are skipped at a time, before the screen and Ctrl-C are served. */
const SKIP_PAIRS = 2000;

/** How bookings are sent. */
export interface BookingOptions {
  /** Records a second of each airline. */
  readonly rate: number;
  /** Called before and after each send: bookings pause while it returns false. */
  readonly isWanted: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/**
 * Sends bookings of both airlines by lesson 5's `generate()` until the signal is aborted.
 *
 * A demo continues an earlier one: it skips as many bookings as its topics hold, else each run would book the same flights under
 * the same confirmations again.
 *
 * @throws {BrokerError} if the broker fails and a retry will not help
 */
export async function sendBookings(broker: Broker, options: BookingOptions): Promise<void> {
  const { isWanted, clock, logger, signal } = options;
  while (!signal.aborted) {
    try {
      if (isWanted()) await sendWhileWanted(broker, options);
    } catch (error) {
      if (!(error instanceof BrokerError && isRetriable(error))) throw error;
      logger.warn(`${error.message}; books on in ${RETRY_MS / 1000} s`);
      await clock.sleep(RETRY_MS, signal);
    }
    await clock.sleep(TICK_MS, signal);
  }
}

async function sendWhileWanted(broker: Broker, { rate, isWanted, clock, signal }: BookingOptions): Promise<void> {
  const unwanted = new AbortController();
  await generate(broker, {
    bookings: await followingBookings(broker, clock, signal),
    topics: DEMO_TOPICS,
    rate,
    seed: SEED,
    clock,
    signal: AbortSignal.any([signal, unwanted.signal]),
    onProgress: () => {
      if (!isWanted()) unwanted.abort();
    },
  });
}

/** The bookings after those that have been sent by any demo. */
async function followingBookings(
  broker: Broker,
  clock: Clock,
  signal: AbortSignal,
): Promise<Generator<BookingPair, never>> {
  const topics = await broker.describeTopics([DEMO_TOPICS.skyone.name, DEMO_TOPICS.sunset.name]);
  const sent = Math.max(...topics.map(({ endOffsets }) => endOffsets.reduce((sum, end) => sum + end, 0)));
  const pairs = bookings({ seed: SEED, now: clock.now });
  for (let passed = 0; passed < sent && !signal.aborted; passed++) {
    pairs.next();
    if (passed % SKIP_PAIRS === 0) await clock.sleep(0);
  }
  return pairs;
}
