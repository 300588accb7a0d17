/** The input of an experiment on a cluster: at each moment all bookings up to some event time have been written. */
import type { Clients } from "./clients.ts";

/** The first event time. */
const START_MS = Date.UTC(2026, 0, 1);
/** The present for s16: about half of the flights have landed by then. */
export const NOW = "2026-01-15T00:00:00";
/** Event time from one tick to the next; the pause between them is shorter, so that event time runs faster than the clock. */
const TICK_MS = 500;
const PAUSE_MS = 50;
const PAIRS_PER_TICK = 10;
const TRAVELLERS = 100;
const DAY_MS = 86_400_000;
/** Enough bookings for each partition to get some. */
const CLOSING_PAIRS = 60;
/** How far the closing bookings lie behind the last ones: they close every window before. */
const CLOSING_GAP_MS = 600_000;

/**
 * Writes bookings of both airlines, tick by tick: all records of a tick have one event time, and the next tick is written only
 * when every in-sync replica has acknowledged the last. So an undisturbed job has no late record, and any late record is caused
 * by the jobs.
 */
export class Feeder {
  /** Bookings that have been acknowledged, of both airlines. */
  bookings = 0;
  /** How many of them are still to land. */
  flights = 0;
  /** Event time of the closing bookings; only bookings before it are counted. */
  closingMs = Number.POSITIVE_INFINITY;
  readonly #clients: Clients;
  readonly #chance: () => number;
  #timeMs = START_MS;
  #number = 0;

  constructor(clients: Clients, chance: () => number) {
    this.#clients = clients;
    this.#chance = chance;
  }

  /** Writes bookings until `stop` is aborted, then the closing bookings. */
  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await this.#tick(PAIRS_PER_TICK);
      this.#timeMs += TICK_MS;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    this.#timeMs += CLOSING_GAP_MS;
    this.closingMs = this.#timeMs;
    await this.#tick(CLOSING_PAIRS);
  }

  async #tick(pairs: number): Promise<void> {
    let flights = 0;
    for (let i = 0; i < pairs; i++) {
      for (const airline of ["skyone", "sunset"] as const) {
        const booking = this.#booking(airline, ++this.#number);
        this.#clients.write(airline, { timestamp: this.#timeMs, key: booking.key, value: booking.value });
        if (booking.arrival > NOW) flights++;
      }
    }
    await this.#clients.flush();
    this.bookings += 2 * pairs;
    this.flights += flights;
  }

  #booking(airline: "skyone" | "sunset", number: number): { key: string; value: string; arrival: string } {
    const departureMs = START_MS + Math.floor(this.#chance() * 28 * DAY_MS);
    const arrivalMs = departureMs + Math.floor(this.#chance() * DAY_MS / 2);
    const [departure, arrival] = [timeOf(departureMs), timeOf(arrivalMs)];
    const reference = `${airline === "skyone" ? "SKY" : "SUN"}${String(number).padStart(8, "0")}`;
    const email = `U${String(Math.floor(this.#chance() * TRAVELLERS)).padStart(5, "0")}@email.com`;
    const value = airline === "skyone"
      ? {
        email_address: email,
        flight_departure_time: departure,
        iata_departure_code: "ATL",
        flight_arrival_time: arrival,
        iata_arrival_code: "SEA",
        flight_number: `SKY${number % 1_000}`,
        confirmation: reference,
        ticket_price: 500,
        aircraft: "Aircraft001",
        booking_agency_email: "agency@email.com",
      }
      : {
        customer_email_address: email,
        departure_time: departure,
        departure_airport: "ATL",
        arrival_time: arrival,
        arrival_airport: "SEA",
        flight_duration: Math.floor((arrivalMs - departureMs) / 60_000),
        flight_id: `SUN${number % 1_000}`,
        reference_number: reference,
        total_price: 500,
        aircraft_details: "Aircraft0001",
      };
    return { key: JSON.stringify({ ref: reference }), value: JSON.stringify(value), arrival };
  }
}

/** A time without zone, as the airlines write it. */
function timeOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, -1);
}
