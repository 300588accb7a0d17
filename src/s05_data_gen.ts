/**
 * Lesson 5: make up bookings of two airlines, so that there is something to stream.
 *
 *     bookings() ──┬── skyone, keyed by ref (its confirmation)
 *                  └── sunset, keyed by ref (its reference_number)
 *
 * A few travellers book again and again, else nothing would ever accumulate. Their flights leave some days before or
 * after the event time of the booking, which is the timestamp of its record. Run `deno task gen --create` for a slow, endless
 * trickle; with `--start 2026-01-01T00:00:00 --rate max --count 36000` an hour of bookings takes a second.
 */
import type { Faker } from "@faker-js/faker";
import { faker as baseFaker } from "@faker-js/faker/locale/base";
import type { Broker, OutgoingRecord } from "./connectors/broker.ts";
import { BrokerError, JobActiveError, UnknownTopicError } from "./connectors/broker_errors.ts";
import { openBroker } from "./connectors/mod.ts";
import { type Clock, formatTime, SYSTEM_CLOCK } from "./engine/mod.ts";
import type { SkyoneData, SunsetData, Topic } from "./models.ts";
import { FLIGHTDATA, flightDurationMinutes, SKYONE, SUNSET, USERSTATISTICS } from "./models.ts";
import type { Flags, Logger } from "./utils.ts";
import {
  brokerSettings,
  createLogger,
  encodeJson,
  formatCount,
  parseFlags,
  parsePositiveDuration,
  parseTime,
  REPLICATION_FLAG,
  runMain,
  UsageError,
  wholeNumber,
  writeError,
} from "./utils.ts";

const TOPICS = [SKYONE, SUNSET, FLIGHTDATA, USERSTATISTICS].map((topic) => topic.name);
const PARTITIONS = 5;

/** That of jobs, if they are not told otherwise. */
const SESSION_TIMEOUT_MS = 10_000;

/** At most so many are sent at a time. */
const BATCH_PAIRS = 500;
/** Between two small sends at least, ms: a broker likes one send of twenty records better than twenty of one. */
const TICK_MS = 20;
/** After so long without a turn the event loop gets one, ms: a broker that answers at once would keep Ctrl-C out. */
const TURN_MS = 100;

const DAY_MS = 86_400_000;
const AIRPORTS =
  ("ATL DFW DEN ORD LAX CLT MCO LAS PHX MIA SEA IAH JFK EWR FLL MSP SFO DTW BOS SLC PHL BWI TPA SAN LGA MDW BNA IAD " +
    "DCA AUS").split(" ");

/** One booking of each airline, made at the same moment. */
export interface BookingPair {
  readonly skyone: SkyoneData;
  readonly sunset: SunsetData;
  /** Event time of both, ms since the Unix epoch. */
  readonly timestampMs: number;
}

/** What decides over bookings. */
export interface BookingsOptions {
  readonly seed: number;
  /** How many travellers there are; default 100. */
  readonly users?: number;
  /** Event time of the first pair, ms since the Unix epoch; left out, event time is the clock. */
  readonly startMs?: number | undefined;
  /** Event time between two pairs from `startMs` on; default 100. */
  readonly stepMs?: number;
  /** The clock, ms since the Unix epoch. */
  readonly now?: () => number;
}

/**
 * Bookings without end. The same seed, users, start and step give the same bookings, byte for byte.
 *
 * Flights leave −20…+59 days from the event time, at any time of day of this machine's zone, and take up to 15 hours.
 */
export function* bookings(options: BookingsOptions): Generator<BookingPair, never> {
  const { seed, users = 100, startMs, stepMs = 100, now = Date.now } = options;
  const chance = new Chance(seed);
  const emails = new Set<string>();
  while (emails.size < users) emails.add(`${chance.letters(5)}@email.com`);
  const travellers = [...emails];

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
    iata_departure_code: chance.oneOf(AIRPORTS),
    flight_arrival_time: arrival,
    iata_arrival_code: chance.oneOf(AIRPORTS),
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
    departure_airport: chance.oneOf(AIRPORTS),
    arrival_time: arrival,
    arrival_airport: chance.oneOf(AIRPORTS),
    flight_duration: flightDurationMinutes({ departure_time: departure, arrival_time: arrival }),
    flight_id: `SUN${chance.between(0, 999)}`,
    reference_number: `SUN${chance.letters(6)}`,
    total_price: chance.between(300, 1799),
    aircraft_details: `Aircraft${chance.letters(4)}`,
  };
}

/** Seeded draws, one number each: faker's own letters take fifty times as long. */
class Chance {
  readonly #faker: Faker;

