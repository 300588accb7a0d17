/** What the jobs on the cluster read, written piece by piece, and what they must make of it. */
import type { OutgoingRecord } from "../../src/connectors/broker.ts";
import { jsonRecord } from "../../src/gen/json_record.ts";
import { FLIGHTDATA, SKYONE, SUNSET, USERSTATISTICS } from "../../src/models.ts";
import { bookings } from "../../src/s05_data_gen.ts";
import { behindLater, byTraveller, expectedFlights, expectedStatistics, format } from "../oracle.ts";
import type { FlinkWorld } from "./world.ts";

const START_MS = Date.UTC(2026, 0, 1);
/** The present for s16: about half of the flights have landed. */
export const NOW = "2026-01-21T00:00:00";
/** The topics of both lessons, which have their names in their files. */
const TOPICS = [SKYONE, SUNSET, FLIGHTDATA, USERSTATISTICS].map(({ name }) => name);
/** What is written when a record could not be processed. */
const LETTERS = ["flight_importer.dead-letters", "user_statistics.dead-letters"];
const PARTITIONS = 5;

/** Makes the topics anew. */
export function createTopics(world: FlinkWorld): Promise<void> {
  world.committed.forget();
  return world.withBroker(async (broker) => {
    const there = await broker.listTopics();
    await broker.deleteTopics([...TOPICS, ...LETTERS].filter((name) => there.includes(name)));
    await broker.createTopics(
      TOPICS.map((name) => ({ name, partitions: PARTITIONS })),
    );
  });
}

/** Bookings of both airlines in the order of time, from where the last ones ended. */
export class Feed {
  /** Pairs that have been written. */
  pairs = 0;
  readonly #world: Pick<FlinkWorld, "withBroker">;
  readonly #source: ReturnType<typeof bookings>;

  /** @param stepMs from one pair to the next in event time */
  constructor(
    world: Pick<FlinkWorld, "withBroker">,
    { seed, stepMs }: { readonly seed: number; readonly stepMs: number },
  ) {
    this.#world = world;
    this.#source = bookings({ seed, startMs: START_MS, stepMs });
  }

  /** Writes so many pairs more; with `sunsetEvery` only each so manieth has a booking of Sunset. */
  async write(pairs: number, sunsetEvery = 1): Promise<void> {
    const records: OutgoingRecord[] = [];
    for (let i = 0; i < pairs; i++) {
      const { skyone, sunset, timestampMs } = this.#source.next().value;
      records.push(jsonRecord(SKYONE, skyone, timestampMs));
      if (i % sunsetEvery === 0) records.push(jsonRecord(SUNSET, sunset, timestampMs));
    }
    await this.#world.withBroker(async (broker) => {
      const producer = await broker.producer();
      for (let at = 0; at < records.length; at += 2_000) await producer.send(records.slice(at, at + 2_000));
      await producer.close();
    });
    this.pairs += pairs;
  }
}

/** Records of a job's output that must be there and are not, and that are there and must not be. */
export interface Difference {
  readonly job: "s16" | "s20";
  readonly records: number;
  readonly lost: number;
  readonly doubled: number;
  /** Of s20: travellers whose results are not in the order of time. */
  readonly disordered: number;
  /** Of s16: flights behind one of a later time in their partition, where what is earlier came to the brokers later. */
  readonly behind: number;
  /** Dead letters: of records that no job should have refused, or that came late. */
  readonly letters: number;
}

/** What s16 must write of all bookings, in any order. */
export async function flightsDue(world: FlinkWorld): Promise<string[]> {
  return expectedFlights(await world.read(SKYONE.name), await world.read(SUNSET.name), NOW);
}

/** What s16 has written, against what it must write. */
export async function judgeFlights(world: FlinkWorld): Promise<Difference> {
  const expected = await flightsDue(world);
  const found = await world.read(FLIGHTDATA.name);
  const letters = (await world.read(LETTERS[0]!)).length;
  const behind = behindLater(found);
  return {
    job: "s16",
    records: expected.length,
    ...difference(found.map(format), expected),
    disordered: 0,
    behind,
    letters,
  };
}

/** What s20 must write of the flights, as far as event time has come, the time of the partition that is furthest behind. */
export async function statisticsDue(world: FlinkWorld, outOfOrdernessMs: number): Promise<string[]> {
  const flights = await world.read(FLIGHTDATA.name);
  const newest = new Map<number, number>();
  for (const { partition, timestamp } of flights) {
    newest.set(partition, Math.max(timestamp, newest.get(partition) ?? timestamp));
  }
  const eventTimeMs = Math.min(...newest.values()) - outOfOrdernessMs - 1;
  return [...expectedStatistics(flights).values()].flat().filter((line) => timeOf(line) <= eventTimeMs);
}

/** What s20 has written, against what it must make of all that s16 has written; results of each traveller in order. */
export async function judgeStatistics(world: FlinkWorld): Promise<Difference> {
  const expected = expectedStatistics(await world.read(FLIGHTDATA.name));
  const found = byTraveller(await world.read(USERSTATISTICS.name));
  const all = [...expected.values()].flat();
  const disordered = [...found.values()].filter((lines) => !isSorted(lines.map(timeOf))).length;
  const letters = (await world.read(LETTERS[1]!)).length;
  return {
    job: "s20",
    records: all.length,
    ...difference([...found.values()].flat(), all),
    disordered,
    behind: 0,
    letters,
  };
}

/** Of a line as {@link format} makes it. */
function timeOf(line: string): number {
  return Number(line.split(" ", 1)[0]);
}

function isSorted(times: readonly number[]): boolean {
  return times.every((time, i) => i === 0 || times[i - 1]! <= time);
}

/** Whether nothing is wrong. */
export function isExact({ lost, doubled, disordered, letters }: Difference): boolean {
  return lost + doubled + disordered + letters === 0;
}

function difference(found: readonly string[], expected: readonly string[]): { lost: number; doubled: number } {
  const left = new Map<string, number>();
  for (const line of expected) left.set(line, (left.get(line) ?? 0) + 1);
  let doubled = 0;
  for (const line of found) {
    const count = left.get(line) ?? 0;
    if (count === 0) doubled++;
    left.set(line, Math.max(0, count - 1));
  }
  return { doubled, lost: left.values().reduce((sum, count) => sum + count, 0) };
}
