/** The bookings of a soak, and the expected results of the jobs, computed while the bookings are sent. */
import type { BrokerRecord, OutgoingRecord } from "../src/connectors/broker.ts";
import { jsonRecord } from "../src/gen/json_record.ts";
import type { FlightData, UserStatistics } from "../src/models.ts";
import {
  FLIGHTDATA,
  flightDurationMinutes,
  flightFromSkyone,
  flightFromSunset,
  SKYONE,
  SUNSET,
  USERSTATISTICS,
} from "../src/models.ts";
import { type BookingPair, bookings } from "../src/s05_data_gen.ts";
import { encodeJson } from "../src/utils.ts";
import { fingerprintOf, Ledger } from "./ledger.ts";
import { renamed } from "./request.ts";

/** Options of a {@link Feed}. */
export interface FeedOptions {
  readonly seed: number;
  /** Event time from the first booking to the last. */
  readonly durationMs: number;
  readonly travellers: number;
  /** Names of the topics that it writes. */
  readonly skyone: string;
  readonly sunset: string;
}

/** Records of both airlines together in a second of event time. */
const RECORDS_A_SECOND = 5_000;
/** The present for s16: about a quarter of the flights have landed. */
export const SOAK_NOW_MS = Date.UTC(2026, 0, 1);
const START_MS = SOAK_NOW_MS;
const PAIRS_A_SECOND = RECORDS_A_SECOND / 2;
const BATCH_PAIRS = 1_000;
/** One pair in this many comes with a third record, half a booking, that cannot be decoded. */
const DAMAGED_EVERY_PAIRS = 5_000;
const WINDOW_MS = 60_000;
const LETTERS = 6;
const CONFIRMATION = new RegExp(`"(SKY1|SUN)([A-Z]{${LETTERS}})"`);

const decoder = new TextDecoder();

/**
 * Bookings with unique confirmations, so that each record is identified wherever it is read.
 *
 * It needs four bytes of memory for a record, and a few numbers for a traveller.
 */
export class Feed {
  /** Records that s16 must write to flightdata. */
  readonly flights: Ledger;
  /** Records that s20 must write to userstatistics. */
  readonly statistics: Ledger;
  /** Dead letters that s16 must write. */
  readonly letters: Ledger;
  readonly pairs: number;
  readonly #options: FeedOptions;
  readonly #bookings: Generator<BookingPair, never>;
  #nextPair = 0;
  #records = 0;
  /** The number of each traveller, in the order of their first booking. */
  readonly #travellers = new Map<string, number>();
  readonly #emails: string[] = [];
  readonly #totals: Sums;
  #window: Sums;
  #windowIndex = 0;

  constructor(options: FeedOptions) {
    const { seed, durationMs, travellers } = options;
    this.#options = options;
    this.pairs = Math.ceil(durationMs / 1000 * PAIRS_A_SECOND);
    this.#bookings = bookings({ seed, users: travellers, startMs: START_MS, stepMs: 1000 / PAIRS_A_SECOND });
    this.flights = new Ledger(2 * this.pairs);
    this.statistics = new Ledger(Math.ceil(durationMs / WINDOW_MS) * travellers);
    this.letters = new Ledger(Math.floor(this.pairs / DAMAGED_EVERY_PAIRS));
    this.#totals = newSums(travellers);
    this.#window = newSums(travellers);
  }

  /** How many records have been made. */
  get records(): number {
    return this.#records;
  }

  /** The part of the records that has been made, 0 to 1. */
  get progress(): number {
    return this.#nextPair / this.pairs;
  }