  constructor(seed: number) {
    // A generator of its own, but of the small locale: the whole package takes 85 ms and 40 MB to load 70 of them.
    this.#faker = new (baseFaker.constructor as typeof Faker)({ locale: {}, seed });
  }

  /** A whole number, both ends included. */
  between(min: number, max: number): number {
    return this.#faker.number.int({ min, max });
  }

  oneOf<T>(choices: readonly T[]): T {
    return choices[this.between(0, choices.length - 1)]!;
  }

  /** Capital letters. */
  letters(length: number): string {
    let rest = this.between(0, 26 ** length - 1);
    let letters = "";
    for (let i = 0; i < length; i++, rest = Math.floor(rest / 26)) letters += String.fromCharCode(65 + rest % 26);
    return letters;
  }

  /** Departure and arrival, as the wall clock shows them. */
  flight(timestampMs: number): [departure: string, arrival: string] {
    // Counted on the wall clock: a change to summer time between booking and flight must not move the flight.
    const bookedMs = timestampMs - new Date(timestampMs).getTimezoneOffset() * 60_000;
    const midnightMs = Math.floor(bookedMs / DAY_MS) * DAY_MS;
    const departureMs = midnightMs + this.between(-20, 59) * DAY_MS + this.between(0, DAY_MS - 1);
    const arrivalMs = departureMs + this.between(0, 15 * 3600 - 1) * 1000;
    return [wallClockText(departureMs), wallClockText(arrivalMs)];
  }
}

/** "2026-10-19T12:34:56.789" */
function wallClockText(wallClockMs: number): string {
  return new Date(wallClockMs).toISOString().slice(0, -1);
}

/** How bookings are sent. */
export interface GenerateOptions extends BookingsOptions {
  /** Records a second of each source, Infinity for as many as possible; left out, 1–3 as in the course. */
  readonly rate?: number | undefined;
  /** Records of each source; default: until the signal is aborted. */
  readonly count?: number;
  /** Is told after each send how many records of each source have been sent, and the event time of the last. */
  readonly onProgress?: (sent: number, timestampMs: number) => void;
  readonly clock?: Clock;
  readonly signal: AbortSignal;
}

/**
 * Sends bookings to skyone and sunset until `count` is reached or the signal aborted, waiting for the broker to take
 * them.
 *
 * @throws {BrokerError} if a topic is missing or the broker fails; what `onProgress` was told of is sent
 */
export async function generate(broker: Broker, options: GenerateOptions): Promise<void> {
  const { rate, count = Infinity, onProgress = () => {}, clock = SYSTEM_CLOCK, signal } = options;
  const source = bookings({ now: clock.now, ...options });
  // Draws of their own: the bookings do not depend on the rate.
  const intervals = intervalsMs(rate, new Chance(options.seed));
  const producer = await broker.producer();
  let sending: Promise<void> = Promise.resolve();
  let drawn = 0;
  let nextMs = clock.monotonicMs();
  let turnMs = nextMs + TURN_MS;
  try {
    while (!signal.aborted && drawn < count) {
      const nowMs = clock.monotonicMs();
      // A broker that was slow or a machine that slept: go on from here, do not make up for it.
      nextMs = Math.max(nextMs, nowMs - 1000);
      const pairs: BookingPair[] = [];
      for (; nextMs <= nowMs && drawn < count && pairs.length < BATCH_PAIRS; drawn++) {
        pairs.push(source.next().value);
        nextMs += intervals.next().value;
      }

      await sending; // while it was under way, these were made
      const last = pairs.at(-1);
      if (last !== undefined) {
        const sent = drawn;
        sending = producer.send(toRecords(pairs)).then(() => onProgress(sent, last.timestampMs));
      }

      const isBehind = pairs.length === BATCH_PAIRS;
      if (isBehind && nowMs < turnMs) continue;
      await sending;
      if (drawn < count) await clock.sleep(isBehind ? 0 : Math.max(nextMs - clock.monotonicMs(), TICK_MS), signal);
      turnMs = clock.monotonicMs() + TURN_MS;
    }
    await sending;
  } finally {
    await producer.close();
  }
}

/** From one pair to the next. */
function* intervalsMs(rate: number | undefined, chance: Chance): Generator<number, never> {
  while (rate !== undefined) yield 1000 / rate;
  while (true) {
    const count = chance.between(1, 3);
    // Whole ms, so that they fill the second exactly.
    for (let i = 0; i < count; i++) yield Math.floor((i + 1) * 1000 / count) - Math.floor(i * 1000 / count);
  }
}

