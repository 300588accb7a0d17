/** The newest totals of each traveller in a topic like `userstatistics`, and how they have grown. */
import type { Broker, BrokerRecord, TopicDescription } from "../connectors/broker.ts";
import { decodeUtf8 } from "../utils.ts";
import { fetchAll, rangesOf } from "./topic_records.ts";

/** What is known of a traveller. */
export interface Traveller {
  readonly email: string;
  readonly flights: number;
  /** Whole minutes. */
  readonly minutes: number;
  /** Event time of the newest total, ms. */
  readonly atMs: number;
}

/** All travellers together at a time. */
export interface TotalsAt {
  /** Event time, ms. */
  readonly atMs: number;
  readonly travellers: number;
  readonly flights: number;
  readonly minutes: number;
}

/** So many points of the past are kept; of more every second one. */
const MAX_POINTS = 600;

/** Reads a topic from its beginning, and goes on as results come. */
export class Travellers {
  readonly #newest = new Map<string, Traveller>();
  #points: TotalsAt[] = [];
  /** Between two points, ms of event time. */
  #stepMs = 1_000;
  #flights = 0;
  #minutes = 0;
  #records = 0;
  #changes = 0;
  #caughtUp = false;

  /** Larger by one with each change. */
  get changes(): number {
    return this.#changes;
  }

  /** Whether all that was there at first has been read. */
  get caughtUp(): boolean {
    return this.#caughtUp;
  }

  /** Results that were read. */
  get records(): number {
    return this.#records;
  }

  /** All together, now. */
  get totals(): Omit<TotalsAt, "atMs"> {
    return { travellers: this.#newest.size, flights: this.#flights, minutes: this.#minutes };
  }

  /** How the totals have grown over event time. */
  get points(): readonly TotalsAt[] {
    return this.#points;
  }

  /** The travellers with the most flights, or those whose address holds a text. */
  top(count: number, text = ""): Traveller[] {
    const part = text.toLowerCase();
    return [...this.#newest.values()].filter(({ email }) => email.toLowerCase().includes(part))
      .sort((a, b) => b.flights - a.flights || b.minutes - a.minutes || (a.email < b.email ? -1 : 1))
      .slice(0, count);
  }

  /** Reads until the signal is aborted. @throws {UnknownTopicError} if there is no such topic */
  async read(broker: Broker, name: string, signal: AbortSignal): Promise<void> {
    const [topic] = await broker.describeTopics([name]) as [TopicDescription];
    const ranges = rangesOf(topic);
    const fetcher = await broker.fetcher();
    try {
      const positions = ranges.map(({ partition, start }) => ({ topic: name, partition, offset: start }));
      const there: BrokerRecord[] = [];
      for await (const { records } of fetchAll(fetcher, positions, ranges, signal)) there.push(...records);
      // Partition by partition would grow one traveller after the other.
      for (const record of there.sort((a, b) => a.timestampMs - b.timestampMs)) this.take(record);
      this.#caughtUp = true;
      this.#changes++;
      const ends = ranges.map(({ partition, end }) => ({ topic: name, partition, offset: end }));
      for await (const { records } of fetchAll(fetcher, ends, undefined, signal)) {
        for (const record of records) this.take(record);
      }
    } finally {
      await fetcher.close();
    }
  }

  /** Takes a record; one that holds no total is passed over. */
  take({ value, timestampMs }: Pick<BrokerRecord, "value" | "timestampMs">): void {
    const traveller = travellerOf(value, timestampMs);
    if (traveller === undefined) return;
    const before = this.#newest.get(traveller.email);
    this.#newest.set(traveller.email, traveller);
    this.#flights += traveller.flights - (before?.flights ?? 0);
    this.#minutes += traveller.minutes - (before?.minutes ?? 0);
    this.#records++;
    this.#changes++;
    this.#note(timestampMs);
  }

  #note(atMs: number): void {
    const point = { atMs, ...this.totals };
    const last = this.#points.at(-1);
    if (last !== undefined && atMs - last.atMs < this.#stepMs) {
      this.#points[this.#points.length - 1] = { ...point, atMs: last.atMs };
      return;
    }
    this.#points.push(point);
    if (this.#points.length <= MAX_POINTS) return;
    this.#stepMs *= 2;
    this.#points = this.#points.filter((_, i) => i % 2 === 0);
  }
}

function travellerOf(bytes: Uint8Array | null, atMs: number): Traveller | undefined {
  if (bytes === null) return undefined;
  try {
    const { email_address: email, number_of_flights: flights, total_flight_duration: minutes } = JSON.parse(
      decodeUtf8(bytes) ?? "",
    );
    const isWhole = typeof email === "string" && typeof flights === "number" && typeof minutes === "number";
    return isWhole ? { email, flights, minutes, atMs } : undefined;
  } catch {
    return undefined;
  }
}
