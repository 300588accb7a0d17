/**
 * The data of all measurements: bookings in the course's shape, made up with a fixed seed, so that every run and every engine
 * gets the same records, byte for byte.
 *
 * Whoever reads them compares arrivals with its own clock, so no arrival is near it: landed flights landed in 2024, the others
 * land in 2090. Texts have the blanks that Python's generator writes. Event time ascends from 2025-01-01.
 */
import type { OutgoingRecord } from "../src/connectors/broker.ts";
import type { FlightData, SkyoneData, SunsetData } from "../src/models.ts";
import { flightOfSkyone, flightOfSunset } from "./plain.ts";

/** What a set of bookings is like. */
export interface DataSet {
  /** So many bookings of each airline. */
  readonly pairs: number;
  readonly travellers: number;
  /** Event time that the set spans, ms. */
  readonly spanMs: number;
  /** Share of the flights that have landed, 0 to 1. */
  readonly landed: number;
  /** Travellers book by chance, or each in turn: then the same number of flights for each in each stretch of time. */
  readonly order: "by chance" | "in turn";
}

/** One hour, a thousand travellers, a quarter of the flights landed. */
export function hourOfBookings(pairs: number): DataSet {
  return { pairs, travellers: 1_000, spanMs: 3_600_000, landed: 0.25, order: "by chance" };
}

export interface BookingPair {
  readonly timestampMs: number;
  readonly skyone: SkyoneData;
  readonly sunset: SunsetData;
}

/** Event time of the first booking, ms. */
export const START_MS = Date.UTC(2025, 0, 1);
/** Between the past arrivals and those to come, and so is every clock that runs this: for engines that can be given one. */
export const NOW_MS = Date.UTC(2026, 0, 1);

const DAY_MS = 86_400_000;
const LANDED_MS = Date.UTC(2024, 4, 20);
const COMING_MS = Date.UTC(2090, 0, 1);
const AIRPORTS =
  ("ATL DFW DEN ORD LAX CLT MCO LAS PHX MIA SEA IAH JFK EWR FLL MSP SFO DTW BOS SLC PHL BWI TPA SAN LGA MDW BNA IAD " +
    "DCA AUS").split(" ");

export function* bookingPairs(set: DataSet): Generator<BookingPair> {
  const { pairs, spanMs } = set;
  const chance = new Chance(1);
  for (let i = 0; i < pairs; i++) {
    const [skyDeparture, skyArrival] = flightTimes(chance, set);
    const [sunDeparture, sunArrival] = flightTimes(chance, set);
    yield {
      timestampMs: START_MS + Math.floor(i * spanMs / pairs),
      skyone: {
        email_address: traveller(chance, set, 2 * i),
        flight_departure_time: timeText(skyDeparture),
        iata_departure_code: chance.oneOf(AIRPORTS),
        flight_arrival_time: timeText(skyArrival),
        iata_arrival_code: chance.oneOf(AIRPORTS),
        flight_number: `SKY1${chance.below(1000)}`,
        confirmation: `SKY1${chance.letters(6)}`,
        ticket_price: 500 + chance.below(1000),
        aircraft: `Aircraft${chance.letters(3)}`,
        booking_agency_email: emailOf(chance.below(set.travellers)),
      },
      sunset: {
        customer_email_address: traveller(chance, set, 2 * i + 1),
        departure_time: timeText(sunDeparture),
        departure_airport: chance.oneOf(AIRPORTS),
        arrival_time: timeText(sunArrival),
        arrival_airport: chance.oneOf(AIRPORTS),
        flight_duration: Math.floor((sunArrival - sunDeparture) / 60_000),
        flight_id: `SUN${chance.below(1000)}`,
        reference_number: `SUN${chance.letters(6)}`,
        total_price: 300 + chance.below(1500),
        aircraft_details: `Aircraft${chance.letters(4)}`,
      },
    };
  }
}

/** What s16 makes of a set, in the order of time: the input of s20. */
export function* flights(set: DataSet): Generator<{ readonly timestampMs: number; readonly flight: FlightData }> {
  for (const { timestampMs, skyone, sunset } of bookingPairs(set)) {
    const first = flightOfSkyone(skyone);
    const second = flightOfSunset(sunset);
    if (isComing(first)) yield { timestampMs, flight: first };
    if (isComing(second)) yield { timestampMs, flight: second };
  }
}