function toRecords(pairs: readonly BookingPair[]): OutgoingRecord[] {
  return pairs.flatMap(({ skyone, sunset, timestampMs }) => [
    toRecord(SKYONE, skyone, timestampMs),
    toRecord(SUNSET, sunset, timestampMs),
  ]);
}

function toRecord<T, K>(topic: Topic<T, K>, value: T, timestampMs: number): OutgoingRecord {
  return { topic: topic.name, key: encodeJson(topic.key(value)), value: encodeJson(value), timestampMs };
}

/** @throws {UnknownTopicError} saying what to do, if a topic is missing that bookings are sent to */
export async function requireTopics(broker: Broker): Promise<void> {
  try {
    await broker.describeTopics([SKYONE.name, SUNSET.name]);
  } catch (error) {
    if (!(error instanceof UnknownTopicError)) throw error;
    const names = error.topics.map((name) => `"${name}"`).join(" and ");
    throw new UnknownTopicError(
      error.topics,
      `Cannot send bookings to ${names}: no such topic; add --create to create it`,
    );
  }
}

/**
 * Makes the four topics anew, empty, and forgets what jobs that read them had here: a position in a topic that is gone
 * would be wrong in the new one.
 *
 * @param options.replicas copies of each; left out: as the broker is set
 * @throws {BrokerError} naming the jobs, if some are running; then nothing has changed
 */
export async function recreateTopics(
  broker: Broker,
  logger: Logger,
  options: { readonly replicas?: number | undefined; readonly signal?: AbortSignal } = {},
): Promise<void> {
  const { signal = new AbortController().signal, ...settings } = options;
  const jobs = await broker.jobsReading(TOPICS);
  const running: string[] = [];
  for (const { job, running: seems } of jobs) if (seems && await lives(broker, job, signal)) running.push(job);
  if (running.length > 0) {
    throw new BrokerError(
      `Cannot create the topics anew while they are read by ${running.join(" and ")}: stop ` +
        `${running.length === 1 ? "it" : "them"} first`,
    );
  }
  for (const { job } of jobs) {
    await broker.dropJob(job);
    logger.info(`Removed the commits, state and dead letters of ${job}`);
  }
  const existing = new Set(await broker.listTopics());
  const old = TOPICS.filter((name) => existing.has(name));
  if (old.length > 0) {
    await broker.deleteTopics(old);
    logger.info(`Deleted ${old.join(", ")}`);
  }
  await broker.createTopics(TOPICS.map((name) => ({ name, partitions: PARTITIONS, ...settings })));
  logger.info(`Created ${TOPICS.join(", ")} with ${PARTITIONS} partitions each`);
}

/** Whether a job that seems to run does: one that was killed a moment ago is waited for. */
async function lives(broker: Broker, job: string, signal: AbortSignal): Promise<boolean> {
  try {
    const lease = await broker.openJob({
      job,
      topics: [],
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      transactional: true,
      whenActive: "refuse",
      onStandby: () => {},
      signal,
    });
    await lease.release();
    return false;
  } catch (error) {
    if (error instanceof JobActiveError) return true;
    throw error;
  }
}

const FLAGS = {
  create: { help: "first delete and create the four topics, and forget the jobs that read them" },
  replicas: REPLICATION_FLAG,
  rate: {
    value: "N|max",
    parse: parseRate,
    help: "records a second of each source (default: 1 to 3, as in the course)",
  },
  count: {
    value: "N",
    parse: wholeNumber({ min: 0 }),
    otherwise: Infinity,
    help: "stop after so many records of each source (default: go on until Ctrl-C)",
  },
  users: { value: "N", default: "100", parse: wholeNumber({ min: 1, max: 1_000_000 }), help: "number of travellers" },
  seed: {
    value: "N",
    parse: wholeNumber({ min: 0, max: 2 ** 32 - 1 }),
    help: "same seed, start, step and count: same records (default: another one each time)",
  },
  startMs: {
    name: "start",
    value: "TIME",
    parse: parseTime,
    help: "event time of the first record (default: event time is the clock)",
  },
  stepMs: {
    name: "step",
    value: "DURATION",
    parse: parsePositiveDuration,
    help: "event time from one record of a source to the next, with --start (default: 100ms)",
  },
} as const satisfies Flags;

function parseRate(text: string): number {
  const rate = text === "max" ? Infinity : Number(text);
  if (!(rate > 0)) throw new RangeError(`"${text}" is neither a number above 0 nor max`);
  return rate;
}

