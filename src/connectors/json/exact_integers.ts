/** Integers of JSON that JavaScript's numbers do not keep: `JSON.parse("9007199254740993")` is 9007199254740992. */
import { RecordError } from "../../engine/mod.ts";
import type { BrokerRecord } from "../broker.ts";
import { FetchedRecord } from "../records/fetched_record.ts";

/** 2^53 − 1, the last integer that is no other's neighbour, has as many digits. */
const DIGITS = 16;
const ZERO = 0x30;
const NINE = 0x39;

const decoder = new TextDecoder();

/** @throws {RecordError} naming the field, as the end of a sentence, if the record's JSON holds an integer beyond 2^53 − 1 */
export function checkIntegers(record: BrokerRecord): void {
  if (!hasManyDigits(record)) return;
  const text = decoder.decode(record.value!);
  try {
    JSON.parse(text, refuseInexact as (name: string, value: unknown) => unknown);
  } catch (error) {
    // What is no JSON at all, its decoder says.
    if (error instanceof RecordError) throw error;
  }
}

function refuseInexact(name: string, value: unknown, { source }: { readonly source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value) || !/^-?\d+$/.test(source!)) return value;
  const place = name === "" ? "value" : `field "${name}"`;
  throw new RecordError(
    `${place} is ${source}, which JavaScript's numbers do not keep: it would be read as ${BigInt(value)}`,
  );
}

/** Whether so many digits stand in a row that it may be such an integer: mostly none do, and then it is no text yet. */
function hasManyDigits(record: BrokerRecord): boolean {
  const isView = record instanceof FetchedRecord;
  const bytes = isView ? record.bytes : record.value;
  if (bytes === null) return false;
  const start = isView ? record.valueAt : 0;
  const end = isView ? start + record.valueLength : bytes.length;
  let digits = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    digits = byte >= ZERO && byte <= NINE ? digits + 1 : 0;
    if (digits === DIGITS) return true;
  }
  return false;
}
