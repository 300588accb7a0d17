import type { Faker } from "@faker-js/faker";
import { faker as baseFaker } from "@faker-js/faker/locale/base";

const DAY_MS = 86_400_000;
const AIRPORTS =
  ("ATL DFW DEN ORD LAX CLT MCO LAS PHX MIA SEA IAH JFK EWR FLL MSP SFO DTW BOS SLC PHL BWI TPA SAN LGA MDW BNA IAD " +
    "DCA AUS").split(" ");

/** Draws that the seed decides: the same seed and calls, the same draws. Each takes one number, as faker's own letters are slow. */
export class Chance {
  readonly #faker: Faker;

  constructor(seed: number) {
    // A generator of its own, but of the smallest locale: the whole package loads 70 of them.
    this.#faker = new (baseFaker.constructor as typeof Faker)({ locale: {}, seed });
  }

  /** A whole number, both ends included. */
  between(min: number, max: number): number {
    return this.#faker.number.int({ min, max });
  }

  /** One of the choices; there must be one. */
  oneOf<T>(choices: readonly T[]): T {
    return choices[this.between(0, choices.length - 1)]!;
  }

  /** The code of an airport: "ATL". */
  airport(): string {
    return this.oneOf(AIRPORTS);
  }

  /** Their e-mail addresses, all different: "XXXXX@email.com". */
  travellers(count: number): string[] {
    const emails = new Set<string>();
    while (emails.size < count) emails.add(`${this.letters(5)}@email.com`);
    return [...emails];
  }

  /** Capital letters. */
  letters(length: number): string {
    let rest = this.between(0, 26 ** length - 1);
    let letters = "";
    for (let i = 0; i < length; i++, rest = Math.floor(rest / 26)) letters += String.fromCharCode(65 + rest % 26);
    return letters;
  }

  /**
   * A flight: it leaves −20…+59 days from the day of its booking, at any time of day, and takes up to 15 hours.
   * @param bookedMs ms since the Unix epoch
   * @returns both times as the wall clock of this machine's zone shows them: "2026-10-19T12:34:56.789"
   */
  flight(bookedMs: number): [departure: string, arrival: string] {
    // Counted on the wall clock: a change to summer time between booking and flight must not move the flight.
    const wallClockMs = bookedMs - new Date(bookedMs).getTimezoneOffset() * 60_000;
    const midnightMs = Math.floor(wallClockMs / DAY_MS) * DAY_MS;
    const departureMs = midnightMs + this.between(-20, 59) * DAY_MS + this.between(0, DAY_MS - 1);
    const arrivalMs = departureMs + this.between(0, 15 * 3600 - 1) * 1000;
    return [wallClockText(departureMs), wallClockText(arrivalMs)];
  }
}

function wallClockText(wallClockMs: number): string {
  return new Date(wallClockMs).toISOString().slice(0, -1);
}
