/** The output of two jobs, against a plain computation over their input. */
import { byTraveller, expectedFlights, expectedStatistics, format, type Line } from "../oracle.ts";
import type { ReadRecord } from "./clients.ts";

/** All committed records of the topics, partition by partition in their order. */
export interface Topics {
  readonly skyone: readonly ReadRecord[];
  readonly sunset: readonly ReadRecord[];
  readonly flightdata: readonly ReadRecord[];
  readonly userstatistics: readonly ReadRecord[];
  /** Dead letters of s16 and s20. */
  readonly letters: { readonly s16: readonly ReadRecord[]; readonly s20: readonly ReadRecord[] };
}

/** How a job's output differs from what it must be. */
export interface JobVerdict {
  readonly job: "s16" | "s20";
  /** Records that must have been written. */
  readonly expected: number;
  /** Records that are missing. */
  readonly lost: readonly string[];
  /** Records that were written too often, or must not have been written at all. */
  readonly doubled: readonly string[];
  /** Of s16: flights behind a later one in their partition. Of s20: flights that were too late for their window. */
  readonly late: readonly string[];
}

/**
 * @param now the present for s16
 * @param closingMs s20 has not counted windows from this event time on
 */
export function judge(
  topics: Topics,
  { now, closingMs }: { readonly now: string; readonly closingMs: number },
): JobVerdict[] {
  const { skyone, sunset, flightdata, userstatistics, letters } = topics;
  const flights = expectedFlights(skyone, sunset, now);
  const late = withoutFirst(letters.s20.map(({ value }) => value));
  // Each job is judged by its own input: what s16 has written twice, s20 has to count twice.
  const counted = flightdata.filter((flight) => flight.timestamp < closingMs && !late(flight.value));
  const statistics = [...expectedStatistics(counted).values()].flat();
  return [
    {
      job: "s16",
      expected: flights.length,
      ...difference(flightdata.map(format), flights),
      late: [...outOfOrder(flightdata), ...letters.s16.map(format)],
    },
    {
      job: "s20",
      expected: statistics.length,
      ...difference([...byTraveller(userstatistics).values()].flat(), statistics),
      late: letters.s20.map(format),
    },
  ];
}

/** Lines that are missing and lines that are too many, each as often. */
function difference(
  found: readonly string[],
  expected: readonly string[],
): { readonly lost: string[]; readonly doubled: string[] } {
  const isExpected = withoutFirst(expected);
  const isFound = withoutFirst(found);
  return {
    doubled: found.filter((record) => !isExpected(record)),
    lost: expected.filter((record) => !isFound(record)),
  };
}

/** @returns a function that is true for a text of the list, as often as the list holds it */
function withoutFirst(list: readonly string[]): (text: string) => boolean {
  const left = new Map<string, number>();
  for (const text of list) left.set(text, (left.get(text) ?? 0) + 1);
  return (text) => {
    const count = left.get(text) ?? 0;
    left.set(text, count - 1);
    return count > 0;
  };
}

function outOfOrder(records: readonly Line[]): string[] {
  const latest = new Map<number, number>();
  return records.filter(({ partition, timestamp }) => {
    const before = latest.get(partition) ?? Number.NEGATIVE_INFINITY;
    latest.set(partition, Math.max(before, timestamp));
    return timestamp < before;
  }).map((record) => `partition ${record.partition} ${format(record)}`);
}
