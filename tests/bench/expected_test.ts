/** The comparison with the plain computation sees what is wrong: else no figure of the bench would mean anything. */
import { assertThrows } from "@std/assert";
import { bookingRecords, flightRecords, hourOfBookings, NOW_MS } from "../../bench/data.ts";
import { type Comparison, ExpectedFlights, ExpectedStatistics } from "../../bench/expected.ts";
import { bareS16, bareS20 } from "../../bench/in_memory/bare_loop.ts";
import { inMemory } from "../../bench/in_memory/records.ts";
import { Written } from "../../bench/in_memory/written.ts";
import type { BrokerRecord } from "../../src/connectors/broker.ts";

const SET = hourOfBookings(300);

/** Keeps what is written. */
class Kept extends Written {
  readonly all: BrokerRecord[] = [];

  constructor() {
    super({ digests: false });
  }

  override add(key: Uint8Array | null, value: Uint8Array | null): void {
    this.all.push({ offset: this.all.length, timestampMs: 0, key, value, headers: undefined });
  }
}

function flights(): BrokerRecord[] {
  const kept = new Kept();
  bareS16(inMemory(bookingRecords(SET)), kept, NOW_MS);
  return kept.all;
}

function statistics(): BrokerRecord[] {
  const kept = new Kept();
  bareS20(inMemory(flightRecords(SET)), kept);
  return kept.all;
}

/** The same with another text in its value. */
function changed(record: BrokerRecord, from: RegExp, to: string): BrokerRecord {
  const text = new TextDecoder().decode(record.value!).replace(from, to);
  return { ...record, value: new TextEncoder().encode(text) };
}

function compare(comparison: Comparison, records: readonly BrokerRecord[]): void {
  for (const record of records) comparison.take(record);
  comparison.end();
}

Deno.test("ExpectedFlights takes the right flights in any order, and nothing else", () => {
  const expected = new ExpectedFlights(SET);
  const right = flights();
  const [first, second, ...rest] = right as [BrokerRecord, BrokerRecord, ...BrokerRecord[]];
  compare(expected.compare("s16"), right.toReversed());
  compare(expected.compare("s16"), [changed(first, /":/g, '": '), second, ...rest]);
  compare(expected.compare("s16", { unfinished: true }), rest);

  assertThrows(() => compare(expected.compare("s16"), rest), Error, "2 are missing, 0 are too many");
  assertThrows(() => compare(expected.compare("s16"), [...right, first]), Error, "0 are missing, 1 are too many");
  const wrong = changed(first, /skyone|sunset/, "other");
  assertThrows(
    () => compare(expected.compare("s16"), [wrong, second, ...rest]),
    Error,
    "1 are missing, 1 are too many",
  );
  const misplaced = { ...first, key: second.key };
  assertThrows(() => compare(expected.compare("s16"), [misplaced, second, ...rest]), Error, "1 are missing");
});

Deno.test("ExpectedStatistics takes each traveller's totals in their order, and nothing else", () => {
  const expected = new ExpectedStatistics(SET);
  const right = statistics();
  const whole = { finalOnly: false };
  compare(expected.compare("s20", whole), right);
  compare(expected.compare("s20", { finalOnly: true }), right);

  assertThrows(() => compare(expected.compare("s20", whole), right.slice(1)), Error, "other statistics");
  assertThrows(() => compare(expected.compare("s20", whole), right.toReversed()), Error, "other statistics");
  assertThrows(
    () => compare(expected.compare("s20", { finalOnly: true }), right.toReversed()),
    Error,
    "other statistics",
  );
  const wrong = [changed(right[0]!, /"number_of_flights":\d+/, '"number_of_flights":77'), ...right.slice(1)];
  assertThrows(() => compare(expected.compare("s20", whole), wrong), Error, "other statistics");
  const strange = [...right, changed(right[0]!, /@email/, "@nowhere")];
  assertThrows(() => compare(expected.compare("s20", whole), strange), Error, "belongs to no traveller");
});