/** Records for the topics skyone and sunset. */
export function* bookingRecords(set: DataSet): Generator<OutgoingRecord> {
  for (const { timestampMs, skyone, sunset } of bookingPairs(set)) {
    yield { topic: "skyone", timestampMs, ...keyAndValue({ ref: skyone.confirmation }, skyone) };
    yield { topic: "sunset", timestampMs, ...keyAndValue({ ref: sunset.reference_number }, sunset) };
  }
}

/** Records for the topic flightdata. */
export function* flightRecords(set: DataSet): Generator<OutgoingRecord> {
  for (const { timestampMs, flight } of flights(set)) {
    yield { topic: "flightdata", timestampMs, ...keyAndValue({ confirmation: flight.confirmation }, flight) };
  }
}

/** By construction: texts of one form sort like their times. */
function isComing(flight: FlightData): boolean {
  return flight.arrival_time > "2089";
}

function flightTimes(chance: Chance, { landed }: DataSet): [departureMs: number, arrivalMs: number] {
  const midnightMs = chance.next() < landed
    ? LANDED_MS - chance.below(20) * DAY_MS
    : COMING_MS + chance.below(60) * DAY_MS;
  const departureMs = midnightMs + chance.below(DAY_MS);
  return [departureMs, departureMs + chance.below(15 * 3600) * 1000];
}

/** "2090-01-17T12:34:56.789": what `toISOString()` has, without the zone, and put together at a fraction of its cost. */
function timeText(ms: number): string {
  const day = Math.floor(ms / DAY_MS);
  let date = DATES.get(day);
  if (date === undefined) {
    date = new Date(day * DAY_MS).toISOString().slice(0, 11);
    DATES.set(day, date);
  }
  const rest = ms - day * DAY_MS;
  const minutes = Math.floor(rest / 60_000);
  const inMinute = rest % 60_000;
  const [hour, minute, second] = [Math.floor(minutes / 60), minutes % 60, Math.floor(inMinute / 1000)];
  return `${date}${TWO_DIGITS[hour]}:${TWO_DIGITS[minute]}:${TWO_DIGITS[second]}.${THREE_DIGITS[inMinute % 1000]}`;
}

/** "2090-01-17T" by days since the Unix epoch. */
const DATES = new Map<number, string>();
const TWO_DIGITS = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, "0"));
const THREE_DIGITS = Array.from({ length: 1000 }, (_, number) => String(number).padStart(3, "0"));

function traveller(chance: Chance, { travellers, order }: DataSet, turn: number): string {
  return emailOf(order === "in turn" ? turn % travellers : chance.below(travellers));
}

const EMAILS = 26 ** 5;

/** "QXBJT@email.com": another for each index. */
function emailOf(index: number): string {
  // 7,654,321 has no factor in common with the number of texts, so that no two indexes share one.
  return `${lettersOf((index * 7_654_321 + 1_234_567) % EMAILS, 5)}@email.com`;
}

function lettersOf(number: number, length: number): string {
  let rest = number;
  let text = "";
  for (let i = 0; i < length; i++, rest = Math.floor(rest / 26)) text += LETTERS[rest % 26];
  return text;
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Draws that are the same in every run (mulberry32). */
class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** 0 to 1, without 1 */
  next(): number {
    const state = this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ state >>> 15, state | 1);
    mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61);
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0, without `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  oneOf(choices: readonly string[]): string {
    return choices[this.below(choices.length)]!;
  }

  letters(length: number): string {
    return lettersOf(this.below(26 ** length), length);
  }
}

type Fields = Readonly<Record<string, string | number>>;

const encoder = new TextEncoder();

function keyAndValue(key: Fields, value: Fields): Pick<OutgoingRecord, "key" | "value"> {
  return { key: encoder.encode(spacedJson(key)), value: encoder.encode(spacedJson(value)) };
}

/** JSON as Python writes it: {"ref": "SKY1ABCDEF"}. No text made up here has a character that JSON would escape. */
function spacedJson(fields: Fields): string {
  let text = "";
  for (const name in fields) {
    const value = fields[name];
    text += `${text === "" ? "{" : ", "}"${name}": ${typeof value === "string" ? `"${value}"` : value}`;
  }
  return `${text}}`;
}