  /** The next records, in the order of their times; empty at the end. */
  next(): OutgoingRecord[] {
    const records: OutgoingRecord[] = [];
    const until = Math.min(this.#nextPair + BATCH_PAIRS, this.pairs);
    for (; this.#nextPair < until; this.#nextPair++) this.#addPair(this.#nextPair, records);
    if (this.#nextPair === this.pairs) this.#closeWindow();
    this.#records += records.length;
    return records;
  }

  /** Notes a record that was read from flightdata. */
  tookFlight({ key, timestampMs, value }: BrokerRecord): void {
    this.flights.take(recordIndex(key), fingerprintOf(timestampMs, value!));
  }

  /** Notes a record that was read from userstatistics. */
  tookStatistics({ key, timestampMs, value }: BrokerRecord): void {
    const { email_address } = JSON.parse(decoder.decode(key!)) as { email_address: string };
    const traveller = this.#travellers.get(email_address) ?? Number.NaN;
    const window = (timestampMs + 1 - START_MS) / WINDOW_MS - 1;
    this.statistics.take(window * this.#options.travellers + traveller, fingerprintOf(timestampMs, value!));
  }

  /** Notes a dead letter of s16. */
  tookDeadLetter({ key, timestampMs, value }: BrokerRecord): void {
    const pair = recordIndex(key) >> 1;
    const index = isDamaged(pair) ? Math.floor(pair / DAMAGED_EVERY_PAIRS) : -1;
    this.letters.take(index, fingerprintOf(timestampMs, value!));
  }

  #addPair(pair: number, records: OutgoingRecord[]): void {
    const made = this.#bookings.next().value;
    const timestampMs = Math.floor(made.timestampMs);
    const skyone = { ...made.skyone, confirmation: `SKY1${lettersOf(pair)}` };
    const sunset = { ...made.sunset, reference_number: `SUN${lettersOf(pair)}` };
    const first = jsonRecord(renamed(SKYONE, this.#options.skyone), skyone, timestampMs);
    records.push(first, jsonRecord(renamed(SUNSET, this.#options.sunset), sunset, timestampMs));
    this.#expect(2 * pair, flightFromSkyone(skyone), timestampMs);
    this.#expect(2 * pair + 1, flightFromSunset(sunset), timestampMs);
    if (!isDamaged(pair)) return;
    const value = first.value!.subarray(0, first.value!.length >> 1);
    records.push({ ...first, value });
    this.letters.expect(Math.floor(pair / DAMAGED_EVERY_PAIRS), fingerprintOf(timestampMs, value));
  }

  #expect(index: number, flight: FlightData, timestampMs: number): void {
    if (Date.parse(flight.arrival_time) <= SOAK_NOW_MS) return;
    this.flights.expect(index, fingerprintOf(timestampMs, encodeJson(flight)));
    const window = Math.floor((timestampMs - START_MS) / WINDOW_MS);
    if (window !== this.#windowIndex) {
      this.#closeWindow();
      this.#windowIndex = window;
    }
    add(this.#window, this.#numberOf(flight.email_address), flightDurationMinutes(flight), 1);
  }

  #numberOf(email: string): number {
    const known = this.#travellers.get(email);
    if (known !== undefined) return known;
    this.#travellers.set(email, this.#emails.length);
    return this.#emails.push(email) - 1;
  }

  #closeWindow(): void {
    const { travellers } = this.#options;
    const timestampMs = START_MS + (this.#windowIndex + 1) * WINDOW_MS - 1;
    for (const [traveller, email_address] of this.#emails.entries()) {
      const flights = this.#window.flights[traveller]!;
      if (flights === 0) continue;
      add(this.#totals, traveller, this.#window.minutes[traveller]!, flights);
      const statistics: UserStatistics = {
        email_address,
        total_flight_duration: this.#totals.minutes[traveller]!,
        number_of_flights: this.#totals.flights[traveller]!,
      };
      const fingerprint = fingerprintOf(timestampMs, encodeJson(statistics));
      this.statistics.expect(this.#windowIndex * travellers + traveller, fingerprint);
    }
    this.#window = newSums(travellers);
  }
}

/** Names of the topics that the jobs write. */
export const OUTPUTS = { s16: FLIGHTDATA.name, s20: USERSTATISTICS.name } as const;

function isDamaged(pair: number): boolean {
  return (pair + 1) % DAMAGED_EVERY_PAIRS === 0;
}

/** Sums by the number of the traveller. */
interface Sums {
  readonly minutes: Float64Array;
  readonly flights: Float64Array;
}

function newSums(travellers: number): Sums {
  return { minutes: new Float64Array(travellers), flights: new Float64Array(travellers) };
}

function add(sums: Sums, traveller: number, minutes: number, flights: number): void {
  sums.minutes[traveller]! += minutes;
  sums.flights[traveller]! += flights;
}

/** Index of a booking or its flight in the ledger, by its key; −1 for an unknown key. */
function recordIndex(key: Uint8Array | null): number {
  const [, airline, letters] = CONFIRMATION.exec(key === null ? "" : decoder.decode(key)) ?? [];
  if (letters === undefined) return -1;
  let pair = 0;
  for (let i = LETTERS - 1; i >= 0; i--) pair = pair * 26 + letters.charCodeAt(i) - 65;
  return 2 * pair + (airline === "SUN" ? 1 : 0);
}

/** A number in base 26, the last digit first. */
function lettersOf(number: number): string {
  let letters = "";
  for (let i = 0, rest = number; i < LETTERS; i++, rest = Math.floor(rest / 26)) {
    letters += String.fromCharCode(65 + rest % 26);
  }
  return letters;
}
