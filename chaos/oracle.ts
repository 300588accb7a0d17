/**
 * The two jobs as a plain computation over whole topics. It imports nothing from the project, so that it shares no mistake
 * with it.
 */

/** A record that a test has read. */
export interface Line {
  readonly partition: number;
  readonly timestamp: number;
  readonly key: string;
  readonly value: string;
}

/** What s16 must write, in any order: timestamp, key and value. */
export function expectedFlights(skyone: readonly Line[], sunset: readonly Line[], now: string): string[] {
  const nowMs = new Date(now).getTime();
  const flights = [
    ...skyone.map(({ timestamp, value }) => {
      const b = JSON.parse(value);
      return [timestamp, {
        email_address: b.email_address,
        departure_time: b.flight_departure_time,
        departure_airport_code: b.iata_departure_code,
        arrival_time: b.flight_arrival_time,
        arrival_airport_code: b.iata_arrival_code,
        flight_number: b.flight_number,
        confirmation: b.confirmation,
        source: "skyone",
      }] as const;
    }),
    ...sunset.map(({ timestamp, value }) => {
      const b = JSON.parse(value);
      return [timestamp, {
        email_address: b.customer_email_address,
        departure_time: b.departure_time,
        departure_airport_code: b.departure_airport,
        arrival_time: b.arrival_time,
        arrival_airport_code: b.arrival_airport,
        flight_number: b.flight_id,
        confirmation: b.reference_number,
        source: "sunset",
      }] as const;
    }),
  ];
  return flights
    .filter(([, flight]) => new Date(flight.arrival_time).getTime() > nowMs)
    .map(([timestamp, flight]) =>
      `${timestamp} ${JSON.stringify({ confirmation: flight.confirmation })} ${JSON.stringify(flight)}`
    );
}

/** What s20 must write for each traveller, in order: timestamp, key and value. */
export function expectedStatistics(flightdata: readonly Line[], windowMs = 60_000): Map<string, string[]> {
  const windows = new Map<string, Map<number, { minutes: number; flights: number }>>();
  for (const { timestamp, value } of flightdata) {
    const { email_address, departure_time, arrival_time } = JSON.parse(value);
    const minutes = Math.floor((wallClock(arrival_time) - wallClock(departure_time)) / 60_000);
    const start = Math.floor(timestamp / windowMs) * windowMs;
    if (!windows.has(email_address)) windows.set(email_address, new Map());
    const sum = windows.get(email_address)!.get(start) ?? { minutes: 0, flights: 0 };
    windows.get(email_address)!.set(start, { minutes: sum.minutes + minutes, flights: sum.flights + 1 });
  }
  const expected = new Map<string, string[]>();
  for (const [email_address, sums] of windows) {
    let total_flight_duration = 0;
    let number_of_flights = 0;
    const lines = [...sums].sort(([a], [b]) => a - b).map(([start, { minutes, flights }]) => {
      total_flight_duration += minutes;
      number_of_flights += flights;
      const value = JSON.stringify({ email_address, total_flight_duration, number_of_flights });
      return `${start + windowMs - 1} ${JSON.stringify({ email_address })} ${value}`;
    });
    expected.set(email_address, lines);
  }
  return expected;
}

/** A time without zone, as if it were UTC. */
function wallClock(time: string): number {
  return new Date(/(Z|[+-]\d\d:\d\d)$/.test(time) ? time : `${time}Z`).getTime();
}

/** `timestamp key value`, in the form of the expected lines. */
export function format({ timestamp, key, value }: Line): string {
  return `${timestamp} ${key} ${value}`;
}

/** Lines of each traveller, in the order of the topic. */
export function byTraveller(lines: readonly Line[]): Map<string, string[]> {
  const travellers = new Map<string, string[]>();
  for (const line of lines) {
    const { email_address } = JSON.parse(line.key);
    const known = travellers.get(email_address);
    if (known === undefined) travellers.set(email_address, [format(line)]);
    else known.push(format(line));
  }
  return travellers;
}

/** How many records stand behind one of a later time in their partition. */
export function behindLater(lines: readonly Line[]): number {
  const newest = new Map<number, number>();
  let behind = 0;
  for (const { partition, timestamp } of lines) {
    if (timestamp < (newest.get(partition) ?? -Infinity)) behind++;
    else newest.set(partition, timestamp);
  }
  return behind;
}
