/** Integers of JSON that JavaScript's numbers do not keep: `JSON.parse("9007199254740993")` is 9007199254740992. */
import { RecordError } from "../../engine/mod.ts";
import type { BrokerRecord } from "../broker.ts";
import { FetchedRecord } from "../records/fetched_record.ts";

/** How many digits 2^53 − 1 has, the largest integer that JavaScript's numbers tell from both its neighbours. */
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
    // That a text is not JSON at all is reported by the decoder.
    if (!(error instanceof SyntaxError)) throw error;
  }
}

function refuseInexact(name: string, value: unknown, { source }: { readonly source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value) || !/^-?\d+$/.test(source!)) return value;
  const place = name === "" ? "value" : `field "${name}"`;
  throw new RecordError(
    `${place} is ${source}, which JavaScript's numbers do not keep: it would be read as ${
      Number.isFinite(value) ? BigInt(value) : value
    }`,
  );
}

/** Whether enough digits stand in a row for such an integer: in most records they do not, and no text has to be made of them. */
function hasManyDigits(record: BrokerRecord): boolean {
  const isView = record instanceof FetchedRecord;
  const bytes = isView ? record.shared.bytes : record.value;
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
