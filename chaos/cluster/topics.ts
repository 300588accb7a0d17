/** The topics of an experiment, read by Kafka's own consumers while they grow. */
import { SYSTEM_CLOCK } from "../../src/engine/mod.ts";
import { expectedStatistics } from "../oracle.ts";
import type { Clients, ReadRecord } from "./clients.ts";
import type { Feeder } from "./feeder.ts";
import type { Topics } from "./verdict.ts";

const PARTITIONS = 5;
const TOPICS = ["skyone", "sunset", "flightdata", "userstatistics"] as const;
const DEAD_LETTER_TOPICS = { s16: "flight_importer.dead-letters", s20: "user_statistics.dead-letters" } as const;
/** After this time without a new record no more are expected, ms. */
const PATIENCE_MS = 60_000;
/** Readers count as having reached the end after this time without a new record, ms. */
const QUIET_MS = 2_000;

/** All that has been read so far. */
export class ReadTopics implements Topics {
  readonly skyone: ReadRecord[] = [];
  readonly sunset: ReadRecord[] = [];
  readonly flightdata: ReadRecord[] = [];
  readonly userstatistics: ReadRecord[] = [];
  readonly letters = { s16: [] as ReadRecord[], s20: [] as ReadRecord[] };
  readonly #clients: Clients;
  readonly #signal: AbortSignal;

  /** @param signal ends all waits, with its reason */
  constructor(clients: Clients, signal: AbortSignal) {
    this.#clients = clients;
    this.#signal = signal;
  }

  /** Creates the topics and begins to read them. */
  async open(): Promise<void> {
    for (const topic of TOPICS) {
      await this.#clients.create(topic, PARTITIONS);
      this.#clients.follow(topic, (record) => this[topic].push(record));
    }
  }

  /** Waits for the first results of both jobs. @returns false if none come */
  async begun(): Promise<boolean> {
    return await this.#until(() => this.userstatistics.length > 0, () => this.flightdata.length);
  }

  /** Waits for all results of what was fed. @returns what is missing when no more are expected */
  async complete(feeder: Feeder): Promise<string[]> {
    const merged = await this.#until(
      () => this.skyone.length + this.sunset.length >= feeder.bookings && this.flightdata.length >= feeder.flights,
      () => this.flightdata.length,
    );
    if (!merged) return [`s16 wrote ${this.flightdata.length} flights of ${feeder.flights}, and then no more`];
    const closed = this.flightdata.filter(({ timestamp }) => timestamp < feeder.closingMs);
    const expected = [...expectedStatistics(closed).values()].flat().length;
    const counted = await this.#until(() => this.userstatistics.length >= expected, () => this.userstatistics.length);
    return counted ? [] : [`s20 wrote ${this.userstatistics.length} statistics of ${expected}, and then no more`];
  }

  /** Reads the dead letters too, and all topics to their ends, when the jobs have ended. */
  async finish(): Promise<void> {
    for (const job of ["s16", "s20"] as const) {
      // The topic exists only if there are dead letters.
      if (!await this.#clients.exists(DEAD_LETTER_TOPICS[job])) continue;
      this.#clients.follow(DEAD_LETTER_TOPICS[job], (record) => this.letters[job].push(record));
    }
    for (let known = -1; known !== this.#records;) {
      known = this.#records;
      await this.#sleep(QUIET_MS);
    }
  }

  get #records(): number {
    const lists = [...TOPICS.map((topic) => this[topic]), this.letters.s16, this.letters.s20];
    return lists.reduce((sum, { length }) => sum + length, 0);
  }

  /** Waits while there is progress. @returns false if that ends before `reached()` */
  async #until(reached: () => boolean, progress: () => number): Promise<boolean> {
    let [known, sinceMs] = [progress(), performance.now()];
    while (!reached()) {
      await this.#sleep(100);
      if (progress() !== known) [known, sinceMs] = [progress(), performance.now()];
      else if (performance.now() - sinceMs > PATIENCE_MS) return false;
    }
    return true;
  }

  async #sleep(ms: number): Promise<void> {
    await SYSTEM_CLOCK.sleep(ms, this.#signal);
    this.#signal.throwIfAborted();
  }
}