async function main(signal: AbortSignal): Promise<void> {
  const flags = parseFlags(Deno.args, FLAGS, {
    command: "deno task gen",
    describe: "Sends made-up bookings of two airlines to the topics skyone and sunset.",
  });
  const { create, replicas, count, users, startMs, stepMs = 100, rate, seed = Math.floor(Math.random() * 2 ** 32) } =
    flags;
  if (!create && replicas !== undefined) throw new UsageError("Cannot use --replication without --create");
  if (startMs === undefined && flags.stepMs !== undefined) throw new UsageError("Cannot use --step without --start");

  const progress = new Progress({ count, isTerminal: Deno.stderr.isTerminal(), showTime: startMs !== undefined });
  const logger = createLogger({ write: (line) => progress.writeLine(line), now: Date.now });
  await using broker = await openBroker({ settings: brokerSettings(), logger });
  if (create) await recreateTopics(broker.port, logger, { replicas, signal });
  else await requireTopics(broker.port);
  await broker.port.warnOfSettings?.([SKYONE.name, SUNSET.name]);
  logger.info(`Bookings of ${formatCount(users)} travellers, --seed ${seed}`);
  progress.start();
  try {
    const onProgress = progress.update.bind(progress);
    await generate(broker.port, { seed, users, startMs, stepMs, rate, count, signal, onProgress });
  } finally {
    logger.info(progress.summary());
  }
}

/** Tells a person how far it is: a line that is kept up to date on a terminal, else a new line every few seconds. */
export class Progress {
  readonly #options: Required<ProgressOptions>;
  #startMs = 0;
  #sent = 0;
  #shownMs = 0;
  /** Where the rate is counted from. */
  #mark = { ms: 0, sent: 0 };
  #rate = 0;
  #isLineOpen = false;

  constructor(options: ProgressOptions) {
    this.#options = { write: writeError, columns: terminalColumns, now: () => performance.now(), ...options };
  }

  start(): void {
    this.#startMs = this.#shownMs = this.#options.now();
    this.#mark = { ms: this.#startMs, sent: 0 };
  }

  update(sent: number, timestampMs: number): void {
    this.#sent = sent;
    const { isTerminal, now, write, columns } = this.#options;
    const nowMs = now();
    if (nowMs - this.#shownMs < (isTerminal ? 100 : 5000)) return;
    this.#shownMs = nowMs;
    const markedMs = nowMs - this.#mark.ms;
    if (markedMs >= 1000 || this.#rate === 0) this.#rate = (sent - this.#mark.sent) / markedMs * 1000;
    if (markedMs >= 1000) this.#mark = { ms: nowMs, sent };

    const line = this.#describe(timestampMs);
    if (!isTerminal) return this.writeLine(line);
    write(`\r\x1b[2K${line.slice(0, columns() - 1)}`);
    this.#isLineOpen = true;
  }

  /** Writes a line of its own, without tearing the one that is kept up to date. */
  writeLine(line: string): void {
    this.#options.write(`${this.#isLineOpen ? "\r\x1b[2K" : ""}${line}\n`);
    this.#isLineOpen = false;
  }

  summary(): string {
    const count = formatCount(this.#sent);
    const ms = Math.max(this.#options.now() - this.#startMs, 1);
    return `Sent ${count} records to ${SKYONE.name} and ${count} to ${SUNSET.name} in ${(ms / 1000).toFixed(1)} s, ` +
      `${formatRate(this.#sent / ms * 1000)} a second each`;
  }

  #describe(timestampMs: number): string {
    const { count, showTime } = this.#options;
    const sent = formatCount(this.#sent);
    return [
      ...(count === Infinity ? [] : [bar(this.#sent / count)]),
      `${SKYONE.name} ${sent}`,
      `${SUNSET.name} ${sent}`,
      `${formatRate(this.#rate)} a second each`,
      ...(showTime ? [`event time ${formatTime(timestampMs)}`] : []),
    ].join("   ");
  }
}

/** What {@link Progress} shows and where. */
export interface ProgressOptions {
  /** Records of each source to come; Infinity if there is no end. */
  readonly count: number;
  readonly isTerminal: boolean;
  /** Whether event time is worth showing. */
  readonly showTime: boolean;
  readonly write?: (text: string) => void;
  /** Width of the terminal. */
  readonly columns?: () => number;
  /** ms of a clock that is never set */
  readonly now?: () => number;
}

function bar(share: number): string {
  const done = Math.floor(share * 20);
  return `${"█".repeat(done)}${"░".repeat(20 - done)} ${Math.floor(share * 100)} %`;
}

function formatRate(rate: number): string {
  return rate < 10 ? rate.toFixed(1) : formatCount(Math.round(rate));
}

function terminalColumns(): number {
  try {
    return Deno.consoleSize().columns;
  } catch {
    return 80;
  }
}

if (import.meta.main) await runMain(main);
