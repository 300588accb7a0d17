/** What the jobs of the experiment read: bookings made with a fixed seed, a few of them damaged. */
import type { Broker, OutgoingRecord } from "../src/connectors/broker.ts";
import { FLIGHTDATA, flightFromSkyone, flightFromSunset, SKYONE, SUNSET } from "../src/models.ts";
import { jsonRecord } from "../src/gen/json_record.ts";
import { bookings } from "../src/s05_data_gen.ts";
import { type JobName, renamed } from "./request.ts";

const START_MS = Date.UTC(2026, 0, 1);
/** About half of the flights have landed then. */
export const NOW_MS = START_MS + 20 * 86_400_000;
const PARTITIONS = 5;
const SEND_RECORDS = 2_000;
/** One record in this many is not a booking; the first of them comes when a job has been running for a while. */
const DAMAGED_EVERY = 4_000;
const DAMAGED = new TextEncoder().encode('{"confirmation": ');

/** The topics that a job reads, at the experiment's place. */
export function inputsOf(lesson: JobName, place: string): string[] {
  return lesson === "s16" ? [`${place}.${SKYONE.name}`, `${place}.${SUNSET.name}`] : [`${place}.${FLIGHTDATA.name}`];
}

export async function createTopics(port: Broker, names: readonly string[]): Promise<void> {
  await port.createTopics(names.map((name) => ({ name, partitions: PARTITIONS })));
}

/**
 * Writes `pairs` bookings of each airline, or the flights that they are, to {@link inputsOf}.
 */
export async function writeInputs(
  port: Broker,
  lesson: JobName,
  place: string,
  options: { readonly seed: number; readonly pairs: number },
): Promise<void> {
  const [first, second] = inputsOf(lesson, place) as [string, string?];
  const producer = await port.producer();
  let records: OutgoingRecord[] = [];
  const source = bookings({ seed: options.seed, startMs: START_MS, stepMs: 100 });
  for (let i = 1; i <= options.pairs; i++) {
    const { skyone, sunset, timestampMs } = source.next().value;
    if (lesson === "s16") {
      records.push(jsonRecord(renamed(SKYONE, first), skyone, timestampMs));
      records.push(jsonRecord(renamed(SUNSET, second!), sunset, timestampMs));
    } else {
      const flights = renamed(FLIGHTDATA, first);
      records.push(jsonRecord(flights, flightFromSkyone(skyone), timestampMs));
      records.push(jsonRecord(flights, flightFromSunset(sunset), timestampMs));
    }
    if (i % DAMAGED_EVERY === 0) records.push({ ...records.at(-1)!, value: DAMAGED });
    if (records.length < SEND_RECORDS && i < options.pairs) continue;
    await producer.send(records);
    records = [];
  }
  await producer.close();
}
