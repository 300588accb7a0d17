/** Waits for what s16 writes, and compares it with a plain computation. */
import { assertEquals } from "@std/assert";
import { TopicReader } from "../../chaos/evidence.ts";
import { type BrokerRecord, deadLetterTopic } from "../../src/connectors/broker.ts";
import { type JobBroker, openBroker } from "../../src/connectors/mod.ts";
import { SILENT } from "../../src/engine/mod.ts";
import { brokerSettings } from "../../src/utils.ts";
import { expectedFlights, type Line } from "../../chaos/oracle.ts";
import type { TestBroker } from "./programs.ts";

/** The topics of s16, read as they grow. */
export class FlightTopics implements AsyncDisposable {
  readonly #broker: JobBroker;
  readonly #now: string;
  readonly #skyone: TopicReader;
  readonly #sunset: TopicReader;
  readonly #flights: TopicReader;

  private constructor(broker: JobBroker, now: string, skyone: TopicReader, sunset: TopicReader, flights: TopicReader) {
    this.#broker = broker;
    this.#now = now;
    this.#skyone = skyone;
    this.#sunset = sunset;
    this.#flights = flights;
  }

  /** @param now what s16 takes for the present */
  static async open({ env }: TestBroker, now: string): Promise<FlightTopics> {
    const settings = brokerSettings({ get: (name) => env[name] });
    const broker = await openBroker({ settings, logger: SILENT });
    const reader = (topic: string) => TopicReader.open(broker.port, topic, asLine);
    return new FlightTopics(broker, now, await reader("skyone"), await reader("sunset"), await reader("flightdata"));
  }

  /** Waits until the job has committed something. */
  async untilGrown(): Promise<void> {
    await this.#flights.readOn();
    const before = this.#flights.records;
    await this.#until(() => this.#flights.records > before);
  }

  /** Waits until there are as many flights as there must be, and compares them. */
  async untilExact(): Promise<void> {
    const { length } = await this.#expected();
    await this.#until(() => this.#flights.records >= length);
    await this.assertExact();
  }

  /** What is committed now is what there must be. */
  async assertExact(): Promise<void> {
    await this.#flights.readOn();
    const found = linesOf(this.#flights).map(({ timestamp, key, value }) => `${timestamp} ${key} ${value}`).sort();
    const expected = await this.#expected();
    assertEquals(found.length, expected.length);
    assertEquals(found, expected);
  }

  /** No record became a dead letter. */
  async assertNoDeadLetters(): Promise<void> {
    const topics = await this.#broker.port.listTopics();
    assertEquals(topics.includes(deadLetterTopic("flight_importer")), false);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#broker[Symbol.asyncDispose]();
  }

  async #expected(): Promise<string[]> {
    await this.#skyone.readOn();
    await this.#sunset.readOn();
    return expectedFlights(linesOf(this.#skyone), linesOf(this.#sunset), this.#now).sort();
  }

  async #until(reached: () => boolean): Promise<void> {
    const deadline = Date.now() + 30_000;
    while (!reached()) {
      if (Date.now() > deadline) throw new Error(`The job stands still at ${this.#flights.records} records`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      await this.#flights.readOn();
    }
  }
}

const decoder = new TextDecoder();

function asLine({ timestampMs, key, value }: BrokerRecord): string {
  return JSON.stringify({ timestamp: timestampMs, key: decoder.decode(key!), value: decoder.decode(value!) });
}

function linesOf({ partitions }: TopicReader): Line[] {
  return partitions.flatMap((records, partition) => records.map((record) => ({ ...JSON.parse(record), partition })));
}
