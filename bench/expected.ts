/** Compares what a run wrote with the plain computation over the same data. */
import type { BrokerRecord } from "../src/connectors/broker.ts";
import { bookingPairs, type DataSet, flights, NOW_MS } from "./data.ts";
import { flightOfSkyone, flightOfSunset, minuteEnd, minutesOf } from "./plain.ts";

/** A program wrote something else than the plain computation: none of its figures means anything. */
export class WrongOutput extends Error {
  override name = "WrongOutput";
}

/** Takes a topic's records, those of a partition in their order. */
export interface Comparison {
  /** How many records there must be. */
  readonly records: number;
  take(record: BrokerRecord): void;
  /** @throws {WrongOutput} if anything is missing, too much or different */
  end(): void;
}

const decoder = new TextDecoder();

/** What s16 must write for a set: these flights under their confirmations, in any order. */
export class ExpectedFlights {
  readonly #numbers = new Map<string, number>();
  readonly #counts: number[] = [];
  readonly #confirmations: string[] = [];

  constructor(set: DataSet) {
    for (const { skyone, sunset } of bookingPairs(set)) {
      for (const flight of [flightOfSkyone(skyone), flightOfSunset(sunset)]) {
        if (Date.parse(flight.arrival_time) <= NOW_MS) continue;
        const text = JSON.stringify(flight);
        const number = this.#numbers.get(text) ?? this.#numbers.size;
        this.#numbers.set(text, number);
        this.#counts[number] = (this.#counts[number] ?? 0) + 1;
        this.#confirmations[number] = flight.confirmation;
      }
    }
  }

  /** @param options.unfinished the run was stopped: what is missing may have been still to come */
  compare(who: string, { unfinished = false }: { readonly unfinished?: boolean } = {}): Comparison {
    const left = Int32Array.from(this.#counts);
    let surplus = 0;
    let example: string | undefined;
    return {
      records: left.reduce((sum, count) => sum + count, 0),
      take: ({ key, value }) => {
        const text = decoder.decode(value!);
        // Most write just this text; with blanks it is the same flight.
        const number = this.#numbers.get(text) ?? this.#numbers.get(JSON.stringify(JSON.parse(text)));
        const confirmation = key === null ? undefined : JSON.parse(decoder.decode(key)).confirmation;
        if (number !== undefined && confirmation === this.#confirmations[number] && left[number]! > 0) {
          left[number]!--;
          return;
        }
        surplus++;
        example ??= text;
      },
      end: () => {
        const missing = unfinished ? 0 : left.reduce((sum, count) => sum + count, 0);
        if (missing + surplus === 0) return;
        throw new WrongOutput(
          `${who} wrote other flights than the plain computation: ${missing} are missing, ${surplus} are too many` +
            (example === undefined ? "" : `, such as ${example}`),
        );
      },
    };
  }
}

/** What s20 must write for the flights of a set: for each traveller these totals in this order. */
export class ExpectedStatistics {
  /** Minutes and flights in turn. */
  readonly #totals = new Map<string, number[]>();

  constructor(set: DataSet) {
    // Minutes and flights of the window that is open, per traveller.
    let window = new Map<string, [minutes: number, flights: number]>();
    let endMs = -Infinity;
    for (const { timestampMs, flight } of flights(set)) {
      if (timestampMs >= endMs) {
        this.#close(window);
        window = new Map();
        endMs = minuteEnd(timestampMs);
      }
      const sum = window.get(flight.email_address);
      if (sum === undefined) window.set(flight.email_address, [minutesOf(flight), 1]);
      else {
        sum[0] += minutesOf(flight);
        sum[1]++;
      }
    }
    this.#close(window);
  }

  #close(window: Map<string, [minutes: number, flights: number]>): void {
    for (const [email, [minutes, flights]] of window) {
      const totals = this.#totals.get(email);
      if (totals === undefined) this.#totals.set(email, [minutes, flights]);
      else totals.push(totals.at(-2)! + minutes, totals.at(-1)! + flights);
    }
  }

  /** @param options.finalOnly compares only the last record of each traveller, and how many there are */
  compare(who: string, options: { readonly finalOnly: boolean }): Comparison {
    const found = new Map<string, { records: number; right: boolean; last: readonly [number, number] }>();
    let strange: string | undefined;
    return {
      records: this.#totals.values().reduce((sum, { length }) => sum + length / 2, 0),
      take: ({ key, value }) => {
        const { email_address: email, total_flight_duration: minutes, number_of_flights: flights } = JSON.parse(
          decoder.decode(value!),
        );
        const totals = this.#totals.get(email);
        if (totals === undefined || key === null || JSON.parse(decoder.decode(key)).email_address !== email) {
          strange ??= decoder.decode(value!);
          return;
        }
        const accumulated = found.get(email) ?? { records: 0, right: true, last: [0, 0] };
        const at = 2 * accumulated.records++;
        accumulated.right &&= totals[at] === minutes && totals[at + 1] === flights;
        accumulated.last = [minutes, flights];
        found.set(email, accumulated);
      },
      end: () => {
        if (strange !== undefined) {
          throw new WrongOutput(`${who} wrote a record that belongs to no traveller: ${strange}`);
        }
        for (const [email, totals] of this.#totals) {
          const { records, right, last } = found.get(email) ?? { records: 0, right: false, last: [0, 0] };
          const isSame = options.finalOnly ? totals.at(-2) === last[0] && totals.at(-1) === last[1] : right;
          if (isSame && records * 2 === totals.length) continue;
          throw new WrongOutput(
            `${who} wrote other statistics of ${email} than the plain computation: ${records} records, the last ` +
              `with ${last[0]} minutes and ${last[1]} flights, instead of ${totals.length / 2}, the last with ` +
              `${totals.at(-2)} minutes and ${totals.at(-1)} flights`,
          );
        }
      },
    };
  }
}
